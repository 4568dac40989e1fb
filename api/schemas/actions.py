"""Comments, lessons and action items, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.given import Given, Instant, Reason
from api.schemas.named import ActionId, Number, Person, RunId
from api.schemas.shown import Moment, Shown
from golive.vocabulary import UserName


class ActionGiven(Given):
    """An improvement that was agreed on, with who does it and until when."""

    text: Reason = Field(examples=["Warm the cache before the first step."])
    owner: UserName = Field(examples=["ann"])
    due_at: Instant = Field(examples=["2027-01-15T17:00:00Z"])


class LessonShown(Shown):
    """What a go-live taught; null when the text was erased."""

    id: ActionId
    run_id: RunId
    text: str | None = Field(examples=["Warm the cache before the first step."])
    by: Person
    at: Moment
    seq: Number


class ActionShown(Shown):
    """An agreed improvement; open while `closed_at` is null."""

    id: ActionId
    run_id: RunId
    text: str | None = Field(examples=["Warm the cache before the first step."])
    owner: Person
    due_at: Moment
    reviews: str | None = Field(
        description="Who broke the glass: somebody else reviews it and closes this before the run can end."
    )
    by: Person
    at: Moment
    closed_by: str | None
    closed_at: Moment | None
    seq: Number


class CommentShown(Shown):
    """What somebody said; `about` is empty for the run itself."""

    id: Annotated[str, Field(examples=["8c2e4f6a8b0d2e4f6a8b-12"])]
    run_id: RunId
    about: Annotated[str, Field(examples=["task:uat.test"])]
    text: str | None = Field(examples=["Who has the test cards?"])
    by: Person
    at: Moment
    seq: Number
