"""The JSON Schema of templates and checklists is true: what the reader takes it takes, what is wrong it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from golive import calendar, span, template, template_approvals, template_rollouts, words
from golive.planning import check_template
from golive.problems import InvalidSource
from golive.template_schema import schema_of
from golive.template_source import Library, Source, read_checklist, read_template
from golive.template_words import MEANINGS
from golive.yaml_reader import read_yaml
from tests.api.test_bundles import OUTER
from tests.api.test_templates import LIST, SMALL
from tests.templates.library import ROOT, bundled

TEMPLATE, CHECKLIST = schema_of("template"), schema_of("checklist")
LIBRARY = bundled()
README = re.search(r"<<'END'\n(.*?)^END$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
FORMS = """
name: forms
title: One text
description: {en: d, zh: 说明}
parameters:
  - {key: n, title: N, type: integer, default: 3}
  - {key: who, title: Who, default: qa}
  - {key: yes_no, title: B, type: boolean, default: true}
  - {key: mode, title: M, type: choice, choices: [hold, rollback], default: hold}
  - {key: long, title: L, type: duration, default: 1d 4h}
calendar:
  {hours: [{start: "09:00", end: "23:59:59"}], weekdays: [0, "${n}"], holidays: [2026-10-01], always: "${yes_no}"}
ladder: {rungs: [{percent: "${n}", to: [assignee]}], overdue_every: {days: 1}}
stages:
  - id: uat
    process: uat
    title: "${who} tests"
    tasks:
      - {key: a, title: A, function: "${who}", due: 2d, verify: "${yes_no}"}
      - {key: b, title: B, function: qa, due: {within: {days: 1, seconds: 3}, after: a}}
      - {key: c, title: C, function: qa, due: "${long}", requires: [{type: metric, name: m, min: "${n}"}]}
    gates:
      - key: g
        title: G
        checks:
          - {key: m, title: M, source: {metric: m}, compare: ">=", threshold: "${n}", max_age: "${long}"}
          - {key: f, title: F, source: {task: c, fact: m}, compare: "<", threshold: 1e2}
  - id: grey
    process: grey_release
    title: Grey
    needs: [uat]
    rollout:
      on_unhealthy: ${mode}
      analyses: [{metric: m, success: ">= ${n}", failure: {compare: "<", threshold: 1}, interval: 1m, count: null}]
      steps: [{do: set_weight, weight: "${n}"}, {do: pause}, {do: bake, duration: 4h}, {do: check}]
  - {id: inner, use: forms-inner, needs: [grey], parameters: {x: "${n}"}}
"""
INNER = """
{name: forms-inner, title: I, description: d, parameters: [{key: x, title: X, type: integer, default: 1}],
 stages: [{id: a, process: preparation, title: A}]}
