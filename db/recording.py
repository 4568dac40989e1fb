"""`record`: the one way in which a run reaches SQL. One batch is one transaction.

The journal comes first and decides: what stands there already was recorded with its changes. So a batch that
brings no new number changes nothing, and an earlier batch that comes late never overwrites a later one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from db import locks, said
from db.amending import follow_plan
from db.amendments import keep_amendments
from db.errors import ForgedStart, GivenUp, JournalBehind, JournalConflict, Unrecordable
from db.freezing import thaw
from db.journal import append, locked_head
from db.planned import approval_rows, people_rows, run_row, start_digest, task_rows
from db.session import Session
from db.subjects import keep_subjects
from db.tables import approval_waiting, approvals, run_people, runs, tasks
from db.waivers import keep_waivers
from db.words import keep, save, seal
from golive.commands import verify
from golive.evidence import Evidence
from golive.model import Fact
from golive.names import public_id
from golive.recording import ApprovalChange, Batch, LockRequest, Recorded, RunChange, Start, TaskChange
from golive.vocabulary import ENDED
from golive.words import Words


async def record(
    session: Session,
    batch: Batch,
    start_keys: tuple[bytes, ...],
    at: datetime | None = None,
    *,
    thaws: bool = True,
) -> Recorded:
    """Write the batch; answer each event's hash, and the lock where one was asked for. A frozen run goes on by it.

    Repeating a batch answers the same and changes nothing. `at` is when a batch was written that is written again;
    without `thaws` its run stays frozen. Raises ForgedStart when none of `start_keys` signed the run's start,
    JournalBehind when what comes before it is missing, JournalConflict when a number has other content or the journal
    is ahead, GivenUp for a run that ended without its workflow, Unrecordable for what the plan does not have.
    """
    await _know_the_run(session, batch, start_keys)
    await _know_what_came_before(session, batch)
    appended = await append(session, batch.run_id, batch.events, at)
    if appended.fresh:
        await _apply(session, batch)
    answer = await _lock(session, batch.run_id, batch.lock, fresh=appended.fresh) if batch.lock else {}
    if appended.fresh and thaws:
        await thaw(session, batch.run_id)
    return Recorded(hashes=appended.hashes, **answer)


async def _know_the_run(session: Session, batch: Batch, start_keys: tuple[bytes, ...]) -> None:
    known = await session.scalar(select(runs.c.start_digest).where(runs.c.id == batch.run_id))
    start = batch.start
    if start is None:
        if known is None:
            raise JournalBehind(
                f"run {batch.run_id} is unknown and its batch brings no start: the database was restored from an "
                "older backup. `golive db recover` writes what is missing"
            )
        return
    if start.run_id != batch.run_id or not verify(start, start.signature, start_keys):
        raise ForgedStart(f"the start of run {batch.run_id} bears no valid signature")
    if known is None:
        await _insert_plan(session, start, batch)
    elif known != start_digest(start):
        raise ForgedStart(f"run {batch.run_id} was started otherwise")


async def _know_what_came_before(session: Session, batch: Batch) -> None:
    """Refuse a batch without events that the journal does not end before; with events `append` looks itself."""
    if batch.events or batch.after is None:
        return
    known = (await locked_head(session, batch.run_id)).seq
    if known < batch.after:
        raise JournalBehind(
            f"stream {batch.run_id} ends before {batch.after}, which was recorded: the database was restored from an "
            "older backup. `golive db recover` writes what is missing"
        )
    if known > batch.after:
        raise JournalConflict(
            f"stream {batch.run_id} ends at {known}, and a batch tells how the run was at {batch.after}: it comes "
            "late, or the run was reset"
        )


async def _insert_plan(session: Session, start: Start, batch: Batch) -> None:
    if not batch.events:
        raise Unrecordable(f"the first batch of run {batch.run_id} tells nothing")
    await session.execute(insert(runs), [run_row(start, batch.events[0].at)])
    for table, rows in (
        (run_people, people_rows(start.run_id, start.plan)),
        (tasks, task_rows(start.run_id, start.plan)),
        (approvals, approval_rows(start.run_id, start.plan)),
    ):
        if rows:
            await session.execute(insert(table), rows)


async def _apply(session: Session, batch: Batch) -> None:
    found: dict[str, Words] = {}
    if batch.amended:
        await follow_plan(session, batch.run_id, batch.amended)
    if batch.run:
        await _change_run(session, batch.run_id, batch.run, found)
    await _change_tasks(session, batch.run_id, batch.tasks, found)
    await _change_approvals(session, batch.run_id, batch.approvals)
    await said.keep_what_was_said(session, batch.run_id, batch.events)
    await keep_waivers(session, batch.run_id, batch.events)
    await keep_amendments(session, batch.run_id, batch.events)
    await save(session, found)


async def _change_run(session: Session, run_id: str, change: RunChange, found: dict[str, Words]) -> None:
    values = {
        "state": change.state,
        "version": change.builds[-1].release.version,
        "weight": change.weight,
        "stages": _json(change.stages),
        "waits": _json(change.waits),
        "blocked_by": change.blocked_by and change.blocked_by.model_dump(mode="json"),
        "builds": _json(change.builds),
        "hold_reason": keep(change.hold_reason, found) if change.hold_reason else None,
        "started_at": change.started_at,
        "ended_at": change.ended_at,
    }
    if change.title is not None:
        values["title"] = change.title
    mine = (runs.c.id == run_id) & runs.c.given_up_at.is_(None)
    if not (await session.execute(update(runs).where(mine).values(values))).rowcount:
        raise GivenUp(f"run {run_id} was given up and is shown as ended; start a new one")
    if change.state in ENDED:
        await locks.leave_queues(session, run_id)


async def _change_tasks(
    session: Session, run_id: str, changes: Iterable[TaskChange], found: dict[str, Words]
) -> None:
    # Evidence and items come only with the change that gave them: one statement for each shape of change.
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        values = _task_values(change, found)
        shapes.setdefault(tuple(values), []).append({"the_id": public_id(run_id, change.ref), **values})
    for columns, rows in shapes.items():
        changed = update(tasks).where(tasks.c.id == bindparam("the_id"))
        await _update_all(session, changed.values({name: bindparam(name) for name in columns}), rows)


def _task_values(change: TaskChange, found: dict[str, Words]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": change.state,
        "assignee": change.assignee,
        "opened_at": change.opened_at,
        "due_at": change.due_at,
        "overdue": change.overdue,
        "done_by": change.done_by,
        "done_at": change.done_at,
        "verified_by": change.verified_by,
        "reason": change.reason,
        "wait": change.wait and change.wait.model_dump(mode="json"),
    }
    if change.evidence is not None:
        values["evidence"] = [seal(_written(piece), found) for piece in change.evidence]
    if change.items is not None:
        values["item_results"] = seal(_plain(change.items), found)
    return values


async def _change_approvals(session: Session, run_id: str, changes: tuple[ApprovalChange, ...]) -> None:
    shapes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        values = _approval_values(change)
        shapes.setdefault(tuple(values), []).append({"the_id": public_id(run_id, change.ref), **values})
    for columns, rows in shapes.items():
        changed = update(approvals).where(approvals.c.id == bindparam("the_id"))
        await _update_all(session, changed.values({name: bindparam(name) for name in columns}), rows)
    await keep_subjects(session, run_id, changes)
    await _change_waiting(session, run_id, changes)


def _approval_values(change: ApprovalChange) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": change.state,
        "requested_at": change.requested_at,
        "due_at": change.due_at,
        "expires_at": change.expires_at,
        "digest": change.digest,
        "rules": _json(change.rules),
        "decisions": _json(change.decisions),
        "panel": change.panel.model_dump(mode="json"),
        "wait": change.wait and change.wait.model_dump(mode="json"),
    }
    return values | ({"subject": change.subject} if change.subject is not None else {})


async def _change_waiting(session: Session, run_id: str, changes: tuple[ApprovalChange, ...]) -> None:
    if not changes:
        return
    ids = [public_id(run_id, change.ref) for change in changes]
    await session.execute(delete(approval_waiting).where(approval_waiting.c.approval_id.in_(ids)))
    rows = [
        {"approval_id": public_id(run_id, change.ref), "name": name, "position": n}
        for change in changes
        for n, name in enumerate(dict.fromkeys(change.waiting_for))
    ]
    if rows:
        await session.execute(insert(approval_waiting), rows)


async def _update_all(session: Session, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Run one update for all rows. A change of what the plan does not have is never lost in silence."""
    result = await session.execute(statement, rows)
    if result.rowcount not in (len(rows), -1):  # -1: the driver does not count
        named = ", ".join(row["the_id"] for row in rows[:5])
        raise Unrecordable(f"{len(rows) - result.rowcount} of these are not in the plan: {named}")


async def _lock(session: Session, run_id: str, asked: LockRequest, *, fresh: bool) -> dict[str, Any]:
    """Do what was asked; a repetition, which may come when much has happened since, only looks."""
    if asked.do == "release":
        release = locks.release if fresh else locks.woken_by
        return {"waiting": await release(session, run_id, asked.service, asked.environment)}
    if fresh:
        lock = await locks.take(session, run_id, asked.service, asked.environment, asked.generation)
    else:
        lock = await locks.holder(session, asked.service, asked.environment)
    return {"lock_holder": lock.run_id, "lock_since": lock.taken_at} if lock else {}


def _json(facts: Iterable[Fact]) -> list[Any]:
    return [fact.model_dump(mode="json") for fact in facts]


def _written(piece: Evidence) -> dict[str, Any]:
    return {"type": piece.type, **piece.model_dump(mode="json")}


def _plain(value: Any) -> Any:
    """Return JSON for what a rule put together from models and plain values."""
    if isinstance(value, Fact):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
