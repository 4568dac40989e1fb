"""What is wrong with a request, in one helpful sentence that names the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.refusals import Malformed, WrongMedia
from golive.errors import GoliveError, Invalid
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
_TIME = N_("“{field}” must be a time as in RFC 3339; write for example 2026-11-22T14:05:00Z.")
_OTHER = N_("“{field}” is not accepted: {why}.")


def refusal_of(errors: Sequence[dict[str, Any]], media: str) -> GoliveError:
    """Return what to tell about the first of `errors` (as pydantic lists them) of a body of type `media`."""
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
    return invalid(errors)


def invalid(errors: Sequence[dict[str, Any]]) -> Invalid:
    """Return the refusal that tells everything that pydantic found."""
    fields = list(dict.fromkeys(_field(error) for error in errors))
    said = [_sentence(error) for error in errors]
    facts = {"field": fields[0], "fields": fields}
    return Invalid("invalid", said[0].msgid, facts=facts, also=said[1:], **said[0].args)


def _sentence(error: dict[str, Any]) -> Sentence:
    kind = error["type"]
    written: dict[str, str | float | Text | Sentence] = {
        name: value
        for name, value in error.get("ctx", {}).items()
        if isinstance(value, str | int | float) and name != "code"
    }
    if kind == "literal_error":  # pydantic's list is English: 'a', 'b' or 'c'
        written["expected"] = str(written["expected"]).replace("' or '", "', '").replace("'", "")
    if pattern := written.pop("pattern", None):
        written["wanted"] = say(WRITTEN.get(str(pattern), str(pattern)))
    args = {**written, "field": _field(error), "why": str(error["msg"]).rstrip(".")}
    return Sentence(msgid=_TIME if kind.startswith("datetime_") else _SENTENCES.get(kind, _OTHER), args=args)


def _not_json(error: dict[str, Any], media: str) -> bool:
    is_json = "json" in media.partition(";")[0]
    return tuple(error["loc"]) == ("body",) and not is_json and isinstance(error.get("input"), bytes)


def _field(error: dict[str, Any]) -> str:
    """Write `('body', 'evidence', 0, 'file', 'url')` as `evidence[0].url`, as the sender wrote it."""
    where = ""
    for part in error["loc"][1:]:
        where += f"[{part}]" if isinstance(part, int) else f".{part}"
    extra = error.get("ctx", {}).get("named", "")
    return ".".join(p for p in (where.lstrip("."), extra) if p) or str(error["loc"][0])
