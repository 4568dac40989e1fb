"""Writes from Temporal's history what a restored database does not know of runs any more.

Every batch that was ever recorded is the input of an activity in the history of its run, and its hashes are the
answer. So nothing is made up: the batches are recorded again, those of all runs in the order in which they were
recorded first, each at the time under which its hash is the one that was given out then.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from db import journal
from db.errors import RecordRefused
from db.freezing import heads, thaw
from db.journal import append_admin
from db.recording import record
from db.session import Database, Session
from golive.commands import GOLIVE
from golive.findings import Finding
from golive.model import Fact
from golive.names import workflow_id
from golive.recording import Batch, Recorded
from golive.words import N_, say
from settings import Settings, settings_or_exit
from worker.connection import connect

RECORDERS = frozenset({"record", "open_tasks", "request_approval", "raise_alert"})
"""The activities that write a batch; see `activities.recording`."""

OURS = "WorkflowId STARTS_WITH 'golive/'"
_MILLISECOND = timedelta(milliseconds=1)
_NEAR, _FAR = timedelta(seconds=1), timedelta(seconds=30)
"""By how much the clocks of the database and of Temporal may differ: looked at first, and then."""


@dataclass(frozen=True)
class Written:
    """A batch as it was recorded: when Temporal had it begun and answered, and the answer."""

    batch: Batch
    answer: Recorded
    begun_at: datetime
    answered_at: datetime


class Recovered(Fact):
    """What was written for one run: its first and last number. `same` tells whether every hash is as it was."""

    run_id: str
    first: int
    last: int
    same: bool


async def recover(
    client: Client, database: Database, start_keys: tuple[bytes, ...], run_ids: Collection[str] = ()
) -> list[Recovered]:
    """Write what is missing of these runs, or of every run that Temporal knows, and let them go on.

    Returns what was written.
    Raises what `record` raises, with what came before kept: asking again goes on there.
    """
    async with database.reading() as session:
        known = await heads(session)
    missing = [each async for each in _missing(client, run_ids, known)]
    done: dict[str, Recovered] = {}
    for each in sorted(missing, key=lambda written: written.answered_at):
        async with database.transaction() as session:
            _add(done, each, await _write(session, each, start_keys))
    async with database.transaction() as session:
        for found in done.values():
            await thaw(session, found.run_id)
            told = found.model_dump(mode="json", exclude={"run_id"})
            await append_admin(session, GOLIVE, "RunRecovered", f"run:{found.run_id}", payload=told)
    return list(done.values())


async def _missing(client: Client, run_ids: Collection[str], known: dict[str, int]) -> AsyncIterator[Written]:
    """Give the batches of each run that come after what is known of it, from the first such event on."""
    for run_id in run_ids or await _every_run(client):
        lacking = False
        async for each in _batches(client, run_id):
            last = each.batch.events[-1].seq if each.batch.events else 0
            lacking = lacking or last > known.get(run_id, 0)
            if lacking:
                yield each


async def _every_run(client: Client) -> list[str]:
    found = [execution.id async for execution in client.list_workflows(OURS)]
    return [name.removeprefix(workflow_id("")) for name in dict.fromkeys(found)]


async def _batches(client: Client, run_id: str) -> AsyncIterator[Written]:
    """Give every batch of a run that was recorded, in order, over all executions of its workflow."""
    found = client.list_workflows(f"WorkflowId = '{workflow_id(run_id)}'")
    for _, execution in sorted([(each.start_time, each.run_id) async for each in found]):
        handle = client.get_workflow_handle(workflow_id(run_id), run_id=execution)
        async for each in _of_execution(client, handle):
            yield each


async def _of_execution(client: Client, handle: WorkflowHandle[object, object]) -> AsyncIterator[Written]:
    asked: dict[int, HistoryEvent] = {}
    begun: dict[int, datetime] = {}
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            if event.activity_task_scheduled_event_attributes.activity_type.name in RECORDERS:
                asked[event.event_id] = event
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            number = event.activity_task_started_event_attributes.scheduled_event_id
            begun[number] = event.event_time.ToDatetime(tzinfo=UTC)
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            completed = event.activity_task_completed_event_attributes
            if (scheduled := asked.pop(completed.scheduled_event_id, None)) is not None:
                given = scheduled.activity_task_scheduled_event_attributes.input.payloads
                (batch,) = await client.data_converter.decode(given, [Batch])
                (answer,) = await client.data_converter.decode(completed.result.payloads, [Recorded])
                yield Written(
                    batch,
                    answer,
                    begun[completed.scheduled_event_id],
                    event.event_time.ToDatetime(tzinfo=UTC),
                )


async def _write(session: Session, written: Written, start_keys: tuple[bytes, ...]) -> bool:
    """Record a batch again; tell whether its rows have the hashes that they had."""
    batch = written.batch
    at = _written_at(written, await journal.head(session, batch.run_id)) if batch.events else None
    answer = await record(session, batch, start_keys, at)
    return answer.hashes == written.answer.hashes


def _written_at(written: Written, head: journal.Head) -> datetime | None:
    """Return the database's time of then: the one under which the first row gets its hash; None if there is none."""
    batch, answer = written.batch, written.answer
    first = batch.events[0]
    for at in _candidates(written.begun_at, written.answered_at):
        if journal.hash_at(first, batch.run_id, head.hash, at) == answer.hashes[0]:
            return at
    return None


