"""Turns what pydantic found into sentences for the person who wrote the text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from golive.problems import Place, listed, nearest
from golive.words import N_, Sentence, say

_LONGEST = 60
"""Characters of a wrong value that are shown."""

_MISSING = N_("the key “{key}” is missing")
_PATTERNS = {
    r"^[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9][a-z0-9-]{0,62}){0,4}$": N_(
        "“{got}” is no key: use lower case letters, digits and hyphens"
    ),
    r"^[a-z0-9][a-z0-9-]{0,62}$": N_("“{got}” is no key: use lower case letters, digits and hyphens"),
    r"^[a-z][a-z0-9_-]{0,39}$": N_("“{got}” is no function: use lower case letters, digits, - and _"),
    r"^[a-z][a-z0-9_]{0,39}$": N_("“{got}” is no parameter key: use lower case letters, digits and _"),
}
_KINDS = {
    "string": N_("must be text, not {got}"),
    "int": N_("must be a whole number, not {got}"),
    "float": N_("must be a number, not {got}"),
    "finite": N_("must be a number, not {got}"),
    "bool": N_("must be true or false, not {got}"),
    "tuple": N_("must be a list, not {got}"),
    "dict": N_("must be a group of keys, not {got}"),
    "model": N_("must be a group of keys, not {got}"),
    "date": N_("must be a date such as 2026-10-01, not {got}"),
    "time": N_("must be a time such as 09:00, not {got}"),
}
_OF_ONE = {
    "too_short": N_("needs at least one entry"),
    "string_too_short": N_("may not be empty"),
}
_MODELS = {
    "Text": N_("must be text, or its two languages as en: and zh:, not {got}"),
    "Span": N_("must be a length of time such as 30s, 15m, 4h or 2d, not {got}"),
    "Condition": N_("must be a comparison such as >= 0.99, not {got}"),
}


def problems_of(
    wrong: ValidationError, schema: type[BaseModel], content: Any
) -> list[tuple[Place, Sentence]]:
    """Return where in `content` something is not as `schema` says, and what; one sentence per place."""
    found: dict[Place, Sentence] = {}
    for error in wrong.errors(include_url=False):
        if _follows_from_another(error):
            continue
        place, models = _locate(error["loc"], schema, content)
        found.setdefault(place, _sentence(error, models))
    meant = {(*place[:-1], said.args["nearest"]) for place, said in found.items() if "nearest" in said.args}
    return [(place, said) for place, said in found.items() if not (_is_missing(said) and place in meant)]


def _is_missing(said: Sentence) -> bool:
    """Tell whether a key is missing; if it is there misspelt, that is one mistake, told as such."""
    return said.msgid == _MISSING


def _follows_from_another(error: ErrorDetails) -> bool:
    """A list whose only entries are wrong also counts as too short: that is no second mistake."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _locate(
    loc: tuple[int | str, ...], schema: type[BaseModel], content: Any
) -> tuple[Place, list[type[BaseModel]]]:
    """Return the place in `content` that pydantic means, and the models that could hold the last key.

    pydantic puts the tag of a union into its location, which stands nowhere in the text and may be spelt like
    a key that does; so the models are followed along with the values.
    """
    place: Place = ()
    models, holders = [schema], [schema]
    for step in loc:
        if isinstance(step, str) and len(models) > 1:
            models = holders = [model for model in models if _goes_by(model, step)] or models
            continue
        if isinstance(step, str):
            holders = models
            models = _models_below(models, step)
        if _has(content, step):
            content = content[step]
            place = (*place, step)
        elif holders and isinstance(step, str) and isinstance(content, Mapping):
            return (*place, step), holders
    return place, holders


def _has(content: Any, step: int | str) -> bool:
    if isinstance(content, list):
        return isinstance(step, int) and step < len(content)
    return isinstance(content, Mapping) and step in content


def _models_below(models: list[type[BaseModel]], key: str) -> list[type[BaseModel]]:
    fields = [model.model_fields[key] for model in models if key in model.model_fields]
    return [model for found in fields for model in _models_in(found.annotation)]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _goes_by(model: type[BaseModel], tag: str) -> bool:
    """Tell whether `tag` is how a union calls `model`: by its `do`, or by its name, `fact` for FactSource."""
    told = model.model_fields.get("do")
    return told.default == tag if told else model.__name__.lower().startswith(tag)


def _sentence(error: ErrorDetails, models: list[type[BaseModel]]) -> Sentence:
    key, context = str(error["loc"][-1]), error.get("ctx", {})
    match error["type"]:
        case "missing":
            said = say(_MISSING, key=key)
        case "extra_forbidden":
            said = _unknown_key(key, models)
        case "literal_error" | "union_tag_invalid":
            said = _not_possible(error)
        case "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            said = say(N_("the key “{key}” is missing, which says what this is"), key=tag)
        case "value_error":
            said = say(N_("{what}"), what=str(context["error"]))
        case "string_pattern_mismatch":
            pattern = str(context["pattern"])
            other = N_("“{got}” is not of the form {pattern}")
            said = say(_PATTERNS.get(pattern, other), got=_plain(error), pattern=pattern)
        case "model_type":
            said = say(_MODELS.get(context["class_name"], _KINDS["model"]), got=shown(error["input"]))
        case kind:
            said = _of_kind(kind, error, context)
    return said


def _of_kind(kind: str, error: ErrorDetails, context: Mapping[str, Any]) -> Sentence:
    """Say what is wrong with a plain value: beyond a limit, or of another type."""
    got = shown(error["input"])
    if context.get("min_length") == 1 and kind in _OF_ONE:
        return say(_OF_ONE[kind])
    if msgid := _limit(kind):
        return say(msgid, got=got, **{name: value for name, value in context.items() if name != "field_type"})
    return say(_KINDS.get(kind.partition("_")[0], N_("{what}")), got=got, what=error["msg"])


def _unknown_key(key: str, models: list[type[BaseModel]]) -> Sentence:
    known = sorted({name for model in models for name in model.model_fields})
    if meant := nearest(key, known):
        return say(N_("there is no key “{key}” here; did you mean “{nearest}”?"), key=key, nearest=meant)
    return say(N_("there is no key “{key}” here; there are: {known}"), key=key, known=listed(known, 20))


def _not_possible(error: ErrorDetails) -> Sentence:
    context = error["ctx"]
    got = str(context.get("tag", _plain(error)))
    possible = str(context.get("expected", context.get("expected_tags"))).replace(" or ", ", ").split(", ")
    known = [word.strip("'") for word in possible]
    if meant := nearest(got, known):
        msgid = N_("“{got}” is not possible here; did you mean “{nearest}”?")
        return say(msgid, got=got, nearest=meant)
    return say(N_("“{got}” is not possible here; possible are: {known}"), got=got, known=listed(known))


def _limit(kind: str) -> str | None:
    return {
        "greater_than_equal": N_("must be at least {ge}, not {got}"),
        "less_than_equal": N_("must be at most {le}, not {got}"),
        "too_short": N_("needs at least {min_length} entries; there are {actual_length}"),
        "too_long": N_("may have at most {max_length} entries; there are {actual_length}"),
        "string_too_short": N_("needs at least {min_length} characters"),
        "string_too_long": N_("may have at most {max_length} characters"),
    }.get(kind)


def _plain(error: ErrorDetails) -> str:
    value = error["input"]
    return _cut(value) if isinstance(value, str) else shown(value)


def shown(value: Any) -> str:
    """Write a wrong value as a person would recognise it, shortened."""
    if value is None:
        return "null"
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
