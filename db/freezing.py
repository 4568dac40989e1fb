"""Runs of which the database and Temporal know different things: one of them was restored from an older backup.

Such a run is frozen: nothing of it is recorded, so no effect starts and no act is answered, until what is missing has
been written from Temporal's history. What nobody recorded is never taken for decided.

A run of which Temporal knows nothing at all is frozen, too, and never taken for ended: golive may be connected to
another namespace, and then every run would be. It goes on by itself when its workflow is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update

from db.journal import append_admin, ends_with, locked_head
from db.session import Session, database_time
from db.tables import runs, stream_heads
from golive.commands import GOLIVE
from golive.events import Event
from golive.vocabulary import ENDED
from golive.words import N_, Sentence, say

THAWED: dict[str, Any] = {"frozen_at": None, "unknown_at": None, "unknown_in": None}
"""What stands in the row of a run that is not frozen; in that of one that was given up `unknown_at` may stay, see
`db.reconciling`. `unknown_in` is the id of the namespace that does not know the workflow."""


def why_frozen(*, unknown: bool, elsewhere: bool = False) -> Sentence:
    """Return what a frozen run says of itself.

    `unknown`: Temporal does not know its workflow; `elsewhere`: because golive was connected to another namespace.
    """
    if elsewhere:
        return say(
            N_(
                "The run is frozen: golive is connected to another Temporal namespace than the run was started in. An "
                "operator corrects TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS, or restores Temporal if it began anew, and "
                "the run goes on by itself; if its namespace is gone for good, `golive db abandon` declares the run "
                "ended."
            )
        )
    if unknown:
        return say(
            N_(
                "The run is frozen: Temporal does not know its workflow. Perhaps golive is connected to another "
                "Temporal namespace, or Temporal was restored from a backup or began anew. An operator checks "
                "TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS, or restores Temporal, and the run goes on by itself; if its "
                "workflow is gone for good, `golive db abandon` declares the run ended."
            )
        )
    return say(
        N_(
            "The run is frozen: the database and Temporal know different things of it, because one of them was "
            "restored from an older backup. An operator writes what the database lacks with `golive db recover`; until "
            "then nothing goes on."
        )
    )


async def freeze(session: Session, run_id: str) -> bool:
    """Mark a run as frozen of which Temporal knows something else, and tell it in golive's own stream.

    False when that is known already, or the run has ended or is unknown here.
    """
    otherwise = runs.c.frozen_at.is_(None) | runs.c.unknown_at.is_not(None)
    values = THAWED | {"frozen_at": await database_time(session)}
    return await _freeze(session, run_id, otherwise, values, {})


async def freeze_unknown(session: Session, run_id: str, namespace: str | None = None) -> bool:
    """Mark a run as frozen whose workflow the namespace with this id does not know at all; False as `freeze`."""
    at = await database_time(session)
    otherwise = runs.c.unknown_at.is_(None) | runs.c.unknown_in.is_distinct_from(namespace)
    values = {"frozen_at": at, "unknown_at": at, "unknown_in": namespace}
    return await _freeze(
        session, run_id, otherwise, values, {"how": "unknown to Temporal", "namespace": namespace}
    )


async def _freeze(
    session: Session,
    run_id: str,
    otherwise: ColumnElement[bool],
    values: dict[str, Any],
    told: dict[str, Any],
) -> bool:
    mine = (runs.c.id == run_id) & runs.c.state.not_in(ENDED)
    marked = await session.execute(update(runs).where(mine, otherwise).values(values))
    if marked.rowcount:
        await append_admin(session, GOLIVE, "RunFrozen", f"run:{run_id}", payload=told)
    return bool(marked.rowcount)


async def freeze_quietly(session: Session, run_id: str) -> None:
    """Keep a run frozen that is being recovered."""
    values = THAWED | {"frozen_at": await database_time(session)}
    await session.execute(update(runs).where(runs.c.id == run_id).values(values))


async def thaw(session: Session, run_id: str) -> bool:
    """Let a run go on of which nothing is missing any more, and tell it; False when it is not frozen."""
    frozen = (runs.c.id == run_id) & runs.c.frozen_at.is_not(None)
    thawed = await session.execute(update(runs).where(frozen).values(THAWED))
    if thawed.rowcount:
        await append_admin(session, GOLIVE, "RunThawed", f"run:{run_id}")
    return bool(thawed.rowcount)


async def found_again(session: Session, run_id: str, known: int, last: Sequence[Event]) -> str | None:
    """Let a run go on that Temporal knows again, if its journal ends with `last`, what its workflow recorded last.

    Otherwise both know different things of it, and it says so. Returns what was told; nothing when the journal has
    moved on from `known`, the number that was compared.
    """
    if (await locked_head(session, run_id)).seq != known:
        return None
    if last and await ends_with(session, run_id, last):
        return "RunThawed" if await thaw(session, run_id) else None
    return "RunFrozen" if await freeze(session, run_id) else None


async def known_runs(session: Session) -> dict[str, tuple[int, str]]:
    """Return the last number of each run's journal, and the hash of that row."""
    columns = (stream_heads.c.stream, stream_heads.c.seq, stream_heads.c.hash)
    known = select(*columns).join(runs, runs.c.id == stream_heads.c.stream)
    return {row.stream: (row.seq, row.hash) for row in await session.execute(known)}


async def frozen_runs(session: Session) -> dict[str, bool]:
    """Return the ids of the runs that are frozen, the longest first, and whether Temporal knows no workflow of each."""
    found = select(runs.c.id, runs.c.unknown_at).where(runs.c.frozen_at.is_not(None))
    ordered = found.order_by(runs.c.frozen_at, runs.c.id)
    return {row.id: row.unknown_at is not None for row in await session.execute(ordered)}
