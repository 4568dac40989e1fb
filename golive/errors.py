"""The errors that a person meets, one tree:

GoliveError            a sentence for a person, a stable code, an HTTP status
├── Invalid            422  the input does not say what it must
├── Refused            403  this person may not do this; says who may
├── Conflict           409  the state does not allow it now; says what would
└── NotFound           404  no such thing
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from golive.words import N_, Sentence, Text, Words, say


class GoliveError(Exception):
    """Something that a person asked for cannot be done.

    `code` is stable and part of the API; `sentence` says what was asked, why not and what is possible;
    `facts` are extra members of the problem document (RFC 9457), such as what a stale subject changed. `also` says
    what else was wrong with the same thing, so that all of it can be mended at once.
    """

    status: ClassVar[int] = 400

    def __init__(
        self,
        code: str,
        msgid: str,
        *,
        facts: dict[str, Any] | None = None,
        also: Sequence[Sentence] = (),
        **args: str | float | Text | Sentence,
    ):
        self.code = code
        self.sentence: Sentence = say(msgid, **args)
        self.facts = facts or {}
        self.also = tuple(also)
        super().__init__(str(self.sentence))


class Invalid(GoliveError):
    """The input does not say what it must."""

    status = 422


class Refused(GoliveError):
    """This person may not do this; the sentence says who may."""

    status = 403


class Conflict(GoliveError):
    """The present state does not allow it; the sentence says what would."""

    status = 409


class NotFound(GoliveError):
    """There is no such thing."""

    status = 404


def together(found: Sequence[Invalid]) -> Invalid:
    """Return the first of several refusals of the same thing, which says also what the others say.

    Its fact `fields` names the field that each of its sentences is about, empty where there is none.
    """
    if len(found) == 1:
        return found[0]
    first, fields = found[0], [field for each in found for field in _fields(each)]
    return Invalid(
        first.code,
        first.sentence.msgid,
        facts={**first.facts, "field": fields[0], "fields": fields},
        also=[*first.also, *(sentence for each in found[1:] for sentence in (each.sentence, *each.also))],
        **first.sentence.args,
    )


def _fields(error: Invalid) -> list[str]:
    told = list(error.facts.get("fields") or [error.facts.get("field", "")])
    return (told + [""] * len(error.also))[: 1 + len(error.also)]


def need_words(words: Words) -> None:
    """Raise Invalid unless a person said why."""
    if not words.text.strip():
        raise Invalid("reason_missing", N_("Say why, in the reason."), facts={"field": "reason"})
