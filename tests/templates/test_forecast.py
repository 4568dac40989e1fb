"""What a plan foresees: dates in working time, who is asked, how fast traffic moves and comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from golive.forecast import Preview, expected, preview
from golive.plan import Plan
from tests.templates.library import NOW, PEOPLE, bundled, plan_of, written

BODY = """calendar: {time_zone: Asia/Shanghai}
stages:
- id: work
  process: preparation
  title: W
  tasks:
  - {key: a, title: A, function: dev, due: 4h, verify: true}
  - {key: b, title: B, function: qa, due: {within: 1d, after: a}, needs: [a]}
  - {key: c, title: C, function: qa}
  approvals:
  - {key: go, title: Go, rules: [{function: dev, mode: n, min: 2}, {function: qa}], after: [b], due: 1h}
- id: aside
  process: preparation
  title: S
  tasks: [{key: d, title: D, function: ops, due: {within: 1d, after: work.a}}]
- id: roll
  process: grey_release
  title: R
  needs: [work, aside]
  rollout:
    analyses:
    - {metric: m, success: '>= 1', interval: 1m, failure_limit: 2, initial_delay: 30s}
    - {metric: n, success: '>= 1', interval: 10m, count: 3}
    steps:
    - {do: set_weight, weight: 10}
    - {do: pause}
    - {do: bake, duration: 20m}
    - {do: check}
    - {do: set_weight, weight: 100}
    - {do: pause, duration: 5m}
  on_rollback: [{key: undo, title: U, function: dba}]
