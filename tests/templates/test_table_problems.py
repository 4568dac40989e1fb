"""A table is judged when it is published: every cell, every row, and whether each value that there is has one."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.decision_table import applying, samples_of, table_problems
from golive.planning import check_template
from golive.problems import InvalidSource
from golive.template import Parameter
from golive.template_approvals import DecisionTable
from tests.templates.library import written
from tests.templates.test_decision_tables import HEAD, PARAMETERS

RULES = "rules: [{function: qa}]"
APPROVAL = "  approvals:\n  - key: go\n    title: Go\n    rules_by:\n      rows:\n"
"""Up to line 18 behind the head; the rows begin on 19."""


def problems(rows: str, more: str = "", head: str = HEAD) -> list[str]:
    """Return what is refused in a table whose rows ask this, split by `|`; those without rules get some."""
    body = "".join(
        f"      - {{{row if 'rules' in row else f'when: {{{row}}}, {RULES}'}}}\n" for row in rows.split(" | ")
    )
    return problems_of(f"{head}{APPROVAL}{body}{f'      {more}' if more else ''}\n")


def problems_of(text: str) -> list[str]:
    """Return what is refused in a template."""
    try:
        check_template(written(t=text), "t")
    except InvalidSource as refused:
        return [str(each) for each in refused.problems]
    return []


REFUSE = "refuse_others: true"
UNIQUE = "hit: unique"
THE_REST = "otherwise: [{function: ops}]"
ROW = "stages[0].approvals[0].rules_by.rows"


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (
            "clas: major",
            f"t.yaml:19: {ROW}[0].when.clas: there is no parameter “clas”; did you mean “class”?",
        ),
        ("class: mayor", 'the parameter “class” must be one of standard, normal, major, not "mayor"'),
        ("class: [standard, 3]", "when.class: the parameter “class” must be one of"),
        ("class: '>= normal'", "when.class: the parameter “class” must be one of"),
        ("class: {a: b}", f"t.yaml:19: {ROW}[0].when.class: "),
        ("class: []", f"t.yaml:19: {ROW}[0].when.class: "),
        ("risk: about 3", '"about 3" is no comparison: write one such as >= 7, or two such as >= 3 and < 7'),
        ("risk: '>= 3 or < 1'", "is no comparison"),
        ("risk: 2.5", "the parameter “risk” must be a whole number, not 2.5"),
        ("risk: 11", "the parameter “risk” must be at most 10"),
        ("risk: true", "the parameter “risk” must be a whole number, not true"),
        ("urgent: 1", "the parameter “urgent” must be true or false, not 1"),
        (
            "free: text",
            "a table decides by a choice, a number or true and false; “free” is of the type string",
        ),
        ("", "rows[0].when: needs at least one entry"),
    ],
)
def test_what_is_wrong_in_a_cell_is_told_with_its_place(cell: str, told: str) -> None:
    (found,) = problems(cell)
    assert told in found


@pytest.mark.parametrize(
    ("rows", "more", "told"),
    [
        (RULES, "", "the key “when” is missing"),
        ("when: {class: major}, rules: []", "", "rows[0].rules: needs at least one entry"),
        (
            "when: {class: major}, rules: [{function: qa, min: 2}]",
            REFUSE,
            "rows[0].rules[0].min: “min” counts only",
        ),
        (
            "when: {class: major}, rules: [{function: qa, exclude_doers_of: [x]}]",
            REFUSE,
            "rows[0].rules[0].exclude_doers_of[0]: there is no task",
        ),
        ("class: major", "", f"t.yaml:18: {ROW}: no row fits where class = standard: add a row"),
        ("risk: '< 3' | risk: '> 3'", "", "no row fits where risk = 3"),
        ("size: '< 3' | size: '> 3'", "", "no row fits where size = 3"),
        ("size: '<= 3' | size: '>= 4'", "", "no row fits where size = 3.5"),
        ("risk: '<= 3' | risk: '>= 5'", "", "no row fits where risk = 4"),
        ("risk: '>= 3' | risk: '>= 5'", REFUSE, f"t.yaml:20: {ROW}[1]: this row never applies"),
        ("risk: '>= 11'", REFUSE, "rows[0]: this row never applies"),
        ("risk: '> 3 and < 4'", REFUSE, "rows[0]: this row never applies"),
        ("class: [standard, normal, major]", REFUSE, "refuse_others: the rows fit every value"),
        ("urgent: [true, false]", THE_REST, "otherwise: the rows fit every value"),
        (
            "class: major",
            f"{REFUSE}\n      {THE_REST}",
            "refuse_others: what no row fits is either refused or has rules under “otherwise”",
        ),
        (
            "risk: '>= 3' | class: major",
            f"{REFUSE}\n      {UNIQUE}",
            "rows[1]: only one row may fit (hit: unique), but where class = major, risk = 3 row 1 fits as well",
        ),
        ("class: major", f"{REFUSE}\n      hit: any", "rules_by.hit: “any” is not possible here"),
        ("class: major", "else: true", "there is no key “else” here"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_its_place(rows: str, more: str, told: str) -> None:
    (found,) = problems(rows, more)
    assert told in found


@pytest.mark.parametrize(
    ("rows", "more"),
    [
        ("risk: '<= 3' | risk: '>= 4'", ""),
        ("size: '<= 3' | size: '> 3'", ""),
        ("risk: '=3' | risk: '!= 3'", UNIQUE),
        ("risk: [0, 1, 2, 3, 4, 5, 6] | risk: '>6'", ""),
        ("risk: '>= 3 and < 7'", f"{THE_REST}\n      {UNIQUE}"),
        ("class: standard | class: [normal, major]", UNIQUE),
        ("class: standard | urgent: true | urgent: false", ""),
    ],
)
def test_a_table_that_fits_every_value_is_taken(rows: str, more: str) -> None:
    assert problems(rows, more) == []


def test_on_expiry_without_an_expiry_is_refused_in_a_row_and_in_a_rule() -> None:
    row = "when: {class: major}, rules: [{function: qa, on_expiry: reject}]"
    (found,) = problems(row, REFUSE)
    assert f"{ROW}[0].rules[0].on_expiry: “on_expiry” says what an expiry does" in found
    assert problems(row.replace("qa,", "qa, expires_in: 2d,"), REFUSE) == []
    for due, count in (("due: 1d", 1), ("expires_in: 1d", 0)):
        approval = f"{{key: go, title: Go, {due}, rules: [{{function: qa, on_expiry: escalate}}]}}"
        assert len(problems_of(f"{HEAD}  approvals: [{approval}]\n")) == count


def test_a_table_of_too_many_cases_is_refused() -> None:
    more = "".join(f"- {{key: n{n}, title: N, type: number, default: 1}}\n" for n in range(4))
    rows = " | ".join(", ".join(f"n{n}: '> {limit}'" for n in range(4)) for limit in range(9, 0, -1))
    (found,) = problems(rows, head=HEAD.replace(PARAMETERS, PARAMETERS + more))
    assert "the table tells more than 10000 cases apart" in found


TITLE = {"en": "T", "zh": "T"}
PLAIN = [
    Parameter.model_validate({"key": "class", "title": TITLE, "type": "choice", "choices": ["a", "b", "c"]}),
    Parameter.model_validate({"key": "risk", "title": TITLE, "type": "integer", "min": 0, "max": 6}),
    Parameter.model_validate({"key": "size", "title": TITLE, "type": "number", "max": 4}),
]
NUMBER = st.integers(-1, 7)
COMPARED = st.builds("{} {}".format, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBER)
TWO = st.builds("{} and {}".format, COMPARED, COMPARED)
CLASS = st.sampled_from(["a", "b", "c"])
CELLS: dict[str, Any] = {
    "class": CLASS | st.lists(CLASS, min_size=1, max_size=3),
    "risk": st.integers(0, 6) | COMPARED | TWO,
    "size": st.integers(-1, 4) | COMPARED | TWO,
}
WHEN = st.fixed_dictionaries({}, optional=CELLS).filter(bool)
SIZES = [each / 4 for each in range(-12, 17)]


@given(st.lists(WHEN, min_size=1, max_size=5), st.sampled_from(["first", "unique"]))
def test_a_table_that_is_taken_gives_every_start_its_rules_and_each_row_some(
    whens: list[dict[str, Any]], hit: str
) -> None:
    """What the samples say is so for every value that there is: no hole, no row that is in vain."""
    rows = [{"when": when, "rules": [{"function": f"f{n}"}]} for n, when in enumerate(whens)]
    table = DecisionTable.model_validate({"hit": hit, "rows": rows})
    found = list(table_problems(table, PLAIN))
    given_rows: set[Any] = set()
    for name, risk, size in product("abc", range(7), SIZES):
        applies = applying(table, PLAIN, {"class": name, "risk": risk, "size": size})
        given_rows.add(applies and applies[1].row)
    holes = any("no row fits" in str(sentence) for _, sentence in found)
    vain = {place[1] + 1 for place, said in found if "never applies" in str(said)}  # type: ignore[operator]
    overlaps = any("only one row may fit" in str(sentence) for _, sentence in found)
    assert overlaps or holes == (None in given_rows)
    assert overlaps or vain == set(range(1, len(rows) + 1)) - given_rows


def test_samples_stand_for_all_values() -> None:
    assert samples_of(PLAIN[0], []) == ["a", "b", "c"]
    assert samples_of(PLAIN[1], []) == [0, 1, 5, 6]
