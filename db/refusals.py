"""Refused attempts, written though the act is not: in a transaction of their own, and never a flood."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from db.journal import append_admin
from db.session import Database, Session, database_time, insert_into
from db.tables import refusals
from golive.commands import GOLIVE, Actor
from golive.words import Words

WINDOW = timedelta(minutes=1)
MOST = 10
"""So many refusals of one principal are written in a `WINDOW`; the rest becomes one row with their count."""


async def write_refusal(  # noqa: PLR0913 - each is a column of the journal
    database: Database,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002 - the journal's own word
    *,
    code: str,
    reason: Words | None = None,
    payload: dict[str, Any] | None = None,
) -> bool:
    """Write down what `actor` tried and was refused with `code`; False when it was only counted."""
    async with database.transaction() as session:
        if not await _within_budget(session, actor.name):
            return False
        told = {**(payload or {}), "code": code}
        await append_admin(session, actor, action, object, outcome="refused", reason=reason, payload=told)
        return True


async def flush_refusals(database: Database) -> int:
    """Write the counts of windows that are over; return how many rows that were."""
    async with database.transaction() as session:
        now = await database_time(session)
        over = (refusals.c.since <= now - WINDOW) & (refusals.c.counted > 0)
        found = (await session.execute(select(refusals).where(over).with_for_update(skip_locked=True))).all()
        for row in found:
            await _close_window(session, row, now)
        return len(found)


async def _within_budget(session: Session, name: str) -> bool:
    now = await database_time(session)
    fresh = insert_into(session, refusals).values(actor=name, since=now, written=0, counted=0)
    await session.execute(fresh.on_conflict_do_nothing())
    mine = refusals.c.actor == name
    row = (await session.execute(select(refusals).where(mine).with_for_update())).one()
    if now - row.since >= WINDOW:
        await _close_window(session, row, now)
    elif row.written >= MOST:
        await session.execute(update(refusals).where(mine).values(counted=refusals.c.counted + 1))
        return False
    await session.execute(update(refusals).where(mine).values(written=refusals.c.written + 1))
    return True


async def _close_window(session: Session, row: Any, now: datetime) -> None:
    if row.counted:
        told = {"principal": row.actor, "count": row.counted}
        await append_admin(
            session, GOLIVE, "RefusalsCounted", f"user:{row.actor}", outcome="refused", payload=told
        )
    reset = update(refusals).where(refusals.c.actor == row.actor)
    await session.execute(reset.values(since=now, written=0, counted=0))
