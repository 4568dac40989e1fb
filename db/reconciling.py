"""What the reconciler reads and writes: runs whose workflow is over, and histories that are not kept yet."""

from __future__ import annotations

from sqlalchemy import select, update

from db.journal import append_admin
from db.locks import release
from db.queries import get_header
from db.reports import save_history
from db.session import Session, database_time
from db.tables import histories, runs
from golive.commands import GOLIVE
from golive.vocabulary import ENDED
from golive.words import N_, say


async def open_runs(session: Session) -> tuple[str, ...]:
    """Return the ids of the runs that are shown as going on."""
    return tuple(await session.scalars(select(runs.c.id).where(runs.c.state.not_in(ENDED))))


async def mark_lost(session: Session, run_id: str, how: str) -> None:
    """Show a run as aborted whose workflow ended outside golive, and tell it in golive's own stream."""
    cause = say(N_("The run ended outside golive: its workflow is {how}. Traffic was not touched."), how=how)
    marked = update(runs).where(runs.c.id == run_id, runs.c.state.not_in(ENDED))
    told = {"state": "aborted", "ended_at": await database_time(session)}
    found = await session.execute(marked.values(**told, blocked_by=cause.model_dump(mode="json")))
    if not found.rowcount:
        return  # another worker's reconciler was faster
    lost = await get_header(session, run_id)
    await release(session, run_id, lost.service, lost.environment)
    await append_admin(session, GOLIVE, "RunLost", f"run:{run_id}", payload={"how": how})


async def runs_without_history(session: Session, limit: int = 20) -> tuple[str, ...]:
    """Return ended runs whose history is not kept yet, at most `limit`."""
    kept = select(histories.c.run_id)
    query = select(runs.c.id).where(runs.c.state.in_(ENDED), runs.c.id.not_in(kept))
    return tuple(await session.scalars(query.order_by(runs.c.ended_at).limit(limit)))


keep_history = save_history
