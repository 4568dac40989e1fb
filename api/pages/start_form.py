"""The form that starts a run: what was typed, the body that it gives, and where a refusal belongs in it.

Its fields bear the names of the API's, such as `release.artifacts[0].digest`. The body follows from the form alone,
so the same form sent twice is the same attempt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from starlette.datastructures import FormData

from api.pages.wall_clock import instant
from golive.parameters import Value
from golive.template import Parameter

ARTIFACTS, REFERENCES, AUTHORS = "release.artifacts", "release.external_refs", "release.authors"
COLUMNS: Mapping[str, tuple[str, ...]] = {ARTIFACTS: ("name", "digest"), REFERENCES: ("system", "id", "url")}
"""What is typed in rows, each with its columns."""
EMPTYROWS: Mapping[str, int] = {ARTIFACTS: 3, REFERENCES: 1}
MORE = 3
"""How many rows “more” adds."""
TIMES = ("start_at", "go_live_at")
_LINES = ("service", "version", "environment", "scope")
_ZONES = frozenset(available_timezones())
ROW = re.compile(r"^(release\.\w+)\[(\d{1,4})\]\.(\w+)$")
_BETWEEN = re.compile(r"[^\s,;，；、]+")
"""Names, whatever stands between them."""
_ANY = {
    "release.service": "–",
    "release.version": "–",
    f"{ARTIFACTS}[0].name": "–",
    f"{ARTIFACTS}[0].digest": f"sha256:{'0' * 64}",
}
"""What stands for a part of a release that is missing or wrong, while the rest is looked at."""
_MANY = 110
"""Rows that are read; the API says how many it takes."""


@dataclass(frozen=True)
class StartForm:
    """What stands in the form. `chosen` are the people of each function that was asked for; None before any was."""

    values: Mapping[str, str]
    zone: ZoneInfo
    rows: Mapping[str, int] = field(default_factory=lambda: dict(EMPTYROWS))
    chosen: Mapping[str, tuple[str, ...]] | None = None

    def switched(self, parameter: Parameter) -> bool:
        """Tell whether a parameter that is true or false is true."""
        if self.chosen is None:
            return parameter.default is True
        return self.values.get(f"parameters.{parameter.key}") == "true"

    def named(self, function: str, person: str) -> bool:
        """Tell whether a person is chosen for a function; everybody is, before anybody has chosen."""
        return self.chosen is None or person in self.chosen.get(function, ())

    def with_more(self, group: str) -> StartForm:
        """Return the form with more empty rows in one group."""
        return replace(self, rows={**self.rows, group: self.rows[group] + MORE})

    def without(self, paths: Iterable[str]) -> StartForm:
        """Return the form without what stands wrongly at `paths` of the body; what must be there is of any release."""
        wrong = {path.partition("[")[0] for path in paths}
        values = {name: text for name, text in self.values.items() if name.partition("[")[0] not in wrong}
        values |= {name: text for name, text in _ANY.items() if name.partition("[")[0] in wrong}
        chosen = {name: who for name, who in (self.chosen or {}).items() if f"people.{name}" not in wrong}
        return replace(self, values=values, chosen=chosen)

    def body(self, template: str, parameters: Sequence[Parameter]) -> dict[str, Any]:
        """Return what the form gives to the API. Raises Invalid for a time that the reader's clock leaves out."""
        given: dict[str, Any] = {
            "template": template,
            "title": self.values.get("title"),
            "parameters": self._parameters(parameters),
            "release": self._release(),
            "people": {function: list(names) for function, names in (self.chosen or {}).items()},
        }
        given |= {
            name: instant(self.values[name], self.zone, name) for name in TIMES if self.values.get(name)
        }
        return {name: value for name, value in given.items() if value is not None and value != ""}

    def _release(self) -> dict[str, Any]:
        lines = {name: self.values.get(f"release.{name}") for name in _LINES}
        release: dict[str, Any] = {name: text for name, text in lines.items() if text}
        release["authors"] = _BETWEEN.findall(self.values.get(AUTHORS, ""))
        for group in (ARTIFACTS, REFERENCES):
            release[group.partition(".")[2]] = list(self._rows(group))
        return release

    def _rows(self, group: str) -> Iterator[dict[str, str]]:
        for n in range(self.rows[group]):
            typed = {column: self.values.get(f"{group}[{n}].{column}") for column in COLUMNS[group]}
            if row := {column: text for column, text in typed.items() if text}:
                yield row

    def _parameters(self, parameters: Sequence[Parameter]) -> dict[str, Value]:
        typed = {each.key: self.values.get(f"parameters.{each.key}", "") for each in parameters}
        switches = {each.key for each in parameters if each.type == "boolean"}
        return {
            each.key: _as_typed(each, typed[each.key])
            for each in parameters
            if typed[each.key] or each.key in switches
        }


