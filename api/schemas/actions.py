"""Comments, lessons and action items, as asked for and as shown."""

from __future__ import annotations

from api.schemas.given import Given, Instant, Reason
from api.schemas.shown import Moment, Shown
from golive.vocabulary import UserName


class ActionGiven(Given):
    """An improvement that was agreed on, with who does it and until when."""

    text: Reason
    owner: UserName
    due_at: Instant


class LessonShown(Shown):
    """What a go-live taught; null when the text was erased."""

    id: str
    run_id: str
    text: str | None
    by: str
    at: Moment
    seq: int


class ActionShown(Shown):
    """An agreed improvement; open while `closed_at` is null."""

    id: str
    run_id: str
    text: str | None
    owner: str
    due_at: Moment
    by: str
    at: Moment
    closed_by: str | None
    closed_at: Moment | None
    seq: int


class CommentShown(Shown):
    """What somebody said; `about` is empty for the run itself."""

    id: str
    run_id: str
    about: str
    text: str | None
    by: str
    at: Moment
    seq: int
