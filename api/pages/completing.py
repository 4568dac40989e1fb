"""The form by which a task is completed, read: from its flat fields to the body that the API takes.

Fields are named by whose evidence they are, `task` or `item.ID`: `item.pays.result`, `item.pays.remark`,
`task.links` (one address on each line), `task.metric.0.value`, `task.signature` (how often), `task.file.ID` (its kind).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.limits import JSON_LIMIT
from api.pages.acting import given
from api.pages.uploading import FILES, KIND, OUT, named
from api.refusals import body_too_large
from api.schemas.tasks import CompleteGiven
from db.views import TaskView
from golive.errors import Invalid
from golive.template import Requirement
from golive.words import N_, Sentence, say

TASK, ITEM = "task", "item."
_OF_ITEM = re.compile(r"item\.(?P<id>[^.]+)\..+")
_OF_METRIC = re.compile(r"(?P<owner>task|item\.[^.]+)\.metric\.(?P<n>\d{1,3})\.(?:name|named|value|unit)")
_MOST_SIGNATURES = 50

Places = dict[str, tuple[str, Sentence]]
"""For each part of the body the form's field that it was typed into, and how people know that field."""


def completion_of(values: Mapping[str, str]) -> CompleteGiven:
    """Return the completion that a form's `values` give. Raises Invalid, and TooLarge for more than a run takes."""
    places: Places = {}
    body: dict[str, Any] = {"remark": values.get("task.remark", "").strip() or None}
    body["evidence"] = _evidence(values, TASK, "", places)
    body["items"] = {item: _item(values, item, places) for item in _items(values)}
    places["remark"] = ("task.remark", say(N_("the remark")))
    try:
        completion = given(CompleteGiven, body)
    except Invalid as wrong:
        raise _as_typed(wrong, places) from wrong
    if len(completion.model_dump_json()) > JSON_LIMIT:
        raise body_too_large(JSON_LIMIT)
    return completion


def _items(values: Mapping[str, str]) -> list[str]:
    """Return the items that something was said of, in the form's order."""
    beforehand = (FILES + KIND, ".named")  # chosen by the page, not by anybody
    said = (name for name, value in values.items() if value.strip() and not name.endswith(beforehand))
    return list(dict.fromkeys(match["id"] for name in said if (match := _OF_ITEM.fullmatch(name))))


def _item(values: Mapping[str, str], item: str, places: Places) -> dict[str, Any]:
    owner, path = f"{ITEM}{item}", f"items.{item}"
    places[f"{path}.result"] = (f"{owner}.result", say(N_("the result of {item}"), item=item))
    places[f"{path}.remark"] = (f"{owner}.remark", say(N_("the remark on {item}"), item=item))
    result = values.get(f"{owner}.result")
    return {
        **({"result": result} if result else {}),
        "remark": values.get(f"{owner}.remark", "").strip() or None,
        "evidence": _evidence(values, owner, f"{path}.", places),
    }


def _evidence(values: Mapping[str, str], owner: str, path: str, places: Places) -> list[dict[str, Any]]:
    pieces = _pieces(values, owner)
    for n, (field, known_as, _) in enumerate(pieces):
        for part in ("", ".url", ".title", ".name", ".value", ".unit", ".meaning", ".attachment_id"):
            of_part = f"{field}{part}" if ".metric." in field else field
            places[f"{path}evidence[{n}]{part}"] = (of_part, known_as)
    return [piece for _, _, piece in pieces]


Piece = tuple[str, Sentence, dict[str, Any]]


def _pieces(values: Mapping[str, str], owner: str) -> list[Piece]:
    return [
        *_links(values, owner),
        *_metrics(values, owner),
        *_signatures(values, owner),
        *_files(values, owner),
    ]


def _links(values: Mapping[str, str], owner: str) -> Iterator[Piece]:
    field = f"{owner}.links"
    for line in values.get(field, "").splitlines():
        url, _, title = line.strip().partition(" ")
        if url:
            link = {"type": "link", "url": url, "title": title.strip() or None}
            yield field, say(N_("the link {url}"), url=url[:80]), link


def _metrics(values: Mapping[str, str], owner: str) -> Iterator[Piece]:
    found = (_OF_METRIC.fullmatch(name) for name in values)
    for n in sorted({int(match["n"]) for match in found if match and match["owner"] == owner}):
        field = f"{owner}.metric.{n}"
        name, value, unit = (values.get(f"{field}.{part}", "").strip() for part in ("name", "value", "unit"))
        if not (name or value):
            continue
        named_so = values.get(f"{field}.named", "") or name
        metric: dict[str, Any] = {"type": "metric", "unit": unit or None}
        metric |= ({"name": named_so} if named_so else {}) | ({"value": _number(value)} if value else {})
        yield field, say(N_("the metric {name}"), name=named_so or value), metric


