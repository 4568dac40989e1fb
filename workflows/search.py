"""The search attributes by which operators find runs in the Temporal UI. Never encrypted: no titles, no secrets."""

from __future__ import annotations

from typing import Any

from temporalio.common import SearchAttributeKey

SERVICE = SearchAttributeKey.for_keyword("GoLiveService")
VERSION = SearchAttributeKey.for_keyword("GoLiveVersion")
STAGE = SearchAttributeKey.for_keyword("GoLiveStage")
STATE = SearchAttributeKey.for_keyword("GoLiveState")
WAITING_FOR = SearchAttributeKey.for_keyword_list("GoLiveWaitingFor")
DUE = SearchAttributeKey.for_datetime("GoLiveDue")
RISK = SearchAttributeKey.for_int("GoLiveRisk")

ALL: tuple[SearchAttributeKey[Any], ...] = (SERVICE, VERSION, STAGE, STATE, WAITING_FOR, DUE, RISK)
