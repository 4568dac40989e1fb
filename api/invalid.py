"""What is wrong with a request, in one helpful sentence that names the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.refusals import Malformed, WrongMedia
from golive.errors import GoliveError, Invalid
from golive.problems import SHOWN
from golive.vocabulary import WRITTEN
from golive.words import N_, Sentence, Text, say

UNKNOWN_FIELD = "unknown_field"
"""The pydantic error type of `schemas.given.Given` for a field that it does not know."""

_SENTENCES: dict[str, str] = {
    "missing": N_("“{field}” is missing."),
    UNKNOWN_FIELD: N_("“{field}” is not known here; did you mean “{nearest}”?"),
    "unknown_field_of": N_("“{field}” is not known here; there is: {nearest}."),
    "extra_forbidden": N_("“{field}” is not known here."),
    "string_type": N_("“{field}” must be text."),
    "string_unicode": N_("“{field}” must be text in valid Unicode."),
    "string_too_short": N_("“{field}” must have at least {min_length} characters."),
    "string_too_long": N_("“{field}” may have at most {max_length} characters."),
    "string_pattern_mismatch": N_("“{field}” is not written as golive needs it: {wanted}."),
    "too_short": N_("“{field}” needs at least {min_length} entries."),
    "too_long": N_("“{field}” may have at most {max_length} entries."),
    "literal_error": N_("“{field}” must be one of: {expected}."),
    "union_tag_invalid": N_("“{field}” has the type “{tag}”; it must be one of: {expected_tags}."),
    "union_tag_not_found": N_("“{field}” needs its “type”."),
    "greater_than_equal": N_("“{field}” must be at least {ge}."),
    "less_than_equal": N_("“{field}” may be at most {le}."),
    "finite_number": N_("“{field}” must be a finite number."),
    "int_parsing": N_("“{field}” must be a whole number."),
    "int_type": N_("“{field}” must be a whole number."),
    "int_from_float": N_("“{field}” must be a whole number."),
    "float_parsing": N_("“{field}” must be a number."),
    "float_type": N_("“{field}” must be a number."),
    "bool_parsing": N_("“{field}” must be true or false."),
    "bool_type": N_("“{field}” must be true or false."),
    "dict_type": N_("“{field}” must be an object."),
    "model_type": N_("“{field}” must be an object."),
    "model_attributes_type": N_("“{field}” must be an object."),
    "list_type": N_("“{field}” must be a list."),
    "tuple_type": N_("“{field}” must be a list."),
    "control": N_("“{field}” may not hold line breaks or control characters, NUL among them."),
    "inexact": N_("“{field}” is not a value that JSON says exactly: a text, true, false or a usual number."),
    "nul": N_("“{field}” may not hold the character NUL."),
    "name_reserved": N_("“{field}” cannot be {name}: golive itself goes by that name. Choose another."),
    "out_of_reach": N_("“{field}” must lie in the years {first} to {last}."),
    "timezone_aware": N_("“{field}” needs a time zone; write for example 2026-11-22T14:05:00Z."),
}
_OF_ONE: dict[str, str] = {
    "string_too_short": N_("“{field}” may not be empty."),
    "too_short": N_("“{field}” needs at least one entry."),
}
"""Instead, where at least one is needed."""
_OF_ABSENT = ("missing", UNKNOWN_FIELD, "unknown_field_of", "extra_forbidden")
"""Errors about a field that does not stand in the body, or should not."""
TIME = N_("“{field}” must be a time as in RFC 3339; write for example 2026-11-22T14:05:00Z.")
TIME_ZONE = _SENTENCES["timezone_aware"]
_OTHER = N_("“{field}” is not accepted: {why}.")


def refusal_of(errors: Sequence[dict[str, Any]], body: Any, media: str) -> GoliveError:
    """Return what to tell about `errors` (as pydantic lists them) of a `body` of type `media`."""
    first = errors[0]
    if first["type"] == "json_invalid":
        where = str(first["loc"][-1])
        why = str(first.get("ctx", {}).get("error", ""))
        return Malformed(
            "malformed", N_("The body is not JSON: at character {where}: {why}."), where=where, why=why
        )
    if _not_json(first, media):
        return WrongMedia(
            "wrong_media_type", N_("The body must be JSON, sent as “Content-Type: application/json”.")
        )
    return _invalid(errors, body)


def _invalid(errors: Sequence[dict[str, Any]], body: Any) -> Invalid:
    """Return the refusal that tells what is wrong, one sentence for each field, at most `SHOWN` of them."""
    by_field: dict[str, Sentence] = {}
    for error in errors:
        field = _field(error, body)
        if field not in by_field and len(by_field) < SHOWN:
            by_field[field] = _sentence(error, field)
    said = list(by_field.values())
    facts = {"field": next(iter(by_field)), "fields": list(by_field)}
    return Invalid("invalid", said[0].msgid, facts=facts, also=said[1:], **said[0].args)


def _sentence(error: dict[str, Any], field: str) -> Sentence:
    kind = error["type"]
    written: dict[str, str | float | Text | Sentence] = {
        name: value
        for name, value in error.get("ctx", {}).items()
        if isinstance(value, str | int | float) and name != "code"
    }
    if kind == "literal_error":  # pydantic's list is English: 'a', 'b' or 'c'
        written["expected"] = str(written["expected"]).replace("' or '", "', '").replace("'", "")
    if (pattern := written.pop("pattern", None)) in WRITTEN:
        written["wanted"] = say(WRITTEN[str(pattern)])
    known = kind in _SENTENCES and (kind != "string_pattern_mismatch" or "wanted" in written)
    msgid = _SENTENCES[kind] if known else TIME if kind.startswith("datetime_") else _OTHER
    if written.get("min_length") == 1:
        msgid = _OF_ONE.get(kind, msgid)
    return Sentence(msgid=msgid, args={**written, "field": field, "why": str(error["msg"]).rstrip(".")})


def _not_json(error: dict[str, Any], media: str) -> bool:
    is_json = "json" in media.partition(";")[0]
    return tuple(error["loc"]) == ("body",) and not is_json and isinstance(error.get("input"), bytes)


def _field(error: dict[str, Any], body: Any) -> str:
    """Write where an error is as the sender wrote it, `evidence[0].url`.

    pydantic puts the name of a type that a union could be into the place, which stands nowhere in the body.
    """
    source, *steps = error["loc"]
    content: Any = body if source == "body" else None
    where = ""
    for n, step in enumerate(steps):
        absent = n == len(steps) - 1 and error["type"] in _OF_ABSENT
        if source == "body" and not absent and not _has(content, step):
            continue
        where += f"[{step}]" if isinstance(step, int) else f".{step}"
        content = content[step] if _has(content, step) else None
    named = error.get("ctx", {}).get("named", "")
    return ".".join(part for part in (where.lstrip("."), named) if part) or str(source)


def _has(content: Any, step: int | str) -> bool:
    if isinstance(content, list):
        return isinstance(step, int) and step < len(content)
    return isinstance(content, dict) and step in content
