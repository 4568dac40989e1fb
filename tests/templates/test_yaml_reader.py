"""Reading YAML that strangers wrote: limits, positions, and nothing but plain values."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golive.problems import InvalidSource
from golive.yaml_reader import MAX_BYTES, MAX_DEPTH, MAX_NODES, read_yaml


def refusal(text: str) -> str:
    with pytest.raises(InvalidSource) as refused:
        read_yaml("t.yaml", text)
    return str(refused.value)


def test_every_value_has_its_line() -> None:
    document = read_yaml("t.yaml", "a: 1\nb:\n  - x\n  - c: y\n\n    d: z\n")

    assert document.content == {"a": 1, "b": ["x", {"c": "y", "d": "z"}]}
    assert document.lines["a",] == 1
    assert document.lines["b", 0] == 3
    assert document.lines["b", 1, "d"] == 6


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("010", 10),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ('"1"', "1"),
        ("'true'", "true"),
        ("!", ""),
    ],
)
def test_scalars_follow_the_core_schema(written: str, value: object) -> None:
    if written == "!":
        assert "tags" in refusal(f"a: {written}\n")
        return
    content = read_yaml("t.yaml", f"a: {written}\n").content
    assert content == {"a": value}
    assert type(content["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &x 1\n", "t.yaml:1: a: anchors (&x) are not read"),
        ("&x a: 1\n", "anchors (&x) are not read"),
        ("a: 1\nb: *x\n", "t.yaml:2: b: aliases (*x) are not read"),
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3: a: the key “a” stands here twice"),
        ("a:\n  b: 1\n  b: 2\n", "t.yaml:3: a.b: the key “b” stands here twice"),
        ("a: !!python/object/apply:os.system [ls]\n", "t.yaml:1: a: tags"),
        ("a: !!binary aGk=\n", "t.yaml:1: a: tags"),
        ("%YAML 1.1\n---\na: 1\n", "directives"),
        ("a: 1\n---\nb: 2\n", "t.yaml:2: a second document starts here"),
        ("? [a, b]\n: 1\n", "t.yaml:1: a key must be a word"),
        ("a: .nan\n", "t.yaml:1: a: “.nan” is not a number"),
        ("a: -.inf\n", "“-.inf” is not a number"),
        ("a: 1e999\n", "“1e999” is not a number"),
        ("a: " + "9" * 5000, "is not a number"),
        ('a: "\\ud800"\n', "half a character"),
        ("a: '\ud800'\n", "half a character"),
        ('a: "\\UFFFFFFFF"\n', "this is not YAML"),
        ("a: b: c\n", "t.yaml:1: this is not YAML"),
        ("a: 1\n\tb: 2\n", "t.yaml:2: this is not YAML"),
        ("a: [1\n", "this is not YAML"),
        ("\x00", "this is not YAML"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, told: str) -> None:
    assert told in refusal(text)


def test_all_problems_are_told_together() -> None:
    with pytest.raises(InvalidSource) as refused:
        read_yaml("t.yaml", "a: 1\na: 2\nb: &x 3\nc: *x\n")

    assert [(p.line, p.path) for p in refused.value.problems] == [(2, "a"), (3, "b"), (4, "c")]
    assert str(refused.value).endswith("(and 2 more)")
    assert refused.value.facts["errors"][2] == {
        "code": "template_invalid",
        "file": "t.yaml",
        "line": 4,
        "path": "c",
        "message": "aliases (*x) are not read; write the value out",
    }


def test_limits_of_size_depth_and_count() -> None:
    fits = "#" * (MAX_BYTES - 6) + "\na: 1\n"
    assert read_yaml("t.yaml", fits).content == {"a": 1}
    assert f"at most {MAX_BYTES}" in refusal("#" + fits)
    assert f"at most {MAX_BYTES}" in refusal("字" * 100_000)

    assert read_yaml("t.yaml", "[" * MAX_DEPTH + "]" * MAX_DEPTH).content is not None
    assert "deeper than 20" in refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert "deeper than 20" in refusal("[" * 100_000)

    assert len(read_yaml("t.yaml", "- a\n" * (MAX_NODES - 1)).content) == MAX_NODES - 1
    assert "more than 10000 values" in refusal("- a\n" * MAX_NODES)


def test_a_bomb_of_aliases_stays_small() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(n + 1)}: &{chr(n + 1)} [{', '.join([f'*{chr(n)}'] * 9)}]\n" for n in range(ord("a"), ord("i"))
    )
    assert "anchors (&a) are not read" in refusal(bomb)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20),
    lambda below: (
        st.lists(below, max_size=4) | st.dictionaries(st.text("abcdefgh-_", min_size=1), below, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_json_reads_as_it_was_written(content: object) -> None:
    assert read_yaml("t.yaml", json.dumps(content)).content == content


@given(st.text(max_size=80) | st.text("[]{}:,-?&*!|>%@`'\"# \n\t\\abx019.~", max_size=60))
@example("a: >\n")
@example("--- |\n%")
def test_no_text_brings_anything_but_values_or_a_refusal(text: str) -> None:
    with contextlib.suppress(InvalidSource):
        content = read_yaml("t.yaml", text).content
        assert json.loads(json.dumps(content, allow_nan=False).encode()) == content
