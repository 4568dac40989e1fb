"""All that a run's page shows, in one snapshot, read in a number of queries that no run raises."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from db.events import events_before, last_of
from db.lessons import ActionView, LessonView, actions_of_run, lessons_of_run
from db.news import Stamp, stamp_of
from db.queries import get_run
from db.session import Session
from db.tables import reports
from db.views import JournalRow, RunWhole

NEWEST = 20
"""Events that the page itself shows; its journal shows all."""
_ENDINGS = ("AbortRequested", "RollbackStarted")


@dataclass(frozen=True, eq=False, kw_only=True)
class Look:
    """A run as it stands. `events` are the newest ones, the last first; `ending` is how its end began, if early."""

    run: RunWhole
    events: tuple[JournalRow, ...]
    lessons: tuple[LessonView, ...]
    actions: tuple[ActionView, ...]
    ending: JournalRow | None
    reported: bool

    @property
    def stamp(self) -> Stamp:
        """How far the run has come."""
        return stamp_of(self.run.seq, frozen=self.run.frozen is not None)


async def look_at(session: Session, run_id: str) -> Look:
    """Return a run as it stands. Raises NotFound (`unknown_run`)."""
    run = await get_run(session, run_id)
    early = run.state in ("rolling_back", "aborted")
    written = select(reports.c.run_id).where(reports.c.run_id == run_id).limit(1)
    return Look(
        run=run,
        events=await events_before(session, run_id, run.seq + 1, NEWEST),
        lessons=await lessons_of_run(session, run_id),
        actions=await actions_of_run(session, run_id),
        ending=await last_of(session, run_id, _ENDINGS) if early else None,
        reported=await session.scalar(written) is not None,
    )
