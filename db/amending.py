"""Brings the read model of a run to the plan that it follows since an amendment; what is gone stays, marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row, Table, bindparam, delete, insert, select, update

from db.planned import approval_rows, header_of, people_rows, task_rows
from db.session import Session
from db.tables import approval_waiting, approvals, former_plans, run_people, runs, tasks
from golive.recording import AmendedPlan
from golive.vocabulary import AWAITED

_OF_A_TASK = (
    "position",
    "stage",
    "key",
    "title",
    "description",
    "function",
    "priority",
    "verify",
    "back_out",
    "depends_on",
    "requires",
    "items",
)
_OF_AN_APPROVAL = ("position", "stage", "key", "title", "meaning", "reauthenticate", "applied")
"""What a plan says of each; the rest is what happened, which the changes of the same batch tell."""


async def follow_plan(session: Session, run_id: str, amended: AmendedPlan) -> None:
    """Let a run's rows say what its present plan says, and keep the plan before it."""
    known = (await session.execute(select(runs.c.plan).where(runs.c.id == run_id))).scalar_one()
    kept = {"run_id": run_id, "version": amended.version - 1, "plan": known}
    await session.execute(insert(former_plans), [kept])
    header = header_of(amended.plan) | {"plan_version": amended.version}
    await session.execute(update(runs).where(runs.c.id == run_id).values(header))
    await session.execute(delete(run_people).where(run_people.c.run_id == run_id))
    if people := people_rows(run_id, amended.plan):
        await session.execute(insert(run_people), people)
    for table, rows in ((tasks, task_rows), (approvals, approval_rows)):
        found = await session.execute(select(table).where(table.c.run_id == run_id))
        known = {row.ref: row for row in found}
        planned = {row["ref"]: row for row in rows(run_id, amended.plan)}
        await _follow(session, table, known, planned)
        await _let_go(
            session, table, [row for ref, row in known.items() if ref not in planned], amended.version
        )


async def _follow(
    session: Session, table: Table, known: Mapping[str, Row[Any]], planned: Mapping[str, dict[str, Any]]
) -> None:
    if new := [row for ref, row in planned.items() if ref not in known]:
        await session.execute(insert(table), new)
    there = {ref: row for ref, row in planned.items() if ref in known}
    anew = [row for ref, row in there.items() if _begins_anew(row, known[ref])]
    await _write(session, table, [row | _NOTHING_YET[table.name] for row in anew])
    stays = [row for ref, row in there.items() if not _begins_anew(row, known[ref])]
    columns = ("id", *(_OF_A_TASK if table is tasks else _OF_AN_APPROVAL))
    await _write(session, table, [{name: row[name] for name in columns} for row in stays])


def _begins_anew(row: Mapping[str, Any], known: Row[Any]) -> bool:
    """Tell whether nothing of what happened counts: it was gone, or it is confirmed, or reached, in another way."""
    if known.gone_in is not None:
        return True
    return any(row.get(name) != getattr(known, name, None) for name in ("verify", "back_out"))


_NOTHING_YET: dict[str, dict[str, Any]] = {
    "tasks": dict.fromkeys(
        ("assignee", "opened_at", "due_at", "done_by", "done_at", "verified_by", "reason", "wait", "gone_in")
    ),
    "approvals": dict.fromkeys(
        ("requested_at", "due_at", "expires_at", "digest", "subject", "wait", "panel", "gone_in")
    ),
}
"""What a row that begins anew says besides its plan."""


async def _write(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        columns = [name for name in rows[0] if name not in ("id", "run_id", "ref")]
        changed = update(table).where(table.c.id == bindparam("the_id"))
        values: dict[str, Any] = {name: bindparam(f"its_{name}") for name in columns}
        await session.execute(
            changed.values(values),
            [{"the_id": row["id"], **{f"its_{name}": row[name] for name in columns}} for row in rows],
        )


async def _let_go(session: Session, table: Table, gone: Iterable[Row[Any]], version: int) -> None:
    """Mark what the plan has no more; nobody is asked for it, and what was done stays to be read."""
    gone = [row for row in gone if row.gone_in is None]
    if not gone:
        return
    ids = [row.id for row in gone]
    await session.execute(
        update(table).where(table.c.id.in_(ids)).values(gone_in=version, wait=None, due_at=None)
    )
    waits, closed = (AWAITED, "locked") if table is tasks else (("pending",), "stale")
    await session.execute(
        update(table).where(table.c.id.in_(ids), table.c.state.in_(waits)).values(state=closed)
    )
    if table is approvals:
        await session.execute(delete(approval_waiting).where(approval_waiting.c.approval_id.in_(ids)))
