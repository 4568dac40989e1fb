"""What the API says in words of its own, said in those of a page: people see forms, not bodies, keys and methods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api import invalid
from api.pages.visiting import Visit
from api.problems import document
from golive.errors import GoliveError
from golive.words import N_, Sentence
from language import name_of

_UNKNOWN = N_("golive did not answer in time, so nobody knows yet whether it is done.")
_LOAD = N_("This page is not as it was made, so nothing was done. Load it again, and send it from there.")
_BY_CODE: Mapping[str, str] = {
    "unexpected": N_(
        "golive failed at this; it is a fault of golive and is in its log. What you sent can be sent again: "
        "it is done at most once."
    ),
    "engine_unavailable": _UNKNOWN,
    "database_unavailable": _UNKNOWN,
    "busy": N_("Too many acts on this run at once, so this one was not sent yet."),
    "idempotency_key_invalid": _LOAD,
    "idempotency_key_reused": N_(
        "This form was sent before with other content, and that was done. Load the page again to see what became of it."
    ),
    "unknown_attachment": N_("There is no file {id} here; if it is to be evidence, choose it again."),
    "no_such_address": N_("There is no page at {path}."),
    "method_not_allowed": N_("There is nothing to be sent to {path}."),
    "malformed": N_("What was sent to {path} cannot be read; load the page again, and send it from there."),
    "too_large": N_("This is larger than {limit}. Nothing was kept; send less."),
}
"""By the code of a refusal whose one sentence speaks of what only programs see."""
_BY_SENTENCE: Mapping[str, str] = {
    invalid.TIME: N_("“{field}” must be a day and a time, such as 2026-11-22 14:05."),
    invalid.TIME_ZONE: N_("“{field}” must be a day and a time, such as 2026-11-22 14:05."),
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)")


def problem_of(visit: Visit, error: GoliveError) -> dict[str, Any]:
    """Return the problem document of `error` in the words of a page, with the times of the reader's clock."""
    instead = _BY_CODE.get(error.code)

    def worded(sentence: Sentence) -> Sentence:
        msgid = instead if instead and sentence == error.sentence else sentence.msgid
        args = {name: _read(visit, name, value) for name, value in sentence.args.items()}
        return Sentence(msgid=_BY_SENTENCE.get(msgid, msgid), args={"path": visit.request.url.path, **args})

    return document(error, visit.language, worded)


def _read(visit: Visit, name: str, value: Any) -> Any:
    """Return a part of a sentence as it is read: moments by the clock, the words of a closed list by their names."""
    if name == "at" and isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(visit.zone):%Y-%m-%d %H:%M}"
    if name == "expected" and isinstance(value, str):
        between = "、" if visit.language == "zh" else ", "
        return between.join(name_of(word, visit.language) for word in value.split(", "))
    return value


def called(message: str, label: str, name: str) -> str:
    """Return a sentence that calls the field `name`, or what it gives to a body, by its label."""
    return re.sub(rf"“[\w.]*\b{re.escape(name)}\b[\w.\[\]]*”", lambda _: f"“{label}”", message, count=1)
