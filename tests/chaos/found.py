"""What golive holds of a run: its journal, its read model, its workflow's state, its histories."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Table, select
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowHistory,
    WorkflowQueryFailedError,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Replayer

from db import audit
from db.session import Database, Session, fields_of
from db.tables import actions, approvals, comments, journal, lessons, runs, tasks
from db.words import texts_of
from golive.names import STATE, workflow_id
from golive.state import RunState
from settings import Settings
from tests.chaos.live import LOOK
from worker.building import WORKFLOWS, sandbox
from worker.lending import Lending

Columns = Mapping[str, Any]


@dataclass(frozen=True)
class JournalLine:
    """One row of the journal, as far as the check needs it; `said` are the texts of people in it."""

    seq: int
    action: str
    object: str
    actor: str
    actor_kind: str
    command_id: str | None
    hash: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadModel:
    """The rows of a run: its header, its tasks and approvals by reference, the numbers of what was said."""

    run: Columns
    tasks: Mapping[str, Columns]
    approvals: Mapping[str, Columns]
    lessons: tuple[int, ...] = ()
    actions: tuple[int, ...] = ()
    comments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """A run's workflow: how it stands, its state by query, and what its histories tell.

    `accepted` are the ids of the acts that Temporal durably accepted; `busy` is what it is still doing though nobody
    acts; `unlike` says of each execution whose replay went another way how it did.
    """

    status: str
    state: RunState | None
    executions: int
    accepted: frozenset[str]
    busy: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A run as golive holds it. None stands for what it does not know."""

    run_id: str
    journal: tuple[JournalLine, ...]
    model: ReadModel | None
    workflow: Workflow | None
    audit: str | None = None


async def find(client: Client, database: Database, settings: Settings, run_id: str, patience: float) -> Found:
    """Return what golive holds of a run, once its parts have stood still and agree on how far they are.

    After `patience` seconds it is what is there; then the check says what does not agree.
    """
    handle = client.get_workflow_handle(workflow_id(run_id))
    end = time.monotonic() + patience
    while True:
        at_rest, before = await _at_rest(handle), await _state(handle)
        async with database.reading() as session:
            lines, model = await _journal(session, run_id), await _model(session, run_id)
        agreed = before is not None and before == await _state(handle) and before.seq == len(lines)
        if (agreed and at_rest and await _at_rest(handle)) or time.monotonic() > end:
            break
        await asyncio.sleep(LOOK)
    async with database.reading() as session:
        verified = await audit.verify(session, streams=[run_id])
    bad = verified.first_bad
    return Found(
        run_id=run_id,
        journal=lines,
        model=model,
        workflow=await _workflow(client, handle, settings, before),
        audit=f"row {bad.seq}: {bad.what}" if bad else None,
    )


async def streams(database: Database) -> frozenset[str]:
    """Return the names of all streams of the journal."""
    async with database.reading() as session:
        return frozenset(await session.scalars(select(journal.c.stream).distinct()))


async def lines_of(database: Database, stream: str) -> tuple[JournalLine, ...]:
    """Return the rows of one stream."""
    async with database.reading() as session:
        return await _journal(session, stream)


# -- SQL -----------------------------------------------------------------------------------------------------


async def _journal(session: Session, stream: str) -> tuple[JournalLine, ...]:
    found = (
        await session.execute(select(journal).where(journal.c.stream == stream).order_by(journal.c.seq))
    ).all()
    texts = await texts_of(session, {digest for row in found for digest in _digests(row)})
    return tuple(
        JournalLine(
            seq=row.seq,
            action=row.action,
            object=row.object,
            actor=row.actor,
            actor_kind=row.actor_kind,
            command_id=row.command_id,
            hash=row.hash,
            said=tuple(texts.get(digest) or "" for digest in _digests(row)),
        )
        for row in found
    )


def _digests(row: Row[Any]) -> list[str]:
    return [digest for digest in (row.reason, *row.words.values()) if digest]


async def _model(session: Session, run_id: str) -> ReadModel | None:
    run = (await session.execute(select(runs).where(runs.c.id == run_id))).one_or_none()
    if run is None:
        return None
    return ReadModel(
        run=_columns(run),
        tasks=await _by_ref(session, tasks, run_id),
        approvals=await _by_ref(session, approvals, run_id),
        lessons=await _numbers(session, lessons, run_id),
        actions=await _numbers(session, actions, run_id),
        comments=await _numbers(session, comments, run_id),
    )


async def _by_ref(session: Session, table: Table, run_id: str) -> dict[str, Columns]:
    found = await session.execute(select(table).where(table.c.run_id == run_id))
    return {row.ref: _columns(row) for row in found}


async def _numbers(session: Session, table: Table, run_id: str) -> tuple[int, ...]:
    query = select(table.c.seq).where(table.c.run_id == run_id).order_by(table.c.seq)
    return tuple(await session.scalars(query))


def _columns(row: Row[Any]) -> Columns:
    return dict(fields_of(row))


# -- Temporal ------------------------------------------------------------------------------------------------


async def _state(handle: WorkflowHandle[Any, Any]) -> RunState | None:
    try:
        state: RunState = await handle.query(STATE, result_type=RunState, rpc_timeout=timedelta(seconds=10))
    except (RPCError, WorkflowQueryFailedError):
        return None
    return state


async def _at_rest(handle: WorkflowHandle[Any, Any]) -> bool:
    """Tell whether a workflow waits for people or its clock alone."""
    try:
        told = (await handle.describe()).raw_description
    except RPCError:
        return False
    return not _busy(told)


def _busy(told: DescribeWorkflowExecutionResponse) -> tuple[str, ...]:
    """Return what a workflow is doing, each with its last failure."""
    doing = [
        f"{one.activity_type.name}, try {one.attempt} ({one.last_failure.message})"
        for one in told.pending_activities
    ]
    thinking = told.pending_workflow_task
    if told.HasField("pending_workflow_task"):
        doing.append(f"a workflow task, try {thinking.attempt}")
    return tuple(doing)


async def _workflow(
    client: Client, handle: WorkflowHandle[Any, Any], settings: Settings, state: RunState | None
) -> Workflow | None:
    try:
        described = await handle.describe()
    except RPCError:
        return None
    status = described.status or WorkflowExecutionStatus.RUNNING
    accepted: set[str] = set()
    unlike: list[str] = []
    execution: str | None = described.run_id
    count = 0
    while execution:
        history = await client.get_workflow_handle(handle.id, run_id=execution).fetch_history()
        count += 1
        accepted |= accepted_in(history)
        if failure := await _replayed(settings, history):
            unlike.append(f"execution {execution}: {failure}")
        first = history.events[0].workflow_execution_started_event_attributes
        execution = first.continued_execution_run_id or None
    busy = _busy(described.raw_description)
    return Workflow(status.name.lower(), state, count, frozenset(accepted), busy, tuple(unlike))


def accepted_in(history: WorkflowHistory) -> set[str]:
    """Return the ids of the acts that Temporal durably accepted in one execution."""
    accepted = (event.workflow_execution_update_accepted_event_attributes for event in history.events)
    return {one.accepted_request.meta.update_id for one in accepted} - {""}


async def _replayed(settings: Settings, history: WorkflowHistory) -> str | None:
    """Replay a history with the real workflows in the sandbox; return why it went another way, if it did."""
    replayer = Replayer(
        workflows=list(WORKFLOWS),
        workflow_runner=sandbox(),
        data_converter=pydantic_data_converter,
        interceptors=[Lending(settings.keys("command"))],
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return str(result.replay_failure)[:300] if result.replay_failure else None
