"""Rules that ask otherwise than by function: how they are written, who is found, and what a start refuses."""

from __future__ import annotations

import pytest

from golive.errors import Invalid
from golive.forecast import preview
from golive.people import People
from golive.planning import check_template
from golive.problems import InvalidSource
from golive.rehearsal import play
from golive.rehearsal_script import read_script
from tests.templates.library import NOW, plan_of, written
from workflows.go_live import PROCESSES

STAGE = "stages:\n- id: s\n  process: dual_sign_off\n  title: S\n  approvals:\n"
PEOPLE: dict[str, tuple[str, ...]] = {"qa": ("quin",), "ops": ("olga",)}


def approval(*rules: str) -> str:
    return f"{STAGE}  - key: go\n    title: Go\n    rules:\n" + "".join(f"    - {rule}\n" for rule in rules)


BOARD = approval("{group: board, mode: n, min: 2}", "{function: qa}")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{mode: any}", "this one has –"),
        ("{function: qa, group: board}", "this one has function, group"),
        ("{people: [ann], owner_of_service: true}", "this one has people, owner_of_service"),
    ],
)
def test_a_rule_asks_in_exactly_one_way(rule: str, told: str) -> None:
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=approval(rule)), "t")
    assert str(refused.value.problems[0]).startswith(
        "t.yaml:12: stages[0].approvals[0].rules[0]: a rule asks"
    )
    assert told in str(refused.value.problems[0])


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("{group: board}", {"group:board": ("bea",)}),
        ("{people: [ann, al]}", {"people:ann,al": ("ann", "al")}),
        ("{manager_of: release_manager}", {"manager_of:release_manager": ("mia",)}),
        ("{manager_of: authors}", {"manager_of:authors": ("mia",)}),
        ("{owner_of_service: true}", {"owner_of:service": ("olaf",)}),
    ],
)
def test_who_is_found_at_the_start_is_shown_before_it(rule: str, found: dict[str, tuple[str, ...]]) -> None:
    plan = plan_of(written(t=approval(rule)), "t", people=People(found=found))
    (asked,) = preview(plan, NOW).asked
    assert asked.people == next(iter(found.values()))
    assert asked.function is None
    assert set(found.values()) <= {plan.everybody()}


@pytest.mark.parametrize(
    ("people", "told"),
    [
        (People(members=PEOPLE, found={}), "group:board × 2: –"),
        (People(members=PEOPLE, found={"group:board": ("bea",)}), "group:board × 2: bea"),
        (
            People(members=PEOPLE, found={"group:board": ("bea", "bo")}, do_only=("bo",)),
            "group:board × 2: bea",
        ),
        (People(members=PEOPLE, found={"group:board": ("bea", "rm")}), "group:board × 2: bea (− rm)"),
    ],
    ids=["no group", "too few", "without the role", "who starts it"],
)
def test_a_group_that_could_not_sign_is_refused_at_the_start_with_its_people(
    people: People, told: str
) -> None:
    with pytest.raises(Invalid) as refused:
        plan_of(written(t=BOARD), "t", people=people)
    assert refused.value.code == "unsatisfiable_approval"
    assert told in str(refused.value)


def test_a_group_that_there_is_not_is_refused_when_a_template_is_published() -> None:
    people = People(members=PEOPLE, found={"group:boards": ("bea", "bo")})
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=BOARD), "t", people=people)
    assert [str(each) for each in refused.value.problems] == [
        "t.yaml:12: stages[0].approvals[0].rules[0].group: there is no group “board”; did you mean “boards”?"
    ]


def test_somebody_whom_golive_does_not_know_is_refused_when_a_template_is_published() -> None:
    people = People(members=PEOPLE, known=("ann", "quin", "olga"))
    with pytest.raises(InvalidSource) as refused:
        check_template(written(t=approval("{people: [ann, qin], mode: ordered}")), "t", people=people)
    assert [str(each) for each in refused.value.problems] == [
        "t.yaml:12: stages[0].approvals[0].rules[0].people: there is no person “qin”; did you mean “quin”?"
    ]


def test_who_is_known_only_at_a_start_does_not_keep_a_template_from_being_published() -> None:
    body = approval("{manager_of: authors}", "{owner_of_service: true, mode: n, min: 2}", "{people: [ann]}")
    assert check_template(written(t=body), "t", people=People(members=PEOPLE)).functions == ()


def played(text: str, body: str = BOARD) -> str | None:
    script = read_script("t.test.yaml", text)
    assert not script.problems, script.problems
    failure = play(written(t=body), script, script.tests[0], PROCESSES).failure
    return f"{failure.line}: {failure.found.render()}" if failure else None


def test_in_a_test_somebody_stands_in_for_groups_managers_and_owners() -> None:
    body = approval("{group: board, mode: all}", "{manager_of: authors}", "{owner_of_service: true}")
    head = "  release: {authors: [ann]}\n"
    steps = "  - {rest: done, expect: {run: completed}}\n"
    assert played(f"tests:\n- name: one\n{head}  steps:\n{steps}", body) is None


def test_a_test_names_who_is_in_a_group() -> None:
    head = "  groups: {board: [bea, bo]}\n  people: {qa: [quin]}\n"
    steps = "  - {approve: s.go, by: quin}\n  - {approve: s.go, by: bea}\n  - {approve: s.go, by: bo}\n"
    told = played(f"tests:\n- name: one\n{head}  steps:\n{steps}  - {{expect: {{run: running}}}}\n")
    assert told == "9: run: completed"
