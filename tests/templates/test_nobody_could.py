"""What the people of golive could not do or sign is told before publication, with its place in the text."""

from __future__ import annotations

import pytest

from golive.people import People
from golive.planning import check_template
from golive.problems import InvalidSource
from golive.vocabulary import Role
from tests.templates.library import PEOPLE, written
from tests.templates.test_validation import OPEN_TASK, STAGE


def test_functions_that_nobody_has_are_told_with_the_nearest() -> None:
    library = written(t=f"{STAGE}  tasks:\n  - {{key: a, title: A, function: opps}}\n")
    assert check_template(library, "t").functions == ("opps",)
    with pytest.raises(
        InvalidSource, match=r"t\.yaml:9: .*there is no function “opps”; did you mean “ops”\?"
    ):
        check_template(library, "t", people=People(members=PEOPLE))


def test_functions_of_which_none_is_near_are_told_each_once_and_short_ones_are_near_by_one_letter() -> None:
    body = f"{STAGE}  tasks:\n  - {{key: a, title: A, function: %s}}\n"
    people = People(members={"release": ("ann",), "qa": ("bo",)})
    with pytest.raises(InvalidSource, match=r"there is no function “qq”; did you mean “qa”\?"):
        check_template(written(t=body % "qq"), "t", people=people)
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=body % "wonder", u=body % "dba"), "t", people=people)
    told = str(refused.value).partition("there are: ")[2].removesuffix(".").split(", ")
    assert len(told) == len(set(told)) > 1, told


def test_a_function_that_another_template_names_is_no_mistake_though_nobody_has_it_yet() -> None:
    task = "  tasks:\n  - {key: a, title: A, function: training}\n"
    library = written(t=STAGE + task, u=STAGE + task)
    people = People(members={"qa": ("ann",)})
    assert check_template(library, "t", people=people).functions == ("training",)
    with pytest.raises(InvalidSource, match="there is no function “training”"):
        check_template(written(t=STAGE + task), "t", people=people)


def test_a_sign_off_that_nobody_could_meet_is_refused_before_publication() -> None:
    rules = "[{function: qa}, {function: ops}]"
    library = written(t=f"{STAGE}  approvals: [{{key: go, title: Go, rules: {rules}}}]\n")
    assert check_template(
        library, "t", people=People(members={"qa": ("ann",), "ops": ("bo",)})
    ).functions == (
        "qa",
        "ops",
    )
    with pytest.raises(InvalidSource) as refused:
        check_template(library, "t", people=People(members={"qa": ("ann",), "ops": ("ann",)}))
    assert refused.value.code == "unsatisfiable_approval"
    assert "t.yaml:8: stages[0].approvals[0]: nobody could sign “Go”" in str(refused.value)


TWO_RULES = f"""{OPEN_TASK}    verify: true
  approvals:
  - key: go
    title: Go
    rules:
    - {{function: qa}}
    - {{function: ops, mode: n, min: 2}}
  on_rollback:
  - key: back
    title: Back
    function: dba
"""
"""The task on lines 9 to 12, the rules on 17 and 18, the way back up to line 22."""
ANN_SIGNS: dict[str, list[Role]] = {"ann": ["approver"], "bo": ["assignee"], "cy": ["assignee", "approver"]}


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (
            {"qa": ["bo", "cy"], "ops": ["ann", "cy"], "dba": ["ann"]},
            {"nobody_for_function": "t.yaml:22: stages[0].on_rollback[0].function: nobody has both"},
        ),
        (
            {"qa": ["bo"], "ops": ["bo"], "dba": ["ann"]},
            {
                "nobody_for_function": "t.yaml:17: stages[0].approvals[0].rules[0].function: nobody has both",
                "more": "t.yaml:18: stages[0].approvals[0].rules[1].function: nobody has both",
                "most": "t.yaml:22: stages[0].on_rollback[0].function: nobody has both",
            },
        ),
        (
            {"qa": ["cy"], "ops": ["ann"], "dba": ["bo"]},
            {
                "verifier_missing": "t.yaml:12: stages[0].tasks[0].verify: the task “A” (s.a) is confirmed",
                "more": "t.yaml:18: stages[0].approvals[0].rules[1]: nobody could sign “Go” (s.go): ops × 2",
            },
        ),
    ],
)
def test_what_nobody_could_do_or_sign_is_told_with_its_place_in_the_text(
    members: dict[str, list[str]], told: dict[str, str]
) -> None:
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=TWO_RULES), "t", people=People.having(members, ANN_SIGNS))
    assert refused.value.code == next(iter(told)), "the code is that of the first"
    found = [str(problem) for problem in refused.value.problems]
    assert len(found) == len(told), found
    for said, wanted in zip(found, told.values(), strict=True):
        assert said.startswith(wanted)


def test_what_nobody_could_sign_in_a_used_template_is_told_where_that_template_asks_for_it() -> None:
    approval = "  approvals:\n  - {key: go, title: Go, rules: [{function: qa, mode: n, min: 2}]}\n"
    library = written(t="stages:\n- {id: outer, use: u}\n", u=STAGE + approval)
    with pytest.raises(
        InvalidSource, match=r"u\.yaml:9: stages\[0\]\.approvals\[0\]\.rules\[0\]: .*outer\.go"
    ):
        check_template(library, "t", people=People(members={"qa": ("ann",)}))
