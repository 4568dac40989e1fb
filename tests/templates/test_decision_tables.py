"""Which rules an approval has can depend on the parameters of a start: by a table that is judged before it is used."""

from __future__ import annotations

from typing import Any

import pytest

from golive.composition import compose
from golive.errors import Invalid
from golive.forecast import preview
from golive.people import People
from golive.planning import check_template
from golive.problems import InvalidSource
from golive.tiers import with_rules
from tests.templates.library import NOW, PEOPLE, plan_of, written

PARAMETERS = """\
parameters:
- {key: class, title: {en: Class, zh: 类别}, type: choice, choices: [standard, normal, major], default: standard}
- {key: risk, title: {en: Risk, zh: 风险}, type: integer, min: 0, max: 10, default: 3}
- {key: size, title: {en: Size, zh: 规模}, type: number, min: 0, default: 1}
- {key: urgent, title: {en: Urgent, zh: 紧急}, type: boolean, default: false}
- {key: free, title: Free, default: text}
"""
HEAD = f"{PARAMETERS}stages:\n- id: s\n  process: dual_sign_off\n  title: S\n"
"""Lines 4 to 13 of a template whose name, title and description stand on lines 1 to 3."""
ROWS = """\
  tasks:
  - {key: build, title: B, function: dev}
  approvals:
  - key: go
    title: Go
    rules_by:
      rows:
      - {when: {class: standard}, rules: [{function: qa, exclude_doers_of: [build]}]}
      - {when: {risk: ">= 7", size: "> 100000"}, rules: [{function: qa, mode: n, min: 2}, {function: security}]}
      - {when: {urgent: true, class: [normal, major]}, rules: [{function: ops}]}
      otherwise: [{function: business}]
"""


def signers(**parameters: Any) -> list[str]:
    """Return whom the rules of the plan ask."""
    plan = plan_of(written(t=HEAD + ROWS), "t", parameters=parameters)
    return [f"{rule.function} {rule.min}" for rule in plan.stages[0].approvals[0].rules]


def test_the_first_row_that_fits_applies_and_no_other_function_takes_part() -> None:
    assert signers() == ["qa 1"]
    assert signers(**{"class": "major", "risk": 7, "size": 100001}) == ["qa 2", "security 1"]
    assert signers(**{"class": "major", "risk": 6, "size": 100001}) == ["business 1"]
    assert signers(**{"class": "major", "risk": 7, "size": 100000}) == ["business 1"]
    assert signers(**{"class": "normal", "urgent": True}) == ["ops 1"]
    plan = plan_of(written(t=HEAD + ROWS), "t", parameters={"class": "major"})
    assert set(plan.people) == {"dev", "business"}
    assert check_template(written(t=HEAD + ROWS), "t").functions == (
        "dev",
        "qa",
        "security",
        "ops",
        "business",
    )


def test_the_plan_says_which_row_applied_and_why_and_holds_no_table() -> None:
    asked = {"class": "major", "risk": 8, "size": 2.5e5}
    plan = plan_of(written(t=HEAD + ROWS), "t", parameters=asked)
    assert plan.stages[0].approvals[0].rules_by is None
    row = plan.applied["s.go"]
    assert (row.row, row.count) == (2, 3)
    assert str(row.why) == "row 2 of 3: Risk is 8 (>= 7), Size is 250000 (> 100000)"
    assert "row 2 of 3: 风险 is 8 (>= 7)" in row.why.render("zh")
    told = [str(note) for note in preview(plan, NOW).notes]
    assert f"“Go” is decided by table: {row.why}." in told
    foreseen = [each for each in preview(plan, NOW).asked if each.what == "approval"]
    assert [(each.function, each.count) for each in foreseen] == [("qa", 2), ("security", 1)]
    other = plan_of(written(t=HEAD + ROWS), "t", parameters={"class": "normal"}).applied["s.go"]
    assert other.row is None
    assert str(other.why).startswith("none of 3 rows fits: Class is normal, Risk is 3")
    simple = plan_of(written(t=HEAD + ROWS), "t").applied["s.go"]
    assert str(simple.why) == "row 1 of 3: Class is standard"


def test_references_in_rows_are_those_of_the_stage_wherever_the_template_is_used() -> None:
    plan = plan_of(
        written(t="stages:\n- {id: outer, use: u, parameters: {class: standard}}\n", u=HEAD + ROWS), "t"
    )
    assert plan.stages[0].approvals[0].rules[0].exclude_doers_of == ("outer.build",)
    assert plan.applied["outer.go"].row == 1


def test_a_used_template_decides_by_its_own_parameters() -> None:
    outer = f"{PARAMETERS}stages:\n- {{id: outer, use: u, parameters: {{class: '${{class}}', risk: 9, size: 1e6}}}}\n"
    library = written(t=outer, u=HEAD + ROWS)
    assert plan_of(library, "t", parameters={"class": "major", "risk": 1}).applied["outer.go"].row == 2


def test_a_start_that_no_row_fits_is_refused_naming_the_inputs_beside_what_else_is_wrong() -> None:
    library = written(t=HEAD + ROWS.replace("otherwise: [{function: business}]", "refuse_others: true"))
    assert plan_of(library, "t").applied["s.go"].row == 1
    with pytest.raises(Invalid) as refused:
        plan_of(library, "t", parameters={"class": "major", "risk": 8})
    assert refused.value.code == "no_row_applies"
    assert "“Go” (s.go) has no rules where class = major, risk = 8, size = 1, urgent = false" in str(
        refused.value
    )
    assert refused.value.facts["field"] == "parameters.class"
    with pytest.raises(Invalid) as refused:
        plan_of(library, "t", parameters={"class": "major"}, start_at="2020-01-01T00:00:00Z")
    assert (refused.value.code, len(refused.value.also)) == ("start_time_invalid", 1)


def test_without_a_row_there_is_no_plan_even_where_nobody_judged_the_table() -> None:
    library = written(t=HEAD + ROWS.replace("      otherwise: [{function: business}]\n", ""))
    composed = compose(
        library, library.templates["t"], {"class": "major", "risk": 1, "size": 1, "urgent": False}
    )
    with pytest.raises(Invalid, match="has no rules where class = major, risk = 1"):
        with_rules(composed.stages)


def test_an_approval_has_rules_or_a_table() -> None:
    text = f"{HEAD}  approvals:\n  - key: go\n    title: Go\n"
    with pytest.raises(InvalidSource, match=r"approvals\[0\]: an approval has either “rules” or"):
        check_template(written(t=text), "t")
    both = ROWS.replace("    rules_by:", "    rules: [{function: qa}]\n    rules_by:")
    with pytest.raises(InvalidSource, match=r"approvals\[0\]: an approval has either “rules” or"):
        check_template(written(t=HEAD + both), "t")


def test_what_nobody_could_sign_in_any_row_is_told_before_publication_where_the_row_asks() -> None:
    few = PEOPLE | {"qa": ("qa1",), "security": ("qa1",)}
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=HEAD + ROWS), "t", people=People(members=few))
    assert refused.value.code == "unsatisfiable_approval"
    told = str(refused.value)
    assert "t.yaml:22: stages[0].approvals[0].rules_by.rows[1].rules[0]: nobody could sign “Go”" in told
    none = {name: people for name, people in PEOPLE.items() if name != "business"}
    with pytest.raises(
        InvalidSource, match=r"rules_by\.otherwise\[0\]\.function: there is no function “business”"
    ):
        check_template(written(t=HEAD + ROWS), "t", people=People(members=none))
