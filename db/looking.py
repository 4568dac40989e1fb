"""All that a page shows that others change, in one snapshot: of a run, a task, an approval, a person's work.

Each is read in a number of queries that neither its size nor its readers raise, and holds nothing of one reader alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from db.amendments import AmendmentView, amendments_of_run
from db.beside import Beside, beside
from db.events import events_before, last_of, rows_of
from db.glass import BrokenGlass, broken_glass
from db.lessons import ActionView, LessonView, actions_of_run, lessons_of_run
from db.looks import LastLook, last_looks
from db.news import Stamp, stamp_of
from db.pages import Page
from db.queries import comments_of_decisions, get_approval, get_header, get_run, get_task, release_of
from db.session import Session
from db.signed import Signed, signed
from db.standing import standing_of
from db.tables import reports
from db.views import ApprovalView, JournalRow, RunHeader, RunWhole, TaskView
from db.waivers import WaiverView, waivers_of_run
from db.work import Counts, Managed, Waiting, count_work, list_work, managed_runs
from golive.plan import Release
from golive.standing import Standing

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
    waivers: tuple[WaiverView, ...]
    amendments: tuple[AmendmentView, ...]
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
        waivers=await waivers_of_run(session, run_id),
        amendments=await amendments_of_run(session, run_id) if run.amendments else (),
        ending=await last_of(session, run_id, _ENDINGS) if early else None,
        reported=await session.scalar(written) is not None,
    )


@dataclass(frozen=True, kw_only=True)
class TaskLook:
    """A task as it stands, with what stands beside it."""

    task: TaskView
    beside: Beside


async def look_at_task(session: Session, task_id: str) -> TaskLook:
    """Return a task as it stands. Raises NotFound (`unknown_task`)."""
    task = await get_task(session, task_id)
    return TaskLook(task=task, beside=await beside(session, task))


@dataclass(frozen=True, kw_only=True)
class ApprovalLook:
    """An approval as it stands. `present` is the build that the run now has, `looks` what its deciders saw last.

    Two looks are equal when how it stands is the same; what surrounds it is for whoever opens the page.
    """

    view: ApprovalView
    comments: Mapping[int, str | None]
    rows: Mapping[int, JournalRow]
    looks: Mapping[str, LastLook]
    glass: BrokenGlass | None
    signed: Signed | None = field(compare=False)
    run: RunHeader = field(compare=False)
    present: Release = field(compare=False)
    standing: Standing = field(compare=False)


async def look_at_approval(session: Session, approval_id: str) -> ApprovalLook:
    """Return an approval as it stands. Raises NotFound (`unknown_approval`)."""
    view = await get_approval(session, approval_id)
    seqs = [made.seq for made in view.decisions]
    return ApprovalLook(
        view=view,
        comments=await comments_of_decisions(session, view.run_id, seqs),
        rows=await rows_of(session, view.run_id, seqs),
        looks=await last_looks(session, view.id, {made.by for made in view.decisions}),
        glass=await broken_glass(session, view),
        signed=await signed(session, view),
        run=await get_header(session, view.run_id),
        present=await release_of(session, view.run_id),
        standing=await standing_of(session, view.run_id, view.gone_in),
    )


@dataclass(frozen=True, kw_only=True)
class WorkLook:
    """What waits for a person: one page of it, how much in all, and the newest of the runs that they manage."""

    waiting: Page[Waiting]
    counts: Counts
    managed: tuple[Managed, ...]
    all_managed: int


async def look_at_work(
    session: Session, name: str, now: datetime, *, cursor: str | None, limit: int
) -> WorkLook:
    """Return what waits for the user `name`. Raises Invalid (`bad_cursor`)."""
    waiting = await list_work(session, name, now, cursor=cursor, limit=limit)
    counts = await count_work(session, name, now)
    managed, all_managed = await managed_runs(session, name)
    return WorkLook(waiting=waiting, counts=counts, managed=managed, all_managed=all_managed)
