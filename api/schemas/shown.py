"""What every answer shares: all fields are there, times are UTC, sentences are in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from api.language import tell
from api.schemas.named import Person
from golive.recording import Wait
from golive.words import Language, Sentence

T = TypeVar("T")


def rfc3339(at: datetime) -> str:
    """Write a time as every answer does."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-11-22T14:05:00Z"]}, mode="serialization"
    ),
]
"""A time as RFC 3339 in UTC, such as `2026-11-22T14:05:00Z`."""


class Shown(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True, from_attributes=True)

    @classmethod
    def taken(cls, view: object, **told: Any) -> Self:
        """Return the answer whose fields are those of `view`, but for what is `told` in other words."""
        plain = {name: getattr(view, name) for name in cls.model_fields if name not in told}
        return cls.model_validate(plain | told)


class Listed(Shown, Generic[T]):
    """One page of a list. Ask for the next one with `cursor=next_cursor`, until it is null."""

    items: list[T]
    next_cursor: str | None


class WaitShown(Shown):
    """Something awaited: from whom, since when, and what happens next by itself and when."""

    what: str = Field(
        examples=["task"],
        description="task, verify, approval, waiver, amendment, promote, gate, lock, bake, observe, hold, back_out, "
        "traffic, start",
    )
    object: str = Field(examples=["uat.test"], description="Which task, approval, stage or rollout.")
    who: list[Person] = Field(description="Who can end the wait, by name.")
    since: Moment
    next: str | None = Field(description="What happens next by itself, in the reader's language.")
    next_at: Moment | None

    @classmethod
    def of(cls, wait: Wait, language: Language) -> WaitShown:
        """Return `wait` for a reader of `language`."""
        return cls.taken(wait, who=list(wait.who), next=told(wait.next, language))


def told(sentence: Sentence | None, language: Language) -> str | None:
    """Return `sentence` as a reader of `language` reads it, or None when there is none."""
    return tell(sentence, language) if sentence else None
