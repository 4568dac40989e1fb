"""What people said about runs, read: lessons, action items, comments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, select

from db.session import Session, fields_of
from db.tables import actions, comments, lessons, runs, words
from golive.plan import Lesson


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonView:
    """What a run taught; `text` is None when it was erased, `seq` its number in the journal."""

    id: str
    run_id: str
    text: str | None
    by: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView(LessonView):
    """An improvement that was agreed on, or a review of what `reviews` did in an emergency; open until `closed_at`."""

    owner: str
    due_at: datetime
    reviews: str | None
    closed_by: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView(LessonView):
    """A comment on the run (`about` empty) or on one of its tasks or approvals."""

    about: str


async def lessons_of_service(
    session: Session, service: str, *, before_run: str | None = None, limit: int = 20
) -> tuple[Lesson, ...]:
    """Return the newest lessons of the service's runs other than `before_run`, less those erased."""
    query = _texts_of(lessons).join(runs, runs.c.id == lessons.c.run_id)
    query = query.where(runs.c.service == service, words.c.text.is_not(None))
    if before_run is not None:
        query = query.where(lessons.c.run_id != before_run)
    newest = query.order_by(lessons.c.at.desc(), lessons.c.run_id, lessons.c.seq.desc()).limit(limit)
    return tuple(
        Lesson(run_id=row.run_id, text=row.text, by=row.by, at=row.at)
        for row in await session.execute(newest)
    )


async def lessons_of_run(session: Session, run_id: str) -> tuple[LessonView, ...]:
    """Return the lessons of a run, in the order in which they were told."""
    return tuple(LessonView(**row) for row in await _told(session, lessons, run_id))


async def actions_of_run(session: Session, run_id: str) -> tuple[ActionView, ...]:
    """Return the action items of a run, in the order in which they were agreed on."""
    return tuple(ActionView(**row) for row in await _told(session, actions, run_id))


def review_after(seq: int, told: Iterable[ActionView]) -> ActionView | None:
    """Return the review of what was done in an emergency by the event `seq`: the first of the run after it."""
    return next((action for action in told if action.reviews and action.seq > seq), None)


async def comments_of_run(session: Session, run_id: str, about: str | None = None) -> tuple[CommentView, ...]:
    """Return the comments of a run, or those about one thing, in the order in which they were made."""
    told = [CommentView(**row) for row in await _told(session, comments, run_id)]
    return tuple(comment for comment in told if about is None or comment.about == about)


async def comments_about(session: Session, run_id: str, about: str) -> tuple[CommentView, ...]:
    """Return the comments about one thing of a run, such as `task:uat.test`, in the order in which they were made."""
    query = _texts_of(comments).where(comments.c.run_id == run_id, comments.c.about == about)
    found = await session.execute(query.order_by(comments.c.seq))
    return tuple(CommentView(**fields_of(row)) for row in found)


async def _told(session: Session, table: Table, run_id: str) -> list[dict[str, Any]]:
    found = _texts_of(table).where(table.c.run_id == run_id).order_by(table.c.seq)
    return [dict(fields_of(row)) for row in await session.execute(found)]


def _texts_of(table: Table) -> Select[Any]:
    columns = [column for column in table.c if column.name != "text"]
    return select(*columns, words.c.text).outerjoin_from(table, words, words.c.digest == table.c.text)
