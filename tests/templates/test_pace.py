"""A plan adapted to how it is run: without metrics, and at demo pace."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.calendar import Calendar
from golive.pace import demo_calendar, demo_ladder, in_demo, without_metrics, working_seconds
from golive.span import Span
from golive.template import Ladder, Stage
from golive.template_approvals import Approval
from golive.template_rollouts import ApprovalStep, Bake, CheckStep, Pause, SetWeight, Step

SPAN = "1h"
CHECKED: dict[str, Any] = {
    "metric": "m",
    "success": ">= 1",
    "interval": "1m",
    "count": 9,
    "initial_delay": "1m",
}


def rollout(*steps: dict[str, Any], **more: Any) -> Stage:
    return Stage.model_validate(
        {
            "id": "s",
            "process": "grey_release",
            "title": "S",
            "rollout": {"steps": steps, "analyses": [CHECKED]},
            **more,
        }
    )


def steps_of(stage: Stage) -> list[Step]:
    assert stage.rollout is not None
    return list(stage.rollout.steps)


def weight(share: int) -> dict[str, Any]:
    return {"do": "set_weight", "weight": share}


BAKE, CHECK, PAUSE, TIMED = (
    {"do": "bake", "duration": SPAN},
    {"do": "check"},
    {"do": "pause"},
    {"do": "pause", "duration": SPAN},
)
ASK = {"do": "approval", "approval": "go"}


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([weight(5), BAKE, weight(50), CHECK], [weight(5), PAUSE, weight(50), PAUSE]),
        ([weight(5), BAKE, CHECK, PAUSE], [weight(5), PAUSE]),
        ([weight(5), TIMED, weight(50), BAKE], [weight(5), TIMED, PAUSE, weight(50), PAUSE]),
        ([weight(5), weight(50)], [weight(5), PAUSE, weight(50), PAUSE]),
        ([weight(5), ASK, weight(100)], [weight(5), ASK, weight(100)]),
        ([weight(0), weight(100)], [weight(0), weight(100)]),
    ],
)
def test_without_metrics_a_person_looks_at_every_share(steps: list[Any], left: list[Any]) -> None:
    changed = without_metrics(rollout(*steps))
    assert steps_of(changed) == steps_of(rollout(*left))
    assert changed.rollout is not None
    assert (changed.rollout.analyses, changed.rollout.metrics) == ((), False)


step_lists = st.lists(
    st.sampled_from([weight(0), weight(5), weight(100), BAKE, CHECK, PAUSE, TIMED, ASK]), min_size=1
)


@given(step_lists)
def test_no_share_of_the_traffic_goes_on_unseen(steps: list[Any]) -> None:
    found = steps_of(without_metrics(rollout(*steps)))
    assert not any(isinstance(step, Bake | CheckStep) for step in found)
    assert [step for step in found if isinstance(step, SetWeight)] == [
        step for step in steps_of(rollout(*steps)) if isinstance(step, SetWeight)
    ]
    shares: list[list[Step]] = []
    for step in found:
        if isinstance(step, SetWeight):
            shares.append([])
        elif shares:
            shares[-1].append(step)
    moved = [step.weight for step in found if isinstance(step, SetWeight)]
    for share, seen in zip(moved, shares, strict=True):
        assert share in {0, 100} or any(step == Pause() or isinstance(step, ApprovalStep) for step in seen)


@given(step_lists)
def test_taking_the_metrics_away_twice_is_taking_them_away_once(steps: list[Any]) -> None:
    once = without_metrics(rollout(*steps))
    assert without_metrics(once) == once


def test_a_working_day_takes_a_minute_in_a_demo() -> None:
    due = [
        {"key": f"t{n}", "title": "T", "function": "qa", "due": span}
        for n, span in enumerate(["1d", "3h", "1m"])
    ]
    stage = in_demo(rollout(weight(5), tasks=due), Calendar())
    assert [task.due and str(task.due.within) for task in stage.tasks] == ["1m", "20s", "5s"]


def test_a_date_before_the_go_live_becomes_a_span_from_now() -> None:
    due = {"within": "10d", "before_go_live": True}
    stage = in_demo(
        rollout(weight(5), tasks=[{"key": "t", "title": "T", "function": "qa", "due": due}]), Calendar()
    )
    assert stage.tasks[0].due is not None
    assert (str(stage.tasks[0].due.within), stage.tasks[0].due.before_go_live) == ("10m", False)


def test_rollouts_take_seconds_and_approvals_never_expire_at_once() -> None:
    approval = {"key": "go", "title": "Go", "rules": [{"function": "qa"}], "due": "1d", "expires_in": "2d"}
    stage = in_demo(
        rollout(weight(5), BAKE, PAUSE, {"do": "pause", "duration": "2s"}, approvals=[approval]), Calendar()
    )
    assert [str(step.duration) for step in steps_of(stage)[1:] if isinstance(step, Pause | Bake)] == [
        "3s",
        "None",
        "2s",
    ]
    assert stage.rollout is not None
    analysis = stage.rollout.analyses[0]
    assert (str(analysis.interval), str(analysis.initial_delay), analysis.count) == ("1s", "1s", 2)
    asked: Approval = stage.approvals[0]
    assert (str(asked.due), str(asked.expires_in)) == ("1m", "15m")


def test_working_days_of_a_calendar() -> None:
    split = Calendar.model_validate(
        {"hours": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "18:00"}]}
    )
    assert working_seconds(split) == 8 * 3600
    assert working_seconds(demo_calendar(split)) == 24 * 3600


def test_what_is_overdue_in_a_demo_is_told_again_after_a_demos_day() -> None:
    assert demo_ladder(Ladder(), Calendar()).overdue_every == Span(seconds=60)
