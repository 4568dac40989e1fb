"""Parameters: exact types, clear refusals, and values that stay values."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.errors import Invalid
from golive.parameters import LONGEST, Value, declared, filled, read_filled, sample
from golive.problems import InvalidSource
from golive.span import Span
from golive.template import Parameter, Stage
from golive.template_source import Source, read_template
from tests.templates.library import HEAD

TYPES = "string", "integer", "number", "boolean", "choice", "duration"


def parameter(kind: str, **more: Any) -> Parameter:
    more |= {"choices": ("real", "demo")} if kind == "choice" else {}
    return Parameter.model_validate({"key": "p", "title": "P", "type": kind, **more})


def refused(kind: str, value: Any, **more: Any) -> Invalid:
    with pytest.raises(Invalid) as refusal:
        filled([parameter(kind, **more)], {"p": value})
    assert refusal.value.facts == {"parameter": "p", "parameters": ["p"]}
    return refusal.value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", "1"),
        ("string", ""),
        ("integer", 3),
        ("integer", -3),
        ("number", 3),
        ("number", 0.5),
        ("boolean", False),
        ("choice", "demo"),
        ("duration", "1d 4h"),
    ],
)
def test_a_value_of_the_type_is_taken_as_it_is(kind: str, value: Value) -> None:
    taken = filled([parameter(kind)], {"p": value})["p"]
    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("string", 1, "must be text, not 1"),
        ("string", "x" * (LONGEST + 1), "must be text of at most 200 characters"),
        ("string", "\ud800", "must be text"),
        ("integer", "3", 'must be a whole number, not "3"'),
        ("integer", 3.0, "must be a whole number, not 3.0"),
        ("integer", True, "must be a whole number, not true"),
        ("integer", 2**60, "that JSON can say exactly"),
        ("number", "0.5", 'must be a number, not "0.5"'),
        ("number", math.nan, "that JSON can say exactly"),
        ("number", math.inf, "that JSON can say exactly"),
        ("number", True, "must be a number, not true"),
        ("boolean", 1, "must be true or false, not 1"),
        ("boolean", "true", "must be true or false"),
        ("choice", "fast", 'must be one of real, demo, not "fast"'),
        ("choice", 1, "must be one of real, demo, not 1"),
        ("duration", "soon", "must be a length of time such as 30s, 15m, 4h or 2d"),
        ("duration", 30, "must be a length of time"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any, told: str) -> None:
    refusal = refused(kind, value)
    assert refusal.code == "parameter_invalid"
    assert str(refusal).startswith("the parameter “p” must be")
    assert told in str(refusal)


def test_limits_are_inclusive() -> None:
    limits = {"min": 0.5, "max": 1}
    assert [filled([parameter("number", **limits)], {"p": value})["p"] for value in (0.5, 1)] == [0.5, 1]
    assert "at least 0.5, not 0.4" in str(refused("number", 0.4, **limits))
    assert "at most 1, not 1.1" in str(refused("number", 1.1, **limits))


def test_defaults_fill_what_is_not_given() -> None:
    assert filled([parameter("integer", default=7)], {}) == {"p": 7}
    with pytest.raises(Invalid, match="has no default; give it a value") as refusal:
        filled([parameter("integer")], {})
    assert refusal.value.code == "parameter_missing"


def test_an_unknown_parameter_is_told_with_the_nearest() -> None:
    with pytest.raises(Invalid, match="there is no parameter “paec”; did you mean “pace”") as refusal:
        filled([parameter("choice").model_copy(update={"key": "pace"})], {"paec": "demo"})
    assert refusal.value.code == "unknown_parameter"
    assert refusal.value.facts == {"parameter": "paec", "parameters": ["paec", "pace"]}


def source(body: str) -> Source:
    stage = "stages:\n- id: s\n  process: uat\n  title: S\n"
    return read_template("t.yaml", f"name: t\n{HEAD}{stage}{body}")


def stage_of(body: str, **values: Value) -> Stage:
    stage = read_filled(source(body), values).stages[0]
    assert isinstance(stage, Stage)
    return stage


def test_a_whole_string_becomes_the_typed_value() -> None:
    body = (
        "  observe: ${wait}\n  gates:\n  - key: g\n    title: at least ${least}\n    checks:\n    - key: c\n"
        "      title: C\n      source: {task: a, fact: f}\n      compare: '>='\n      threshold: ${least}\n"
        "  tasks:\n  - {key: a, title: A, function: qa, verify: '${both}'}\n"
    )
    stage = stage_of(body, wait="2h", least=0.75, both=True)
    assert stage.observe == Span(seconds=7200)
    assert stage.observe.on_the_clock == timedelta(hours=2)
    assert stage.gates[0].checks[0].threshold == 0.75
    assert stage.gates[0].title.en == "at least 0.75"
    assert stage.tasks[0].verify is True


def test_within_text_values_are_written_out_and_doubled_dollars_escape() -> None:
    stage = stage_of("  description: ${a} of ${b}, $${a}, $5, ${a}", a=True, b="x")
    assert stage.description is not None
    assert stage.description.en == "true of x, ${a}, $5, true"


def test_a_typed_value_in_the_wrong_place_is_told_where_it_is_used() -> None:
    with pytest.raises(
        InvalidSource, match=r"t\.yaml:8: stages\[0\]\.observe: “later” is not a length of time"
    ):
        stage_of("  observe: ${wait}\n", wait="later")


def test_expansion_is_bounded() -> None:
    body = "  description: " + "${a}" * 5_000 + "\n"
    with pytest.raises(InvalidSource, match="add up to more than"):
        stage_of(body, a="x" * LONGEST)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST))
def test_text_never_becomes_structure(text: str) -> None:
    """Whatever a parameter holds, it is that text and nothing else: no key, no list, no other parameter."""
    read = source("  description: 'for ${who}'\n  tasks:\n  - {key: a, title: '${who}', function: qa}\n")
    stage = read_filled(read, {"who": text, "other": "secret"}).stages[0]
    assert isinstance(stage, Stage)
    assert stage.description is not None
    assert stage.description.en == f"for {text}"
    assert stage.tasks[0].title.en == text
    assert len(stage.tasks) == 1


limits = st.none() | st.integers(-1000, 1000)


@given(st.sampled_from(TYPES), limits, limits)
def test_a_sample_is_always_a_value_of_its_parameter(kind: str, low: int | None, high: int | None) -> None:
    numeric = kind in {"integer", "number"}
    if numeric and low is not None and high is not None and low > high:
        low, high = high, low
    made = parameter(kind, **({"min": low, "max": high} if numeric else {}))
    assert filled([made], {"p": sample(made)}) == {"p": sample(made)}


@given(st.sampled_from(TYPES), st.text(max_size=30) | st.integers() | st.floats() | st.booleans())
def test_any_value_is_taken_unchanged_or_refused(kind: str, value: Value) -> None:
    try:
        found: Value = filled([parameter(kind)], {"p": value})["p"]
    except Invalid as refusal:
        found = refusal.code
    assert found is value or found == "parameter_invalid"


def test_the_declarations_are_read_without_their_values() -> None:
    text = (
        f"name: t\n{HEAD}parameters:\n- {{key: a, title: 'write $${{a}}', default: '${{b}}'}}\nstages: []\n"
    )
    assert declared(read_template("t.yaml", text))[0].default == "${b}"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused_:
        filled(
            [parameter("integer"), parameter("string").model_copy(update={"key": "q"})],
            {"p": "x", "q": 3, "r": 1},
        )
    assert refused_.value.code == "unknown_parameter"
    assert [str(said) for said in refused_.value.also] == [
        'the parameter “p” must be a whole number, not "x"',
        "the parameter “q” must be text, not 3",
    ]