def _number(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _signatures(values: Mapping[str, str], owner: str) -> Iterator[Piece]:
    field = f"{owner}.signature"
    times = values.get(field, "")
    for _ in range(min(int(times), _MOST_SIGNATURES) if times.isdecimal() else 0):
        yield field, say(N_("the signature")), {"type": "signature"}


def _files(values: Mapping[str, str], owner: str) -> Iterator[Piece]:
    for its_owner, one in named(values):
        field = f"{owner}.file.{one}"
        if its_owner == owner and field + OUT not in values:
            kind = "test_result" if values[field] == "test_result" else "file"
            yield field, say(N_("the file {id}"), id=one), {"type": kind, "attachment_id": one}


_IN_BODY = re.compile(r"(?:items\.(?P<item>[^.]+)\.)?(?P<part>result|remark|evidence)")
_FIELDS = {
    "remark": "remark",
    "link": "links",
    "signature": "signature",
    "file": "files",
    "test_result": "files",
}
"""The field of the form in which evidence of a type is given; metrics have one each."""


def in_form(problem: Mapping[str, Any], task: TaskView, values: Mapping[str, str]) -> dict[str, Any]:
    """Return a refusal of the rules, which names parts of the body, with the form's fields that each stands for."""
    paths = problem.get("fields") or [problem.get("field") or ""]
    return {**problem, "fields": [_fields_of(path, task, values) for path in paths]}


def _fields_of(path: str, task: TaskView, values: Mapping[str, str]) -> list[str]:
    """Return the fields of a part of the body; of evidence those in which some that is asked for is missing."""
    found = _IN_BODY.fullmatch(path)
    if found is None:
        return [path]
    owner = f"{ITEM}{found['item']}" if found["item"] else TASK
    if found["part"] != "evidence":
        return [f"{owner}.{found['part']}"]
    asked = {f"{ITEM}{item.id}": item.requires for item in task.items} | {TASK: task.requires}
    return list(_lacking(values, owner, asked.get(owner, ())))


def _lacking(values: Mapping[str, str], owner: str, requires: Sequence[Requirement]) -> Iterator[str]:
    pieces = [piece["type"] for _, _, piece in _pieces(values, owner)]
    if values.get(f"{owner}.remark", "").strip():
        pieces.append("remark")
    metrics = itertools.count()
    for need in requires:
        if need.type == "metric":
            places = [f"{owner}.metric.{next(metrics)}.value" for _ in range(need.min)]
            yield from (place for place in places if not values.get(place, "").strip())
        elif pieces.count(need.type) < need.min:
            yield f"{owner}.{_FIELDS[need.type]}"


def given_before(task: TaskView) -> dict[str, str]:
    """Return what the form of a task begins with: what was given for it before it came back."""
    values = _given_before(TASK, task.evidence, task.requires)
    for item in task.items:
        owner = f"{ITEM}{item.id}"
        result = {} if item.state == "open" else {f"{owner}.result": item.state}
        remark = {f"{owner}.remark": item.remark} if item.remark else {}
        values |= result | remark | _given_before(owner, item.evidence, item.requires)
    return values


def _given_before(
    owner: str, evidence: Sequence[dict[str, Any]], requires: Sequence[Requirement]
) -> dict[str, str]:
    pieces: dict[str, list[dict[str, Any]]] = {}
    for piece in evidence:
        pieces.setdefault(piece["type"], []).append(piece)
    links = "\n".join(
        " ".join(filter(None, (link["url"], link.get("title")))) for link in pieces.get("link", ())
    )
    remark = next((piece["text"] for piece in pieces.get("remark", ()) if piece["text"]), "")
    values = {f"{owner}.links": links, f"{owner}.remark": remark}
    values[f"{owner}.signature"] = str(len(pieces["signature"])) if "signature" in pieces else ""
    for piece in (*pieces.get("file", ()), *pieces.get("test_result", ())):
        values[f"{owner}.file.{piece['attachment_id']}"] = piece["type"]
    return {
        name: value for name, value in (values | _metrics_before(owner, pieces, requires)).items() if value
    }


def _metrics_before(
    owner: str, pieces: dict[str, list[dict[str, Any]]], requires: Sequence[Requirement]
) -> dict[str, str]:
    """Return metrics in the places that the form has for them: those that are asked for, then one more."""
    given, values = list(pieces.get("metric", ())), dict[str, str]()
    places = [need.name for need in requires if need.type == "metric" for _ in range(need.min)]
    for n, name in enumerate([*places, None]):
        fits = next((metric for metric in given if name in (None, metric["name"])), None)
        if fits is not None:
            given.remove(fits)
            told = {"name": fits["name"], "value": f"{fits['value']:.15g}", "unit": fits.get("unit") or ""}
            values |= {f"{owner}.metric.{n}.{part}": value for part, value in told.items()}
    return values


def _as_typed(wrong: Invalid, places: Places) -> Invalid:
    """Return the refusal with the form's fields, as people know them, in place of the body's."""
    nowhere = {path: (path, say("{path}", path=path)) for path in wrong.facts.get("fields", [])}
    known = nowhere | places
    fields = [known[path][0] for path in wrong.facts.get("fields", [])]

    def told(sentence: Sentence) -> Sentence:
        path = str(sentence.args.get("field", ""))
        renamed = {"field": known[path][1]} if path in known else {}
        return sentence.model_copy(update={"args": {**sentence.args, **renamed}})

    first = told(wrong.sentence)
    facts = {**wrong.facts, "field": fields[0] if fields else None, "fields": fields}
    return Invalid(
        wrong.code, first.msgid, facts=facts, also=[told(other) for other in wrong.also], **first.args
    )