def read(form: FormData, zone: ZoneInfo) -> StartForm:
    """Return what a form brought; empty rows are left out, so that a row's number is that of the body's entry."""
    lines = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    values = {name: value for name, value in lines.items() if value and not ROW.match(name)}
    rows = dict(EMPTYROWS)
    for group in COLUMNS:
        typed = _typed_rows(lines, group)
        rows[group] = max(EMPTYROWS[group], len(typed))
        values |= {
            f"{group}[{n}].{column}": text for n, row in enumerate(typed) for column, text in row.items()
        }
    chosen = {name: _texts(form, f"people.{name}") for name in _texts(form, "functions")}
    told = lines.get("zone", "")
    return StartForm(values, ZoneInfo(told) if told in _ZONES else zone, rows, chosen)


def _typed_rows(lines: Mapping[str, str], group: str) -> list[dict[str, str]]:
    rows: dict[int, dict[str, str]] = {}
    for name, text in lines.items():
        found = ROW.match(name)
        if found and found[1] == group and found[3] in COLUMNS[group] and text:
            rows.setdefault(int(found[2]), {})[found[3]] = text
    return [rows[n] for n in sorted(rows)][:_MANY]


def _texts(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(value for value in form.getlist(name) if isinstance(value, str))


def _as_typed(parameter: Parameter, text: str) -> Value:
    """Return a value with its type; what cannot be read stays text, and the rules say what is wrong with it."""
    with suppress(ValueError):
        match parameter.type:
            case "boolean":
                return text == "true"
            case "integer":
                return int(text)
            case "number":
                return int(text) if text.isdecimal() else float(text)
    return text


def id_of(name: str) -> str:
    """Return the id of the element of a field."""
    return re.sub(r"\W+", "-", name).strip("-")


def pointed(problem: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a problem with where in the form each of its sentences belongs, and fields called as they are there."""
    said = [str(each["message"]) for each in problem.get("errors", [])] or [str(problem["detail"])]
    errors = []
    for message, path in zip_longest(said, _about(problem)[: len(said)], fillvalue=""):
        name = _field(path, labels)
        errors.append({"names": [name], "id": id_of(name), "message": _called(message, path, labels)})
    return {**problem, "errors": errors}


def _about(problem: Mapping[str, Any]) -> list[str]:
    """Return the fields that a problem is about, as the API names them, in the order of its sentences."""
    if fields := problem.get("fields") or ([problem["field"]] if problem.get("field") else []):
        return list(fields)
    if keys := problem.get("parameters") or ([problem["parameter"]] if problem.get("parameter") else []):
        return [f"parameters.{key}" for key in keys]
    functions = [rule["function"] for rule in problem.get("rules", [])] or [problem.get("function")]
    return [f"people.{functions[0]}"] if functions[0] else []


def _field(path: str, labels: Mapping[str, str]) -> str:
    """Return the name of the form's field that holds `path`: itself, or the nearest around it; empty for none."""
    while path and path not in labels:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return path


def _called(message: str, path: str, labels: Mapping[str, str]) -> str:
    """Return a sentence that calls the field as the form does."""
    for name in (path, path.removeprefix("parameters.")):
        if path in labels and f"“{name}”" in message:
            return message.replace(f"“{name}”", f"“{labels[path]}”", 1)
    return message
