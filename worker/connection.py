"""The connection to Temporal, and what golive needs to be registered there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig, ClientConnectConfig

from golive.words import N_, Sentence, say
from settings import Settings
from worker.observed import measured
from workflows.search import ALL

if TYPE_CHECKING:
    from observing.spans import Tracing


_MESSAGE = re.compile(r'message: "([^"]+)"')


class WrongSearchAttributes(Exception):
    """A search attribute exists with another type than golive writes; the message says which and what to do."""


async def connect(settings: Settings, tracing: Tracing | None = None, *, counted: bool = True) -> Client:
    """Connect to the embedded server, or to the one that Temporal's own environment configuration names.

    Who only looks is not `counted`: the worker's metrics have their port already. Raises PortTaken when metrics are
    asked for where nothing can listen.
    """
    return await Client.connect(
        **_profile(settings),
        data_converter=pydantic_data_converter,
        interceptors=[tracing.temporal] if tracing else [],
        runtime=measured(settings) if counted else None,
    )


def not_answering(settings: Settings, away: Exception) -> Sentence:
    """Say that Temporal does not answer, with the innermost of the messages that the SDK packs into each other."""
    why = _MESSAGE.findall(str(away)) or [" ".join(str(away).split())[:100]]
    address = _profile(settings).get("target_host", "localhost:7233")
    return say(N_("Temporal does not answer at {address}: {why}."), address=address, why=why[-1])


def _profile(settings: Settings) -> ClientConnectConfig:
    if settings.temporal == "external":
        return ClientConfig.load_client_connect_config()
    return {"target_host": f"127.0.0.1:{settings.temporal_port}"}


async def register_search_attributes(client: Client) -> None:
    """Register what is missing. Raises WrongSearchAttributes."""
    if missing := await missing_search_attributes(client):
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )


async def missing_search_attributes(client: Client) -> dict[str, IndexedValueType.ValueType]:
    """Return the search attributes that are not registered, with their types.

    Adding one that exists with another type answers ok, so the list is compared. Raises WrongSearchAttributes.
    """
    request = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    wanted = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in ALL}
    wrong = [name for name, kind in wanted.items() if name in known and known[name] != kind]
    if wrong:
        raise WrongSearchAttributes(
            f"Temporal knows the search attributes {', '.join(wrong)} with another type than golive writes; "
            "remove them with `temporal operator search-attribute remove`, then start again."
        )
    return {name: kind for name, kind in wanted.items() if name not in known}
