"""Parameters of a template: their types, the values that a start gives, and `${name}` in its texts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from golive.problems import InvalidSource, Place, Problem, invalid, listed, unknown
from golive.schema_problems import shown
from golive.span import Span
from golive.template import Parameter, Template
from golive.template_source import Source
from golive.words import N_, Sentence, say

Value = str | int | float | bool

LONGEST = 200
"""Characters of a value; longer text belongs into the release's scope or the template itself."""
MOST_EXPANDED = 256 * 1024
"""Characters that all replaced `${…}` of one template may add up to."""
_EXACT = 2**53
"""Larger whole numbers are not exact in JSON, so nobody could sign them."""
_WANTED = {
    "string": N_("the parameter “{key}” must be text, not {got}"),
    "choice": N_("the parameter “{key}” must be one of {choices}, not {got}"),
    "duration": N_("the parameter “{key}” must be a length of time such as 30s, 15m, 4h or 2d, not {got}"),
    "boolean": N_("the parameter “{key}” must be true or false, not {got}"),
    "integer": N_("the parameter “{key}” must be a whole number, not {got}"),
    "number": N_("the parameter “{key}” must be a number, not {got}"),
}
_PLACE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")


def declared(source: Source) -> tuple[Parameter, ...]:
    """Return the parameters of a template. Raises InvalidSource when they contradict themselves."""
    entries = source.content.get("parameters", [])
    if not isinstance(entries, list):
        return ()  # the schema says what is wrong with it
    parameters = tuple(
        source.validated(Parameter, entry, ("parameters", n)) for n, entry in enumerate(entries)
    )
    if problems := list(_contradictions(source, parameters)):
        raise InvalidSource(problems)
    return parameters


def _contradictions(source: Source, parameters: Sequence[Parameter]) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, parameter in enumerate(parameters):
        place: Place = ("parameters", n)
        if parameter.key in seen:
            yield source.problem((*place, "key"), say(N_("the key “{key}” is used twice"), key=parameter.key))
        seen.add(parameter.key)
        if (parameter.type == "choice") != bool(parameter.choices):
            msgid = N_("“choices” belong to a parameter of the type choice, and only to it")
            yield source.problem((*place, "choices"), say(msgid))
        elif parameter.min is not None and parameter.max is not None and parameter.min > parameter.max:
            problem = say(N_("“min” is above “max”, so no value fits"))
            yield source.problem((*place, "min"), problem)
        elif parameter.default is not None and (wrong := fault(parameter, parameter.default)):
            yield source.problem((*place, "default"), wrong)


def filled(parameters: Sequence[Parameter], given: Mapping[str, Value]) -> dict[str, Value]:
    """Return the value of every parameter: the given one, else its default.

    Raises Invalid for everything that is wrong; its code is `unknown_parameter`, `parameter_missing` or
    `parameter_invalid`, its fact `parameter` the key of the first, and `parameters` those of all, sentence by sentence.
    """
    known = {parameter.key: parameter for parameter in parameters}
    found = list(_wrong(known, given))
    if found:
        code, key, sentence = found[0]
        also, keys = [said for _, _, said in found[1:]], [key for _, key, _ in found]
        raise invalid(code, sentence, also, parameter=key, parameters=keys)
    return {
        key: value
        for key, parameter in known.items()
        if (value := given.get(key, parameter.default)) is not None
    }


def _wrong(known: Mapping[str, Parameter], given: Mapping[str, Value]) -> Iterator[tuple[str, str, Sentence]]:
    """Yield code, key and sentence of each thing that is wrong with the values given."""
    for key in given:
        if key not in known:
            yield "unknown_parameter", key, unknown("parameter", key, known)
    for key, parameter in known.items():
        value = given.get(key, parameter.default)
        if value is None:
            msgid = N_("the parameter “{key}” ({title}) has no default; give it a value")
            yield "parameter_missing", key, say(msgid, key=key, title=parameter.title)
        elif wrong := fault(parameter, value):
            yield "parameter_invalid", key, wrong


