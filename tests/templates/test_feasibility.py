"""A plan that its people could not finish is refused, and the refusal names what and whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.errors import Invalid
from golive.people import People
from golive.plan import Plan
from golive.problems import InvalidSource
from golive.vocabulary import Role
from tests.templates.library import PEOPLE, RELEASE, plan_of, written

STAGE = "stages:\n- id: s\n  process: dual_sign_off\n  title: S\n"


def plan(rules: str, people: Mapping[str, Sequence[str]], **asked: Any) -> Plan:
    more = asked.pop("approval", "")
    tasks = "  tasks:\n  - {key: test, title: T, function: qa}\n" if "test" in rules else ""
    approval = f"  approvals:\n  - {{key: go, title: Go, {more}rules: [{rules}]}}\n"
    return plan_of(written(t=STAGE + tasks + approval), "t", people=people, **asked)


def people_with(**roles: Role) -> People:
    """Return people of ops who have one role each."""
    return People.having({"ops": list(roles)}, {name: [role] for name, role in roles.items()})


def refusal(rules: str, people: Mapping[str, Sequence[str]], **asked: Any) -> Invalid:
    with pytest.raises(Invalid) as refused:
        plan(rules, people, **asked)
    return refused.value


BOTH = "{function: ops}, {function: qa}"


@pytest.mark.parametrize(
    ("rules", "people"),
    [
        (BOTH, {"ops": ["ann"], "qa": ["bo"]}),
        (BOTH, {"ops": ["ann", "bo"], "qa": ["ann"]}),
        (BOTH, {"ops": ["ann"], "qa": ["ann", "bo"]}),
        ("{function: ops}, {function: qa, may_fill_many: true}", {"ops": ["ann"], "qa": ["ann"]}),
        ("{function: ops, mode: n, min: 2}", {"ops": ["ann", "bo"]}),
        ("{function: ops, mode: all}", {"ops": ["ann", "bo", "rm"]}),
        (
            "{function: ops, mode: percent, min: 50}, {function: qa}",
            {"ops": ["ann", "bo", "cy"], "qa": ["ann"]},
        ),
        ("{function: qa, exclude_doers_of: [test]}", {"qa": ["ann", "bo"]}),
        ("{function: qa, exclude_doers_of: [test]}", {"qa": ["ann", "rm"]}),
    ],
)
def test_what_somebody_can_sign_is_planned(rules: str, people: Mapping[str, Sequence[str]]) -> None:
    assert plan(rules, people).people == {function: tuple(names) for function, names in people.items()}


@pytest.mark.parametrize(
    ("rules", "people", "told"),
    [
        (BOTH, {"ops": ["ann"], "qa": ["ann"]}, "ops × 1: ann; qa × 1: ann."),
        (BOTH, {"ops": ["ann"], "qa": ["rm"]}, "nobody could sign “Go” (s.go): qa × 1: – (− rm)."),
        ("{function: ops, mode: n, min: 2}", {"ops": ["ann", "rm"]}, "ops × 2: ann (− rm)."),
        (
            "{function: ops, mode: all}, {function: qa}",
            {"ops": ["ann", "bo"], "qa": ["ann", "bo"]},
            "ops × 2: ann, bo; qa × 1: ann, bo.",
        ),
        (
            "{function: ops, mode: percent, min: 51}, {function: qa}",
            {"ops": ["ann", "bo"], "qa": ["ann"]},
            "ops × 2: ann, bo; qa × 1: ann.",
        ),
        ("{function: qa, exclude_doers_of: [test]}", {"qa": ["ann"]}, "qa × 1: ann."),
        (
            "{function: qa, mode: n, min: 2, exclude_doers_of: [test]}",
            {"qa": ["ann", "bo"]},
            "qa × 2: ann, bo.",
        ),
    ],
)
def test_a_sign_off_that_nobody_could_meet_names_rule_and_persons(
    rules: str, people: Mapping[str, Sequence[str]], told: str
) -> None:
    refused = refusal(rules, people)
    assert refused.code == "unsatisfiable_approval"
    assert told in str(refused)
    assert (refused.facts["stage"], refused.facts["approval"]) == ("s", "go")


ORDERED = "{function: ops, mode: ordered}, {function: qa, mode: ordered}"


def test_two_rules_that_ask_the_same_two_in_opposite_order_are_refused_with_rules_and_persons() -> None:
    people = {"ops": ["ann", "bo", "rm"], "qa": ["bo", "cy", "ann"]}
    refused = refusal(ORDERED, people, approval="distinct: false, ")
    assert refused.code == "unsatisfiable_approval"
    told = str(refused)
    assert "nobody could sign “Go” (s.go): " in told
    assert " would wait for each other" in told
    assert "in different orders: ops: ann, bo; qa: bo, cy, ann;" in told
    assert refused.facts["approval"] == "go"
    assert [rule["eligible"] for rule in refused.facts["rules"]] == [["ann", "bo"], ["bo", "cy", "ann"]]


def test_two_rules_that_ask_in_the_same_order_are_planned_and_without_enough_persons_that_is_what_is_told() -> (
    None
):
    same = {"ops": ["ann", "bo"], "qa": ["ann", "cy", "bo"]}
    assert plan(ORDERED, same, approval="distinct: false, ").people["qa"] == ("ann", "cy", "bo")
    opposite = {"ops": ("ann", "bo"), "qa": ("bo", "ann")}
    assert (
        plan(ORDERED.replace("ordered}, ", "all}, "), opposite, approval="distinct: false, ").people
        == opposite
    )
    assert "ops × 2: ann, bo; qa × 2: bo, ann." in str(refusal(ORDERED, opposite))


def test_who_made_the_release_cannot_sign_it() -> None:
    people = {"ops": ["ann"], "qa": ["bo", "cy"]}
    assert plan(BOTH, people, release={**RELEASE, "authors": ["bo"]}).release.authors == ("bo",)
    refused = refusal(BOTH, people, release={**RELEASE, "authors": ["bo", "cy"]})
    assert refused.facts["rules"][1] == {
        "asks": "qa",
        "function": "qa",
        "mode": "any",
        "min": 1,
        "eligible": [],
        "excluded": ["bo", "cy"],
    }


def test_without_distinct_one_person_may_fill_every_rule() -> None:
    people = {"ops": ["ann"], "qa": ["ann"]}
    assert not plan(BOTH, people, approval="distinct: false, ").stages[0].approvals[0].distinct


def test_a_function_that_nobody_has_names_what_asks_for_it() -> None:
    refused = refusal(BOTH, {"ops": ["ann"]})
    assert refused.code == "nobody_for_function"
    assert refused.facts == {
        "field": "people.qa",
        "function": "qa",
        "role": "approver",
        "tasks": [],
        "approvals": ["s.go"],
    }
    assert "nobody has both the function “qa” and the role approver, which s.go needs" in str(refused)


def test_who_may_only_sign_does_no_task() -> None:
    body = STAGE + "  tasks:\n  - {key: a, title: A, function: ops}\n"
    both = plan_of(written(t=body), "t", people=people_with(ann="approver", bo="assignee"))
    assert (both.people["ops"], both.doers("ops")) == (("ann", "bo"), ("bo",))
    with pytest.raises(Invalid, match=r"function “ops” and the role assignee, which s\.a needs"):
        plan_of(written(t=body), "t", people=people_with(ann="approver", bo="approver"))


def test_who_may_only_do_tasks_signs_nothing() -> None:
    body = STAGE + "  approvals:\n  - {key: go, title: Go, rules: [{function: ops}]}\n"
    made = plan_of(written(t=body), "t", people=people_with(ann="approver", bo="assignee", cy="viewer"))
    assert (made.people["ops"], made.signers("ops")) == (("ann", "bo"), ("ann",))
    with pytest.raises(Invalid, match=r"function “ops” and the role approver, which s\.go needs"):
        plan_of(written(t=body), "t", people=people_with(bo="assignee"))


def test_one_function_may_need_both_roles_of_different_people() -> None:
    body = (
        STAGE
        + "  tasks:\n  - {key: a, title: A, function: ops}\n"
        + "  approvals:\n  - {key: go, title: Go, rules: [{function: ops, exclude_doers_of: [a]}]}\n"
    )
    made = plan_of(written(t=body), "t", people=people_with(ann="approver", bo="assignee"))
    assert (made.doers("ops"), made.signers("ops")) == (("bo",), ("ann",))


def test_a_task_is_confirmed_by_somebody_who_may_do_it() -> None:
    body = STAGE + "  tasks:\n  - {key: a, title: Try it, function: ops, verify: true}\n"
    signs = "  approvals:\n  - {key: go, title: Go, rules: [{function: ops}]}\n"
    with pytest.raises(Invalid, match="of ops only bo has the role assignee") as refused:
        plan_of(written(t=body + signs), "t", people=people_with(ann="approver", bo="assignee"))
    assert refused.value.code == "verifier_missing"


def test_a_verified_task_takes_two_people() -> None:
    body = STAGE + "  tasks:\n  - {key: a, title: Try it, function: ops, verify: true}\n"
    assert plan_of(written(t=body), "t", people=PEOPLE).stages[0].tasks[0].verify
    with pytest.raises(
        Invalid,
        match=r"“Try it” \(s\.a\) is confirmed by a second person, but of ops only ann has the role assignee",
    ) as refused:
        plan_of(written(t=body), "t", people={"ops": ["ann", "ann"]})
    assert refused.value.code == "verifier_missing"


def test_back_out_tasks_count_too() -> None:
    body = STAGE + "  on_rollback:\n  - {key: a, title: A, function: dba}\n"
    with pytest.raises(Invalid, match="“dba”"):
        plan_of(written(t=body), "t", people={})


members = st.lists(st.sampled_from(["ann", "bo", "cy", "di"]), unique=True, max_size=4)


@given(st.lists(members, min_size=1, max_size=3), st.booleans())
def test_exactly_the_sign_offs_that_some_people_could_meet_are_planned(
    groups: list[list[str]], worked: bool
) -> None:
    """Checked against trying every choice: who does the work, and who signs each rule."""
    functions = ["qa", "ops", "dev"][: len(groups)]
    people = dict(zip(functions, groups, strict=True))
    excludes = ", exclude_doers_of: [test]" if worked else ""
    rules = ", ".join(f"{{function: {function}{excludes}}}" for function in functions)
    doers = people["qa"] if worked else ["nobody"]
    possible = any(
        doer not in signers for doer, *signers in product(doers, *groups) if len(set(signers)) == len(signers)
    )
    try:
        plan(rules, people)
        made = "plan"
    except Invalid as refused:
        made = refused.code
    assert made in ({"plan"} if possible else {"unsatisfiable_approval", "nobody_for_function"})


def test_the_order_of_people_never_decides() -> None:
    for first, second in product(permutations(["ann", "bo"]), permutations(["ann", "bo", "cy"])):
        made = plan("{function: ops, mode: n, min: 2}, {function: qa}", {"ops": first, "qa": second})
        assert made.people == {"ops": first, "qa": second}


def test_a_least_number_of_signers_belongs_to_a_mode_that_counts_it() -> None:
    with pytest.raises(InvalidSource, match="“min” counts only in the modes n and percent"):
        plan("{function: ops, min: 3}", {"ops": ["ann", "bo", "cy"]})
    made = plan("{function: ops, mode: n, min: 3}", {"ops": ["ann", "bo", "cy"]})
    assert made.stages[0].approvals[0].rules[0].min == 3
