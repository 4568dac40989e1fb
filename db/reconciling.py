"""What the reconciler reads and writes: runs whose workflow is over, and histories that are not kept yet."""

from __future__ import annotations

from sqlalchemy import select, update

from db.freezing import THAWED
from db.journal import append_admin
from db.locks import release
from db.queries import get_header
from db.reports import save_history
from db.session import Session, database_time
from db.tables import histories, runs
from golive.commands import GOLIVE
from golive.vocabulary import ENDED
from golive.words import N_, Sentence, say


async def open_runs(session: Session) -> tuple[str, ...]:
    """Return the ids of the runs that are shown as going on."""
    return tuple(await session.scalars(select(runs.c.id).where(runs.c.state.not_in(ENDED))))


async def mark_lost(session: Session, run_id: str, how: str) -> bool:
    """Show a run as aborted whose workflow ended outside golive, and tell it in golive's own stream.

    False when it has ended already.
    """
    cause = say(N_("The run ended outside golive: its workflow is {how}. Traffic was not touched."), how=how)
    return await _end(session, run_id, cause, how)


async def abandon(session: Session, run_id: str) -> bool:
    """Show a run as aborted whose workflow is gone for good, as an operator says; tell it in golive's own stream.

    False when it has ended already.
    """
    cause = say(
        N_(
            "An operator declared the run ended, because Temporal does not know its workflow any more. "
            "Traffic was not touched."
        )
    )
    return await _end(session, run_id, cause, "declared ended by an operator")


async def _end(session: Session, run_id: str, cause: Sentence, how: str) -> bool:
    marked = update(runs).where(runs.c.id == run_id, runs.c.state.not_in(ENDED))
    told = {"state": "aborted", "ended_at": await database_time(session), **THAWED}
    found = await session.execute(marked.values(**told, blocked_by=cause.model_dump(mode="json")))
    if not found.rowcount:
        return False  # another worker's reconciler was faster
    lost = await get_header(session, run_id)
    await release(session, run_id, lost.service, lost.environment)
    await append_admin(session, GOLIVE, "RunLost", f"run:{run_id}", payload={"how": how})
    return True


async def runs_without_history(session: Session, limit: int = 20) -> tuple[str, ...]:
    """Return ended runs whose history is not kept yet, at most `limit`, the latest first.

    So those that Temporal has forgotten keep no other from it.
    """
    kept = select(histories.c.run_id)
    query = select(runs.c.id).where(runs.c.state.in_(ENDED), runs.c.id.not_in(kept))
    return tuple(await session.scalars(query.order_by(runs.c.ended_at.desc(), runs.c.id).limit(limit)))


keep_history = save_history