- {id: care, process: hypercare, title: H, needs: [roll], observe: 1d}
"""
LIBRARY = written(t=BODY)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time of November 2026 in Shanghai; NOW is Monday the 23rd, 10:00."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def foreseen(**asked: Any) -> Preview:
    return preview(plan_of(LIBRARY, "t", **asked), NOW)


def test_stages_follow_the_critical_path_in_working_time() -> None:
    found = {stage.stage: (stage.opens_at, stage.ends_at) for stage in foreseen().stages}
    # a until 14:00, b until Tuesday 14:00, the approval an hour more
    assert found["work"] == (at(23, 10), at(24, 15))
    assert found["aside"] == (at(23, 10), at(24, 14))
    # 20 min of baking, a check of 3 measurements 10 min apart, a pause of 5 min: on the clock
    assert found["roll"] == (at(24, 15), at(24, 15, 45))
    assert found["care"] == (at(24, 15, 45), at(25, 15, 45))
    assert foreseen().ends_at == at(25, 15, 45)
    assert foreseen().first_traffic_at == at(24, 15)


def test_a_later_start_moves_everything() -> None:
    plan = plan_of(LIBRARY, "t", start_at=at(27, 17))
    assert preview(plan, NOW).start == at(27, 17)
    # Friday 17:00 and four working hours is Monday 12:00
    assert preview(plan, NOW).asked[0].due_at == at(30, 12)
    assert expected(plan, NOW) == preview(plan, NOW).stages


def test_what_has_happened_moves_what_is_expected_and_nothing_is_expected_in_the_past() -> None:
    plan = plan_of(LIBRARY, "t")
    planned = {each.stage: each.opens_at for each in expected(plan, NOW)}
    late = at(25, 12)
    opened = {"work": NOW, "aside": NOW}
    now = {each.stage: each for each in expected(plan, NOW, opened, late)}
    # “a” is done now at the earliest, “b” a working day later, and the approval takes an hour
    assert (now["work"].opens_at, now["work"].ends_at) == (NOW, at(26, 13))
    assert planned["roll"] < now["roll"].opens_at == at(26, 13)
    assert now["care"].opens_at == at(26, 13, 45)
    early = {**opened, "work.a": at(23, 11), "work.b": at(23, 12), "work.go": at(23, 13)}
    early |= {"work.": at(23, 13), "aside.d": at(23, 12), "aside.": at(23, 12)}
    now = {each.stage: each for each in expected(plan, NOW, early, at(23, 14))}
    assert now["work"].ends_at == at(23, 13)
    assert planned["roll"] > now["roll"].opens_at == at(23, 14)


def test_it_says_who_is_asked_for_what_and_when() -> None:
    people = {**PEOPLE, "dev": ["rm", "ann", "bo"]}
    found = foreseen(people=people).asked
    assert [(each.ref, each.what, each.function, each.count, each.at) for each in found] == [
        ("work.a", "task", "dev", 1, at(23, 10)),
        ("work.a", "verify", "dev", 1, at(23, 14)),
        ("work.b", "task", "qa", 1, at(23, 14)),
        ("work.c", "task", "qa", 1, at(23, 10)),
        ("work.go", "approval", "dev", 2, at(24, 14)),
        ("work.go", "approval", "qa", 1, at(24, 14)),
        ("aside.d", "task", "ops", 1, at(23, 10)),
        ("roll.undo", "back_out", "dba", 1, None),
    ]
    assert found[0].people == ("rm", "ann", "bo")
    assert found[4].people == ("ann", "bo"), "who starts the run does not sign"
    assert [each.due_at for each in found[4:6]] == [at(24, 15)] * 2


def test_it_says_how_fast_traffic_moves_and_comes_back() -> None:
    (rollout,) = foreseen().rollouts
    assert [str(step) for step in rollout.steps][:2] == [
        "10 % to the new version",
        "pause until a person promotes",
    ]
    assert rollout.shortest == (20 + 20 + 5) * 60
    assert rollout.to_full == (20 + 20) * 60
    # two tolerated failures, the end of a step, its delay, two more tolerated ones; then 30 s for the shift
    assert rollout.to_rollback == 5 * 60 + 30 + 30
    assert foreseen().shortest_to_full == 40 * 60


@pytest.mark.parametrize(
    ("written_as", "instead"),
    [
        ("interval: 1m, failure_limit: 2, initial_delay: 30s", "initial_delay: 30s"),
        ("initial_delay: 30s", "initial_delay: 30s, dry_run: true"),
        ("    analyses:\n", "    on_unhealthy: hold\n    analyses:\n"),
    ],
)
def test_it_promises_no_rollback_that_takes_a_person(written_as: str, instead: str) -> None:
    plan = plan_of(written(t=BODY.replace(written_as, instead)), "t")
    assert preview(plan, NOW).rollouts[0].to_rollback is None


def test_without_metrics_it_says_that_people_look() -> None:
    found = foreseen(metrics=False)
    assert found.rollouts[0].to_rollback is None
    assert "Nothing is measured here: every step of the rollout pauses for a person." in map(str, found.notes)


def test_a_go_live_that_comes_too_late_is_told() -> None:
    notes = [str(note) for note in foreseen(go_live_at=at(24, 9)).notes]
    assert notes[0].startswith("Traffic moves first at 2026-11-24 07:00 UTC")
    assert notes[0].endswith("after the planned go-live at 2026-11-24 01:00 UTC.")
    assert not any("Traffic" in str(note) for note in foreseen(go_live_at=at(25, 9)).notes)


def test_days_before_the_go_live_count_backwards() -> None:
    body = BODY.replace("function: qa}", "function: qa, due: {within: 1d, before_go_live: true}}", 1)
    asked = preview(plan_of(written(t=body), "t", go_live_at=at(30, 11)), NOW).asked
    assert asked[3].due_at == at(27, 11)
    assert preview(plan_of(written(t=body), "t"), NOW).asked[3].due_at is None


def test_a_long_chain_of_tasks_is_foreseen() -> None:
    chain = "".join(
        f"  - {{key: t{n}, title: T, function: qa{f', needs: [t{n - 1}]' if n else ''}}}\n"
        for n in range(900)
    )
    plan = plan_of(written(t=f"stages:\n- id: s\n  process: uat\n  title: S\n  tasks:\n{chain}"), "t")
    assert expected(plan, NOW)[0].ends_at == NOW


@pytest.mark.parametrize("metrics", [True, False])
@pytest.mark.parametrize("pace", ["real", "demo"])
def test_the_bundled_go_live_is_foreseen(pace: str, metrics: bool) -> None:
    plan: Plan = plan_of(bundled(), "saas-standard", parameters={"pace": pace}, metrics=metrics)
    found = preview(plan, NOW)
    for stage, needs in zip(found.stages, (stage.needs for stage in plan.stages), strict=True):
        ends = [each.ends_at for each in found.stages if each.stage in needs]
        assert stage.opens_at == max(ends, default=NOW)
        assert stage.ends_at >= stage.opens_at
    assert Preview.model_validate_json(found.model_dump_json()) == found
    if pace == "demo":
        assert found.ends_at - NOW < timedelta(minutes=30)
