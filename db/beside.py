"""What stands beside a task on its page: its run, the tasks before it, what was said of it, what happened to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from db.attachments import Attachment, find_attachments
from db.events import events_about
from db.lessons import CommentView, comments_about
from db.queries import HEADERS
from db.reading import header, stage_title
from db.session import Session
from db.tables import runs, tasks
from db.views import JournalRow, RunHeader, TaskView
from golive.plan import Plan
from golive.possible import FROM, fixed, shifted_by
from golive.recording import StageView
from golive.run import Index
from golive.vocabulary import ENDED
from golive.words import Text

HISTORY = 100
"""Events of one task that its page shows, the latest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A task that comes before another."""

    id: str
    title: Text
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a task's page shows with it. `history` begins with the latest; comments stand in it no more.

    `reopens`: the run allows that the task is opened again by whoever may.
    """

    run: RunHeader
    stage: Text | None
    before: tuple[Before, ...]
    reopens: bool
    files: dict[str, Attachment]
    comments: tuple[CommentView, ...]
    history: tuple[JournalRow, ...]


async def beside(session: Session, task: TaskView) -> Beside:
    """Return what stands beside `task`, in a fixed number of queries."""
    about = f"task:{task.ref}"
    found = (await session.execute(HEADERS.add_columns(runs.c.stages).where(runs.c.id == task.run_id))).one()
    return Beside(
        run=header(found),
        stage=stage_title(found, task.stage),
        before=await _before(session, task.depends_on),
        reopens=await _reopens(session, task, found),
        files=await find_attachments(session, _attached(task)),
        comments=await comments_about(session, task.run_id, about),
        history=await events_about(session, task.run_id, about, but=("Commented",), limit=HISTORY),
    )


def _attached(task: TaskView) -> set[str]:
    pieces = [*task.evidence, *(piece for item in task.items for piece in item.evidence)]
    return {piece["attachment_id"] for piece in pieces if "attachment_id" in piece}


async def _reopens(session: Session, task: TaskView, run: Row[Any]) -> bool:
    """Tell whether the run allows it; its plan, which is large, is read only where that decides."""
    if task.state not in FROM["reopen_task"] or task.back_out or run.state in (*ENDED, "rolling_back"):
        return False
    plan = Plan.model_validate(await session.scalar(select(runs.c.plan).where(runs.c.id == task.run_id)))
    shifted = shifted_by([StageView.model_validate(stage) for stage in run.stages])
    return fixed(Index(plan), task.ref, task.state, shifted=shifted) is None


async def _before(session: Session, ids: Collection[str]) -> tuple[Before, ...]:
    found = select(tasks.c.id, tasks.c.title, tasks.c.state).where(tasks.c.id.in_(ids))
    rows = await session.execute(found.order_by(tasks.c.position))
    return tuple(Before(id=row.id, title=Text.model_validate(row.title), state=row.state) for row in rows)