def fault(parameter: Parameter, value: Value) -> Sentence | None:
    """Return what is wrong with `value`, or None. Types are exact: true is no number, "3" is text."""
    wanted = _WANTED[parameter.type]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        "boolean": isinstance(value, bool),
        "integer": number and isinstance(value, int),
        "number": number,
    }.get(parameter.type, isinstance(value, str))
    if not fits:
        return say(wanted, key=parameter.key, got=shown(value), choices=listed(parameter.choices))
    if isinstance(value, str):
        return _text_fault(parameter, value)
    return _range_fault(parameter, value) if number else None


def _text_fault(parameter: Parameter, value: str) -> Sentence | None:
    wanted, key, got = _WANTED[parameter.type], parameter.key, shown(value)
    if len(value) > LONGEST or re.search("[\ud800-\udfff]", value):
        return say(
            N_("the parameter “{key}” must be text of at most {limit} characters"), key=key, limit=LONGEST
        )
    if parameter.type == "choice" and value not in parameter.choices:
        return say(wanted, key=key, choices=listed(parameter.choices), got=got)
    if parameter.type == "duration" and not _is_span(value):
        return say(wanted, key=key, got=got)
    return None


def _is_span(value: str) -> bool:
    try:
        Span.model_validate(value)
    except ValidationError:
        return False
    return True


def _range_fault(parameter: Parameter, value: float) -> Sentence | None:
    key, got = parameter.key, shown(value)
    if not math.isfinite(value) or abs(value) > _EXACT:
        return say(
            N_("the parameter “{key}” must be a number that JSON can say exactly, not {got}"),
            key=key,
            got=got,
        )
    if parameter.min is not None and value < parameter.min:
        msgid = N_("the parameter “{key}” must be at least {limit}, not {got}")
        return say(msgid, key=key, limit=parameter.min, got=got)
    if parameter.max is not None and value > parameter.max:
        msgid = N_("the parameter “{key}” must be at most {limit}, not {got}")
        return say(msgid, key=key, limit=parameter.max, got=got)
    return None


def sample(parameter: Parameter) -> Value:
    """Return a value that the parameter takes, to judge a template before anybody starts it."""
    if parameter.default is not None:
        return parameter.default
    match parameter.type:
        case "string":
            return parameter.key
        case "boolean":
            return False
        case "duration":
            return "1h"
        case "choice":
            return parameter.choices[0]
        case _:
            low = parameter.min if parameter.min is not None else min(0.0, parameter.max or 0.0)
            return math.ceil(low) if parameter.type == "integer" else low


def read_filled(source: Source, values: Mapping[str, Value]) -> Template:
    """Return the template with each `${name}` replaced by its value. Raises InvalidSource.

    A string that is nothing but `${name}` becomes the value with its type; within a longer string it is
    written out. Values are only values: whatever they hold, it never becomes YAML. `$${` stands for `${`.
    """
    content = _Filler(source, values).template()
    return source.validated(Template, content)


class _Filler:
    """Walks a template once, replacing places and noting names that nobody declared."""

    def __init__(self, source: Source, values: Mapping[str, Value]) -> None:
        self.source = source
        self.values = values
        self.expanded = 0
        self.problems: list[Problem] = []

    def template(self) -> dict[str, Any]:
        content = {
            key: value if key == "parameters" else self._fill(value, (key,))
            for key, value in self.source.content.items()
        }
        if self.problems:
            raise InvalidSource(self.problems)
        return content

    def _fill(self, value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            return {key: self._fill(below, (*place, key)) for key, below in value.items()}
        if isinstance(value, list):
            return [self._fill(below, (*place, n)) for n, below in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        whole = _PLACE.fullmatch(value)
        if whole and whole[1] in self.values:
            return self.values[whole[1]]
        return _PLACE.sub(lambda found: self._written(found, place), value)

    def _written(self, found: re.Match[str], place: Place) -> str:
        name = found[1]
        if name is None:
            return "${"
        if name not in self.values:
            self.problems.append(self.source.problem(place, unknown("parameter", name, self.values)))
            return ""
        written = _written_out(self.values[name])
        self.expanded += len(written)
        if self.expanded > MOST_EXPANDED:
            problem = say(
                N_("the replaced parameters add up to more than {limit} characters"), limit=MOST_EXPANDED
            )
            raise InvalidSource([self.source.problem(place, problem)])
        return written


def _written_out(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
