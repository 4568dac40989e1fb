"""The connection to Temporal: made when it is first needed, made again when it could not be."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from api.refusals import engine_unavailable
from golive.names import TASK_QUEUE
from observing.temporal import runtime
from settings import Settings

if TYPE_CHECKING:
    from observing.spans import Tracing

log = logging.getLogger("golive.api")

NAMESPACE = "default"
"""That of the embedded server, and of others when nothing names one."""
_PROBE = timedelta(seconds=2)
WORKER_FRESH = timedelta(seconds=90)
"""A worker asks for work at least once a minute; one that has not for so long is taken for gone."""


class Connection:
    """One client for the process. It reconnects by itself once it has been connected."""

    def __init__(self, settings: Settings, tracing: Tracing | None = None):
        self._settings = settings
        self._interceptors = [tracing.temporal] if tracing else []
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def client(self) -> Client:
        """Return the client. Raises Away `engine_unavailable` when there is no server to connect to."""
        async with self._connecting:
            if self._client is None:
                self._client = await self._connect()
            return self._client

    @cached_property
    def namespace(self) -> str:
        """The namespace that runs are in."""
        if self._settings.temporal == "embedded":
            return NAMESPACE
        try:
            return ClientConfig.load_client_connect_config().get("namespace") or NAMESPACE
        except RuntimeError:  # a profile that is not there: then nothing is connected to either
            return NAMESPACE

    async def _connect(self) -> Client:
        try:
            if self._settings.temporal == "external":
                found = ClientConfig.load_client_connect_config()
            else:
                found = {"target_host": f"127.0.0.1:{self._settings.temporal_port}"}
            return await Client.connect(
                **found,
                data_converter=pydantic_data_converter,
                interceptors=self._interceptors,
                runtime=self._runtime,
            )
        except (RuntimeError, RPCError) as away:  # the SDK's words for "nobody listens there"
            log.warning("cannot connect to Temporal: %s", away)
            raise engine_unavailable() from away

    @cached_property
    def _runtime(self) -> Runtime:
        return runtime()

    async def ping(self) -> None:
        """Return when the server answers. Raises Away, RPCError or TimeoutError."""
        async with asyncio.timeout(_PROBE.total_seconds()):
            client = await self.client()
            await client.service_client.check_health(timeout=_PROBE)

    async def worker_seen(self) -> datetime | None:
        """Return when a worker last asked for work: a stopped one stays listed. Raises as `ping`."""
        async with asyncio.timeout(_PROBE.total_seconds()):
            client = await self.client()
            queue = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=TASK_QUEUE),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                ),
                timeout=_PROBE,
            )
        seen = [poller.last_access_time.ToDatetime(tzinfo=UTC) for poller in queue.pollers]
        return max(seen, default=None)