def _candidates(begun: datetime, answered: datetime) -> Iterator[datetime]:
    for tolerance in (_NEAR, _FAR):
        yield from _milliseconds(begun - tolerance, answered + tolerance)


def _milliseconds(since: datetime, until: datetime) -> Iterator[datetime]:
    at = since.replace(microsecond=since.microsecond // 1000 * 1000)
    while at <= until:
        yield at
        at += _MILLISECOND


def _add(done: dict[str, Recovered], written: Written, same: bool) -> None:  # noqa: FBT001 - one fact of the result
    run_id = written.batch.run_id
    numbers = [event.seq for event in written.batch.events]
    before = done.get(run_id)
    if before is None and not numbers:
        return
    first = before.first if before else numbers[0]
    last = max([*numbers, *([before.last] if before else [])])
    done[run_id] = Recovered(
        run_id=run_id, first=first, last=last, same=same and (before is None or before.same)
    )


async def _recovered(settings: Settings, run_ids: Collection[str]) -> list[Finding]:
    client = await connect(settings, counted=False)
    if unknown := [run_id for run_id in run_ids if not await _is_known(client, run_id)]:
        return [Finding(about="runs", well=False, found=say(_UNKNOWN, runs=", ".join(unknown)))]
    database = Database(settings.url)
    try:
        found = await recover(client, database, settings.keys("start"), run_ids)
    finally:
        await database.close()
    return [_told(each) for each in found] or [Finding(about="runs", well=True, found=say(_NOTHING))]


async def _is_known(client: Client, run_id: str) -> bool:
    return bool((await client.count_workflows(f"WorkflowId = '{workflow_id(run_id)}'")).count)


_UNKNOWN = N_("Temporal knows no run {runs}; nothing was written.")
_NOTHING = N_("Nothing is missing: the database knows every run as far as Temporal does.")
_SAME = N_(
    "Run {run}: entries {first} to {last} of its journal were written again from Temporal's history, each with the "
    "hash that it had."
)
_OTHER = N_(
    "Run {run}: entries {first} to {last} of its journal were written again from Temporal's history. The time of some "
    "is not known any more, so receipts of these no longer name their hash."
)


def _told(done: Recovered) -> Finding:
    found = say(_SAME if done.same else _OTHER, run=done.run_id, first=done.first, last=done.last)
    return Finding(about=done.run_id, well=True, found=found)


def main(run_ids: Collection[str]) -> int:
    """Recover these runs, or every one, and say what was written, a finding a line; 1 when it could not be done."""
    try:
        told = asyncio.run(_recovered(settings_or_exit(), run_ids))
    except (RPCError, RuntimeError, SQLAlchemyError, OSError, RecordRefused) as failed:
        why = say(N_("The runs could not be recovered: {why}."), why=" ".join(str(failed).split()))
        told = [Finding(about="runs", well=False, found=why)]
    for each in told:
        print(each.model_dump_json())  # noqa: T201 - the answer
    return 0 if all(each.well for each in told) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
