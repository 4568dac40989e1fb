"""What every request body shares: unknown fields are refused, naming the nearest known one."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any

import rfc8785
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from golive.canonical import canonical
from golive.problems import listed, nearest
from golive.vocabulary import INSTANT, LINE, PROSE, REASON
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
                    raise _unknown(_printable(str(name)[:80]), sorted(cls.model_fields))
        return value


def _printable(name: str) -> str:
    """Return a name as it can be told: half a character (a lone surrogate) can stand in no answer."""
    return name.encode(errors="replace").decode()


def _exact(values: dict[str, str | float]) -> dict[str, str | float]:
    """Refuse what no JSON document says exactly: it could be neither signed nor stored."""
    for name, value in values.items():
        try:
            canonical([name, value])
        except (rfc8785.CanonicalizationError, UnicodeEncodeError) as wrong:
            raise PydanticCustomError("inexact", "it is not exact", {"named": _printable(name)}) from wrong
    return values


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


def _without_controls(text: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
        raise PydanticCustomError("control", "it holds a line break or a control character")
    return text


def _written(value: Any) -> Any:
    """Refuse numbers: a count of seconds names no zone, and is taken for one of milliseconds when it is large."""
    if not isinstance(value, str) or not value[:4].isdigit() or value[4:5] != "-":
        raise PydanticCustomError("datetime_type", "it is not a time in words")
    return value


def _within_reach(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise PydanticCustomError(
            "out_of_reach", "it is out of reach", {"first": _FIRST_YEAR, "last": _LAST_YEAR}
        )
    return at.astimezone(UTC)


_FIRST_YEAR, _LAST_YEAR = 1970, 2199
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_within_reach),
    Field(json_schema_extra={"pattern": INSTANT}),
]
"""A time with its zone, given on in UTC. No go-live is planned outside these years, and near the ends of the
calendar arithmetic overflows: a run would be started that can neither be recorded nor go on."""


def _form(pattern: str) -> Any:
    """Say in the OpenAPI document how a text is written whose validator has a sentence of its own."""
    return Field(json_schema_extra={"pattern": pattern})


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True),
    AfterValidator(_without_controls),
    _form(LINE),
]
"""What a thing is called: a service, a version. One line without control characters."""
ShortName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60, strip_whitespace=True),
    AfterValidator(_without_controls),
    _form(LINE),
]
"""The name of an environment or of another system, kept short. One line without control characters."""
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_without_controls),
    _form(LINE),
]
"""A short text on one line."""
Prose = Annotated[
    str,
    StringConstraints(max_length=4000, strip_whitespace=True),
    AfterValidator(_without_nul),
    _form(PROSE),
]
"""What a person types, at most 4,000 characters; may be empty."""
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4000, strip_whitespace=True),
    AfterValidator(_without_nul),
    _form(REASON),
]
"""What a person must type: 1 to 4,000 characters."""


Password = Annotated[
    SecretStr | None,
    Field(
        max_length=256,
        exclude=True,
        description="Where the approval asks for it (`reauthenticate`): your own, typed for this very act. It is "
        "looked at and kept nowhere; the act is the same with it and without, under its Idempotency-Key.",
    ),
]
"""The password of who acts, with which they prove again that it is them. Never written anywhere."""
Values = Annotated[
    dict[str, str | int | float | bool],
    Field(max_length=200),
    AfterValidator(_exact),
]
"""Values by name, each of which JSON says exactly."""
Id = Annotated[str, StringConstraints(max_length=300)]
"""What an answer of golive named a thing by, given back."""


Cursor = Annotated[
    str,
    Field(
        max_length=500,
        description="`next_cursor` of the page before.",
        examples=["WyIyMDI2LTExLTIyVDE0OjA1OjAwKzAwOjAwIiwgIjhjMmU0ZjZhIl0="],
    ),
]


def words(text: str) -> Words:
    """Return `text` sealed with a salt of its own, so that its digest in the journal tells nothing of it."""
    return Words(text=text, salt=secrets.token_hex(16))


def words_or_none(text: str | None) -> Words | None:
    """Return `text` sealed, or None when nothing was typed."""
    return words(text) if text else None
