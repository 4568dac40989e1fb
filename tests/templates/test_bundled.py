"""What is shipped: complete in both languages, within its promises, and planned at every pace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from golive.gates import COMPARE
from golive.people import People
from golive.plan import Plan
from golive.planning import Outline, check_checklist, check_template
from golive.template import FactSource, Requirement, Task
from golive.template_approvals import Approval, DecisionTable
from golive.template_rollouts import Bake, CheckStep, Pause, SetWeight
from golive.words import Text
from tests.templates.library import FUNCTIONS, PEOPLE, ROOT, bundled, plan_of

LIBRARY = bundled()
NAMES = sorted(LIBRARY.templates)
CHINESE = re.compile("[\u4e00-\u9fff]")
JUNIT = {"tests": 3, "failures": 0, "errors": 0, "skipped": 0, "passed": 3, "pass_rate": 1.0}
"""What people.py hands in as a test result."""

every_template = pytest.mark.parametrize("name", NAMES)
every_way = pytest.mark.parametrize(
    ("pace", "metrics"), [("real", True), ("real", False), ("demo", True), ("demo", False)]
)


def outline(name: str) -> Outline:
    return check_template(LIBRARY, name, people=People(members=PEOPLE))


def tasks(of: Outline | Plan) -> list[Task]:
    return [task for stage in of.stages for task in (*stage.tasks, *stage.on_rollback)]


def texts(value: Any) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)
    elif hasattr(value, "model_fields_set"):
        for field in type(value).model_fields:
            yield from texts(getattr(value, field))


def test_the_templates_of_this_version_are_there() -> None:
    for language in ("en", "zh-CN"):
        told = (ROOT / "docs" / language / "templates" / "index.md").read_text(encoding="utf-8")
        assert sorted(re.findall(r"^\| \[`([a-z-]+)`\]\(\1\.md\) \|", told, re.MULTILINE)) == NAMES
    assert len(NAMES) == 9
    assert all(source.file == f"{name}.yaml" for name, source in LIBRARY.templates.items())


@every_template
def test_a_template_keeps_its_promises(name: str) -> None:
    found = outline(name)
    pace = next(parameter for parameter in found.parameters if parameter.key == "pace")
    assert (pace.type, pace.choices, pace.default) == ("choice", ("real", "demo"), "real")
    assert all(parameter.default is not None for parameter in found.parameters)
    assert set(found.functions) <= set(FUNCTIONS)
    assert sum(len(stage.tasks) for stage in found.stages) <= 18
    for stage in found.stages:
        for approval in stage.approvals:
            groups = [approval.rules] if approval.rules else [row.rules for row in _table(approval).rows]
            for rules in groups:
                signers = [rule.function for rule in rules for _ in range(rule.min)]
                assert all(signers.count(function) <= 2 for function in signers)
                assert all(rule.mode in {"any", "n"} for rule in rules)
        if stage.rollout:
            assert stage.rollout.on_conflict == "queue"


def _table(approval: Approval) -> DecisionTable:
    assert approval.rules_by is not None
    return approval.rules_by


@every_template
def test_every_text_is_there_in_both_languages(name: str) -> None:
    for text in texts(outline(name)):
        assert CHINESE.search(text.zh), text
        assert not CHINESE.search(text.en), text


def test_every_checklist_is_valid_used_and_says_how() -> None:
    used = {task.checklist for name in NAMES for task in tasks(outline(name)) if task.checklist}
    assert used == set(LIBRARY.checklists)
    for name, source in LIBRARY.checklists.items():
        check_checklist(source)
        assert source.file == f"{name}.yaml"
        assert len(source.content["items"]) >= 3


@every_template
def test_the_evidence_that_people_play_passes_every_gate(name: str) -> None:
    known = {
        f"{stage.id}.{task.key}": task for stage in plan_of(LIBRARY, name).stages for task in stage.tasks
    }
    for stage in plan_of(LIBRARY, name).stages:
        for gate in stage.gates:
            for check in gate.checks:
                assert isinstance(check.source, FactSource)
                facts = {need.name: need.example for need in _needs(known[check.source.task]) if need.name}
                observed = (facts | JUNIT)[check.source.fact]
                assert isinstance(observed, int | float)
                assert COMPARE[check.compare](observed, check.threshold)


def _needs(task: Task) -> list[Requirement]:
    return [*task.requires, *(need for item in task.items for need in item.requires)]


@every_template
def test_a_required_metric_has_a_name_and_a_passing_example(name: str) -> None:
    for need in (need for task in tasks(outline(name)) for need in _needs(task)):
        if need.type == "metric":
            assert need.name
            assert isinstance(need.example, int | float)


@every_template
@every_way
def test_it_is_planned_and_the_plan_survives_its_way_through_json(
    name: str, pace: str, metrics: bool
) -> None:
    plan = plan_of(LIBRARY, name, parameters={"pace": pace}, metrics=metrics)
    assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert (plan.pace, plan.calendar.always, plan.title) == (pace, pace == "demo", "checkout 1.4.0")
    assert plan.release_manager not in {person for people in plan.people.values() for person in people}
    assert len(plan.model_dump_json()) < 64 * 1024


@every_template
def test_the_demo_shortens_every_wait_to_seconds(name: str) -> None:
    plan = plan_of(LIBRARY, name, parameters={"pace": "demo"})
    assert plan.shift_timeout == 2
    for task in tasks(plan):
        assert task.due is None or task.due.within.on_the_clock <= timedelta(minutes=5)
    for stage in plan.stages:
        assert stage.observe is None or stage.observe.on_the_clock <= timedelta(seconds=3)
        for approval in stage.approvals:
            assert approval.expires_in is None or approval.expires_in.on_the_clock >= timedelta(minutes=15)
        for step in stage.rollout.steps if stage.rollout else ():
            if isinstance(step, Bake | Pause) and step.duration:
                assert step.duration.on_the_clock <= timedelta(seconds=3)
        for analysis in stage.rollout.analyses if stage.rollout else ():
            assert analysis.interval is None or analysis.interval.on_the_clock == timedelta(seconds=1)
            assert analysis.initial_delay.on_the_clock <= timedelta(seconds=1)


@every_template
@every_way
def test_without_metrics_each_step_waits_for_a_person(name: str, pace: str, metrics: bool) -> None:
    plan = plan_of(LIBRARY, name, parameters={"pace": pace}, metrics=metrics)
    for rollout in (stage.rollout for stage in plan.stages if stage.rollout):
        assert rollout.metrics is metrics
        if metrics:
            assert Pause() not in rollout.steps
            continue
        assert not rollout.analyses
        assert not any(isinstance(step, Bake | CheckStep) for step in rollout.steps)
        weights = [n for n, step in enumerate(rollout.steps) if isinstance(step, SetWeight)]
        assert all(rollout.steps[n + 1] == Pause() for n in weights)


def test_the_standard_go_live_has_its_seven_stages() -> None:
    found = outline("saas-standard")
    assert [stage.process for stage in found.stages] == [
        "preparation",
        "uat",
        "dual_sign_off",
        "grey_release",
        "full_release",
        "hypercare",
        "post_launch_review",
    ]
    assert "dual-sign-off" in found.uses
    preparation, uat, sign_off, grey, full, hypercare, _ = found.stages
    assert [rule.function for rule in preparation.approvals[0].rules] == ["dev"]
    assert preparation.approvals[0].after == ("preparation.review-code",)
    assert {check.source.task for check in uat.gates[0].checks if isinstance(check.source, FactSource)} == {
        "uat.run-uat"
    }
    rows = _table(sign_off.approvals[0]).rows
    assert [[rule.function for rule in row.rules] for row in rows] == [
        ["ops", "qa"],
        ["ops", "qa", "security"],
    ]
    for risk, asked in ({}, 2), ({"risk": "high"}, 3):
        planned = plan_of(LIBRARY, "saas-standard", parameters=risk).stages[2]
        assert len(planned.approvals[0].rules) == asked
    assert sign_off.approvals[0].distinct
    assert grey.rollout is not None
    assert [analysis.metric for analysis in grey.rollout.analyses] == ["success_rate"]
    assert full.rollout is not None
    assert grey.on_rollback
    assert hypercare.observe is not None


def test_its_parameters_reach_the_plan() -> None:
    asked = {
        "min_pass_rate": 1,
        "min_tests": 40,
        "min_success_rate": 0.5,
        "first_weight": 1,
        "bake": "2h",
        "hypercare": "5d",
    }
    plan = plan_of(LIBRARY, "saas-standard", parameters=asked)
    uat, grey, hypercare = (plan.stages[n] for n in (1, 3, 5))
    assert [check.threshold for check in uat.gates[0].checks] == [40, 1]
    assert grey.rollout is not None
    assert [str(step.duration) for step in grey.rollout.steps if isinstance(step, Bake)] == ["2h"] * 3
    assert [step.weight for step in grey.rollout.steps if isinstance(step, SetWeight)] == [1, 25, 50]
    success = grey.rollout.analyses[0].success
    assert success is not None
    assert (success.compare, success.threshold) == (">=", 0.5)
    assert str(hypercare.observe) == "5d"
