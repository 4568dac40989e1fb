"""What every request body shares: unknown fields are refused, naming the nearest known one."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from golive.problems import listed, nearest
from golive.words import Words


class Given(BaseModel):
    """A request body, or a part of one, or the parameters of a list."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _only_known_fields(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for name in value:
                if name not in cls.model_fields:
                    raise _unknown(str(name)[:80], sorted(cls.model_fields))
        return value


class Nothing(Given):
    """A body without fields: `{}`."""


def _unknown(name: str, known: list[str]) -> PydanticCustomError:
    near = nearest(name, known)
    if near:
        return PydanticCustomError(
            "unknown_field", "did you mean {nearest}?", {"named": name, "nearest": near}
        )
    return PydanticCustomError(
        "unknown_field_of", "there is {nearest}", {"named": name, "nearest": listed(known)}
    )


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "it holds a NUL character")
    return text


Line = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_without_nul)
]
"""A short text."""
Prose = Annotated[
    str, StringConstraints(max_length=4000, strip_whitespace=True), AfterValidator(_without_nul)
]
"""What a person types, at most 4,000 characters; may be empty."""
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True), AfterValidator(_without_nul)
]
"""What a person must type: 1 to 4,000 characters."""


def words(text: str) -> Words:
    """Return `text` sealed with a salt of its own, so that its digest in the journal tells nothing of it."""
    return Words(text=text, salt=secrets.token_hex(16))


def words_or_none(text: str | None) -> Words | None:
    """Return `text` sealed, or None when nothing was typed."""
    return words(text) if text else None
