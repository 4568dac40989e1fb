"""Runs of which the database and Temporal know different things: one was restored from a backup that is older.

Such a run is frozen: nothing of it is recorded, so no effect starts and no act is answered, until what is missing has
been written from Temporal's history. What nobody recorded is never taken for decided.
"""

from __future__ import annotations

from sqlalchemy import select, update

from db.journal import append_admin
from db.session import Session, database_time
from db.tables import runs, stream_heads
from golive.commands import GOLIVE
from golive.vocabulary import ENDED
from golive.words import N_, Sentence, say


def why_frozen() -> Sentence:
    """Return what a frozen run says of itself."""
    return say(
        N_(
            "The run is frozen: the database and Temporal know different things of it, because one of them was "
            "restored from an older backup. An operator writes what the database lacks with `golive db recover`; until "
            "then nothing goes on."
        )
    )


async def freeze(session: Session, run_id: str) -> bool:
    """Mark a run as frozen and tell it in golive's own stream; False when it was already, or is unknown here."""
    thawed = (runs.c.id == run_id) & runs.c.frozen_at.is_(None) & runs.c.state.not_in(ENDED)
    marked = await session.execute(update(runs).where(thawed).values(frozen_at=await database_time(session)))
    if marked.rowcount:
        await append_admin(session, GOLIVE, "RunFrozen", f"run:{run_id}")
    return bool(marked.rowcount)


async def freeze_quietly(session: Session, run_id: str) -> None:
    """Keep a run frozen that is being recovered."""
    at = await database_time(session)
    await session.execute(update(runs).where(runs.c.id == run_id).values(frozen_at=at))


async def thaw(session: Session, run_id: str) -> None:
    """Let a run go on: nothing is missing any more."""
    await session.execute(update(runs).where(runs.c.id == run_id).values(frozen_at=None))


async def known_runs(session: Session) -> dict[str, tuple[int, str]]:
    """Return the last number of each run's journal, and the hash of that row."""
    columns = (stream_heads.c.stream, stream_heads.c.seq, stream_heads.c.hash)
    known = select(*columns).join(runs, runs.c.id == stream_heads.c.stream)
    return {row.stream: (row.seq, row.hash) for row in await session.execute(known)}


async def frozen_runs(session: Session) -> list[str]:
    """Return the ids of the runs that are frozen, the longest first."""
    found = select(runs.c.id).where(runs.c.frozen_at.is_not(None)).order_by(runs.c.frozen_at, runs.c.id)
    return list(await session.scalars(found))
