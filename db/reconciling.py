"""What the reconciler reads and writes: runs whose workflow is over, and histories that are not kept yet.

A run that ends without its workflow, lost or abandoned, is given up for good: its service may be another run's by now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, true, update

from db.freezing import THAWED
from db.journal import append_admin, locked_head
from db.locks import release
from db.queries import get_header
from db.reports import save_history
from db.session import Session, database_time
from db.tables import histories, runs
from golive.commands import GOLIVE, Actor
from golive.vocabulary import ENDED
from golive.words import N_, Sentence, Words, say


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that is shown as going on: its namespace, and which one does not know it; None where that is not known."""

    namespace: str | None
    unknown: bool
    unknown_in: str | None


async def open_runs(session: Session) -> dict[str, OpenRun]:
    """Return the runs that are shown as going on, by id."""
    return await _open(session, runs.c.state.not_in(ENDED))


async def find(session: Session, run_id: str) -> OpenRun | None:
    """Return a run, None where there is none; one that has ended is not unknown."""
    return (await _open(session, runs.c.id == run_id)).get(run_id)


async def _open(session: Session, which: ColumnElement[bool]) -> dict[str, OpenRun]:
    found = select(runs.c.id, runs.c.namespace, runs.c.frozen_at, runs.c.unknown_at, runs.c.unknown_in)
    return {
        row.id: OpenRun(row.namespace, None not in (row.frozen_at, row.unknown_at), row.unknown_in)
        for row in await session.execute(found.where(which))
    }


async def lives_in(session: Session, run_ids: Collection[str], namespace: str) -> None:
    """Keep in which namespace these runs live, where that is not known yet; it never changes."""
    mine = update(runs).where(runs.c.id.in_(run_ids), runs.c.namespace.is_(None))
    await session.execute(mine.values(namespace=namespace))


async def mark_lost(session: Session, run_id: str, how: str) -> bool:
    """Show a run as aborted whose workflow ended outside golive, and tell it in golive's own stream.

    False when it has ended already.
    """
    cause = say(N_("The run ended outside golive: its workflow is {how}. Traffic was not touched."), how=how)
    if not await _give_up(session, run_id, true(), THAWED, cause):
        return False  # another worker's reconciler was faster
    await append_admin(session, GOLIVE, "RunLost", f"run:{run_id}", payload={"how": how})
    return True


async def abandon(session: Session, run_id: str, by: Actor, reason: Words) -> bool:
    """Show a run as aborted whose workflow is gone for good, as an operator says; tell it in golive's own stream.

    It stays known as unknown to Temporal: there is no history to keep. False unless it is frozen as such.
    """
    cause = say(
        N_(
            "An operator declared the run ended, because Temporal does not know its workflow any more. "
            "Traffic was not touched."
        )
    )
    if not await _give_up(session, run_id, runs.c.unknown_at.is_not(None), {"frozen_at": None}, cause):
        return False
    await append_admin(session, by, "RunAbandoned", f"run:{run_id}", reason=reason)
    return True


async def _give_up(
    session: Session, run_id: str, which: ColumnElement[bool], values: dict[str, Any], cause: Sentence
) -> bool:
    """End a run without its workflow; from now on `record` refuses whatever still comes of it."""
    await locked_head(session, run_id)
    at = await database_time(session)
    told = {
        "state": "aborted",
        "ended_at": at,
        "given_up_at": at,
        "blocked_by": cause.model_dump(mode="json"),
    }
    mine = update(runs).where(runs.c.id == run_id, runs.c.state.not_in(ENDED), which)
    if not (await session.execute(mine.values(told | values))).rowcount:
        return False
    lost = await get_header(session, run_id)
    await release(session, run_id, lost.service, lost.environment)
    return True


async def given_up(session: Session, run_ids: Collection[str]) -> tuple[str, ...]:
    """Return which of these runs golive has given up."""
    mine = select(runs.c.id).where(runs.c.id.in_(run_ids), runs.c.given_up_at.is_not(None))
    return tuple(await session.scalars(mine.order_by(runs.c.id)))


async def found_after_all(session: Session, run_id: str) -> None:
    """Tell that the workflow of an abandoned run was found, which has a history to keep; the run stays ended."""
    abandoned = (runs.c.id == run_id) & runs.c.given_up_at.is_not(None) & runs.c.unknown_at.is_not(None)
    if (await session.execute(update(runs).where(abandoned).values(THAWED))).rowcount:
        await append_admin(session, GOLIVE, "RunFoundAfterAll", f"run:{run_id}")


async def take_up(session: Session, run_id: str) -> None:
    """Let what the database lacks of a run be written, though it was given up: its workflow is over, and will be found
    lost again.
    """
    mine = (runs.c.id == run_id) & runs.c.given_up_at.is_not(None)
    await session.execute(update(runs).where(mine).values(given_up_at=None, **THAWED))


async def runs_without_history(session: Session, limit: int = 20) -> tuple[str, ...]:
    """Return ended runs whose history is not kept yet, at most `limit`, the latest first.

    So those that Temporal has forgotten keep no other from it; those that were abandoned have none.
    """
    kept = select(histories.c.run_id)
    wanted = runs.c.state.in_(ENDED), runs.c.unknown_at.is_(None), runs.c.id.not_in(kept)
    query = select(runs.c.id).where(*wanted).order_by(runs.c.ended_at.desc(), runs.c.id)
    return tuple(await session.scalars(query.limit(limit)))


keep_history = save_history
