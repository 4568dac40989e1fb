"""What changed between two subjects is told, in the right part, and nothing is told of what is the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive import commands as c
from golive.canonical import canonical
from golive.evidence import Metric
from golive.subject import PARTS, subject_of
from golive.subject_changes import Change, changes, new_build
from golive.words import Text
from tests.rules.amending import amend, changed
from tests.rules.plans import GREY, PEOPLE, SIGNED, UAT, make_plan, release, task
from tests.rules.world import World, started, words

GATE: dict[str, Any] = {
    "key": "good",
    "title": "Good",
    "checks": [
        {
            "key": "rate",
            "title": "Rate",
            "source": {"task": "uat.run", "fact": "rate"},
            "compare": ">=",
            "threshold": 0.9,
        }
    ],
}
STAGES = ({**UAT, "tasks": [task("run"), task("read", needs=["uat.run"])], "gates": [GATE]}, SIGNED, GREY)
NAMES = {"uat.run": Text(en="Run the tests", zh="执行测试"), "grey": Text(en="Grey release", zh="灰度发布")}


WAIVER = {"check": "uat/rate.errors", "by": "qa1", "decided_by": "ops1", "ends_at": "2026-12-01T09:00:00Z"}


def asked(rate: float = 0.95, remark: str = "seen") -> World:
    """Return a run whose sign-off is asked for."""
    world = started(make_plan(*STAGES, people=PEOPLE, parameters={"bake": "10m", "fast": True}))
    evidence = (Metric(name="rate", value=rate),)
    world.act(c.CompleteTask(task="uat.run", remark=words(remark), evidence=evidence), "qa1")
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    return world


def subject(world: World) -> dict[str, Any]:
    stage, approval = world.run.index.approvals["sign-off.sign"]
    return subject_of(world.run, stage, approval) | {"waivers": [WAIVER]}


SUBJECT = subject(asked())


def test_an_amended_plan_is_told_by_its_version() -> None:
    world = asked()
    more = [task("run"), task("read", needs=["uat.run"], verify=True)]
    amend(world, changed(world.plan, "uat", tasks=more), "ops1", "qa1")
    found = told(changes(SUBJECT, subject(world), NAMES))
    assert ("plan", "the plan was amended: it is version 2; before: 1") in found


def told(found: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.part, str(change.sentence)) for change in found]


def altered(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SUBJECT), **parts}


def test_of_the_same_subject_nothing_is_told() -> None:
    assert changes(SUBJECT, copy.deepcopy(SUBJECT), NAMES) == ()
    assert changes(SUBJECT, subject(asked()), NAMES) == ()


def test_a_new_build_is_told_with_both_versions_and_digests() -> None:
    world = asked()
    world.act(c.NewBuild(release=release("1.0.1", authors=("dev1",)), reason=words()), "rm")
    was, now = (
        SUBJECT["release"]["artifacts"][0]["digest"],
        subject(world)["release"]["artifacts"][0]["digest"],
    )
    assert told(changes(SUBJECT, subject(world), NAMES)) == [
        ("release", "the version is 1.0.1; before: 1.0.0"),
        ("release", f"the artifact shop.tar has the digest {now}; before: {was}"),
        ("release", "the artifact was made by dev1; before: –"),
    ]


def test_the_build_that_a_run_has_now_is_compared_with_the_one_that_was_signed() -> None:
    signed = SUBJECT["release"]
    assert new_build(signed, copy.deepcopy(signed)) == []
    found = new_build(signed, {**signed, "version": "2.0.0"})
    assert [str(each) for each in found] == [f"the version is 2.0.0; before: {signed['version']}"]


def test_a_task_that_was_done_again_is_told_by_its_title() -> None:
    assert told(changes(SUBJECT, subject(asked(remark="seen twice")), NAMES)) == [
        ("evidence", "“Run the tests” has been done again, with other evidence")
    ]


def test_a_task_that_is_open_again_and_the_gate_on_it_are_told_with_their_states() -> None:
    world = asked()
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    assert told(changes(SUBJECT, subject(world), NAMES)) == [
        ("evidence", "“Run the tests” has no evidence any more"),
        ("gates", "the gate “Good” is not_run; before: pass"),
        ("gates", "the check “Rate” is not_run; before: pass"),
    ]


def gates_with(**changed: Any) -> list[Any]:
    part: list[Any] = copy.deepcopy(SUBJECT["gates"])
    part[0]["gates"][0] |= changed
    return part


def rollout_with(**changed: Any) -> list[Any]:
    part: list[Any] = copy.deepcopy(SUBJECT["rollout"])
    part[0] |= changed
    return part


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("release", {**SUBJECT["release"], "scope": "less"}, "the scope is worded otherwise"),
        ("release", {**SUBJECT["release"], "artifacts": []}, "the artifact shop.tar is gone"),
        (
            "plan",
            {**SUBJECT["plan"], "parameters": {"bake": "5m", "fast": True}},
            "the parameter bake is 5m; before: 10m",
        ),
        (
            "plan",
            {**SUBJECT["plan"], "parameters": {"bake": "10m", "fast": 1}},
            "the parameter fast is 1; before: true",
        ),
        ("plan", {**SUBJECT["plan"], "approval": {}}, "who is asked, or how, is laid down otherwise"),
        ("evidence", [], "“Run the tests” has no evidence any more"),
        ("gates", gates_with(checks=[]), "the gate “Good” asks for something else"),
        ("gates", [], "the gates of “uat” are gone"),
        ("waivers", [], "there is no waiver of uat/rate.errors any more"),
        ("waivers", [WAIVER, {**WAIVER, "check": "uat/rate.slow"}], "there is a waiver of uat/rate.slow now"),
        ("waivers", [{**WAIVER, "by": "qa2"}], "the waiver of uat/rate.errors is another"),
        ("rollout", rollout_with(steps=[]), "the steps of traffic in “Grey release” are others"),
        ("rollout", rollout_with(metrics=False), "what is watched in “Grey release” is something else"),
        (
            "rollout",
            rollout_with(on_unhealthy="hold"),
            "what happens by itself in “Grey release” is something else",
        ),
        ("rollout", [], "traffic does not move in “Grey release” any more"),
    ],
)
def test_each_kind_of_change_has_its_sentence(part: str, value: Any, sentence: str) -> None:
    if sentence.startswith("the gate “Good” asks"):
        value[0]["states"] = []
    found = told(changes(SUBJECT, altered(**{part: value}), NAMES))
    assert (part, sentence) in found, found
    assert {each for each, _ in found} == {part}


@pytest.mark.parametrize("part", [part for part in PARTS if part != "waivers"])
def test_what_nobody_foresaw_is_told_all_the_same(part: str) -> None:
    now = copy.deepcopy(SUBJECT)
    (now[part] if isinstance(now[part], dict) else now[part][0])["of a later version"] = 1
    assert told(changes(SUBJECT, now, NAMES)) == [(part, f"{part}: told otherwise than before")]


LEAVES = st.one_of(st.integers(0, 3), st.booleans(), st.sampled_from(["a", "1.0.0", "pass", "fail"]))


@given(data=st.data())
def test_any_change_of_a_value_is_told_and_in_its_part(data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(PARTS))
    now = copy.deepcopy(SUBJECT)
    places = [
        place
        for place in leaves(now[part])
        if place[-1] not in ("key", "task", "stage", "name", "title", "check")
    ]
    *way, last = data.draw(st.sampled_from(places))
    holder = now[part]
    for step in way:
        holder = holder[step]
    holder[last] = data.draw(LEAVES)
    found = changes(SUBJECT, now, NAMES)
    if canonical(now) == canonical(SUBJECT):
        assert found == ()
    else:
        assert {change.part for change in found} == {part}
    assert all(str(change.sentence) for change in found)


def leaves(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to each plain value, titles left out: what has no words cannot be told."""
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [place for name, each in rows if name != "title" for place in leaves(each, (*way, name))]
    return found if isinstance(value, dict | list) else [way]


def test_what_was_signed_before_there_were_waivers_compares_with_what_has_some() -> None:
    before = {part: value for part, value in SUBJECT.items() if part != "waivers"}
    assert told(changes(before, SUBJECT, NAMES)) == [("waivers", "there is a waiver of uat/rate.errors now")]
    assert told(changes(SUBJECT, before, NAMES)) == [
        ("waivers", "there is no waiver of uat/rate.errors any more")
    ]