"""


def mistakes(schema: dict[str, Any], source: Source) -> list[str]:
    return [
        error.message
        for error in Draft202012Validator(schema).iter_errors(json.loads(json.dumps(source.content)))
    ]


def test_the_schemas_are_schemas() -> None:
    for schema in (TEMPLATE, CHECKLIST):
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", sorted(LIBRARY.templates))
def test_every_bundled_template_is_accepted(name: str) -> None:
    assert mistakes(TEMPLATE, LIBRARY.templates[name]) == []


@pytest.mark.parametrize("name", sorted(LIBRARY.checklists))
def test_every_bundled_checklist_is_accepted(name: str) -> None:
    assert mistakes(CHECKLIST, LIBRARY.checklists[name]) == []


def test_every_short_form_and_every_place_of_a_parameter_is_accepted_as_the_reader_does() -> None:
    assert README is not None
    texts = [SMALL, OUTER, FORMS, INNER, README[1]]
    sources = [read_template("t.yaml", text) for text in texts]
    library = Library.of(sources, [read_checklist("c.yaml", LIST)])
    for source in sources:
        check_template(library, source.name)
        assert mistakes(TEMPLATE, source) == [], source.name
    assert mistakes(CHECKLIST, library.checklists["small-list"]) == []


WRONG: list[tuple[str, str]] = [
    ("title: One text", "titel: One text"),
    ("name: forms\n", ""),
    ("title: One text\n", ""),
    ("name: forms", "name: ${who}"),
    ("name: forms", "name: Forms"),
    ("description: {en: d, zh: 说明}", "description: {en: d}"),
    ("description: {en: d, zh: 说明}", "description: 7"),
    ("type: integer", "type: int"),
    ("default: 3}", "default: [3]}"),
    ("{key: n, title: N", "{key: N-1, title: N"),
    ("process: uat", "process: uta"),
    ("id: uat", "id: U.at"),
    ("needs: [uat]", "needs: uat"),
    ("due: 2d", "due: 2 weeks"),
    ("due: 2d", "due: 2"),
    ("verify:", "verfy:"),
    ("type: metric", "type: metrics"),
    ('min: "${n}"', "min: 51"),
    ('min: "${n}"', "min: few"),
    ("source: {metric: m}", "source: {task: c}"),
    ("source: {metric: m}", "source: {metric: m, fact: x}"),
    ('compare: ">="', 'compare: "=>"'),
    ("threshold: 1e2", "threshold: much"),
    ("on_unhealthy: ${mode}", "on_unhealthy: stop"),
    ('success: ">= ${n}"', 'success: "about 3"'),
    ("interval: 1m", "interval: 1 m x"),
    ("count: null", "count: 0"),
    ('weight: "${n}"', "weight: 101"),
    ("{do: pause}", "{do: wait}"),
    ("{do: pause}", "{pause: true}"),
    ("{do: bake, duration: 4h}", "{do: bake}"),
    ("{do: check}", "{do: check, duration: 4h}"),
    ("use: forms-inner", "use: [forms-inner]"),
    ('parameters: {x: "${n}"}', "parameters: {x: [1]}"),
    ('start: "09:00"', 'start: "9 am"'),
    ("always:", "allways:"),
    ("percent:", "per_cent:"),
    ("to: [assignee]", "to: [boss]"),
]


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_what_is_wrong_is_refused_by_the_schema_and_by_the_reader(right: str, wrong: str) -> None:
    assert right in FORMS
    text = FORMS.replace(right, wrong, 1)
    with pytest.raises(InvalidSource):
        check_template(Library.of([read_template("t.yaml", text), read_template("i.yaml", INNER)]), "forms")
    assert list(Draft202012Validator(TEMPLATE).iter_errors(read_yaml("t.yaml", text).content))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("items", "itms"),
        ("id: pays", "id: Pays"),
        ("text: Pays by card", "txt: x"),
        ("title: Small list, ", ""),
    ],
)
def test_a_wrong_checklist_is_refused(right: str, wrong: str) -> None:
    assert right in LIST
    assert mistakes(CHECKLIST, read_checklist("c.yaml", LIST.replace(right, wrong, 1)))


def models() -> Iterator[type[BaseModel]]:
    for module in (template, template_approvals, template_rollouts, calendar, span, words):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, BaseModel) and each.__module__ == module.__name__:
                yield each


def test_every_key_says_what_it_means_and_nothing_is_said_of_others() -> None:
    for schema in (TEMPLATE, CHECKLIST):
        for name, part in [("root", schema), *schema["$defs"].items()]:
            for form in part.get("anyOf", [part]):
                for key, value in form.get("properties", {}).items():
                    assert len(value["description"]) > 10, (name, key)
    known = {f"{model.__name__}.{key}" for model in models() for key in model.model_fields}
    plain = {key.partition(".")[2] for key in known}
    assert {meaning for meaning in MEANINGS if meaning not in known and meaning not in plain} == set()


def test_it_is_told_in_the_readers_language() -> None:
    told = schema_of("template", lambda sentence: f"«{sentence}»")
    assert told["$defs"]["Task"]["properties"]["verify"]["description"].startswith("«")
