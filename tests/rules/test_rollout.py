"""When traffic may move, and who holds the service. Each test failed before its rule was mended."""

from __future__ import annotations

from typing import Any

import pytest

from golive import commands as c
from golive.effects import Shifted
from golive.rollout_words import policy_words
from golive.template_rollouts import Rollout
from tests.rules.acting import (
    approve,
    complete,
    shown,
    to_grey,
    to_sign_off,
)
from tests.rules.plans import (
    GREY,
    SIGNED,
    UAT,
    make_plan,
    release,
    task,
    whole,
)
from tests.rules.world import started, words

SLOW: dict[str, Any] = {
    **GREY,
    "rollout": {"steps": [{"do": "pause"}, {"do": "set_weight", "weight": 5}, {"do": "pause"}]},
}


def test_the_subject_is_compared_before_traffic_moves_also_after_other_steps() -> None:
    world = to_grey(started(make_plan(UAT, SIGNED, SLOW)))
    world.run.state.tasks["uat.read"].evidence = "sha256:" + "f" * 64  # as if a bug had changed it
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 0
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 5


def test_a_new_build_before_the_first_traffic_starts_the_rollout_over() -> None:
    world = to_grey(started(make_plan(UAT, SIGNED, SLOW)))
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    complete(world, "uat.run", "qa1")
    approve(world, "ops1")
    approve(world, "qa3")
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 5
    assert world.refused(c.NewBuild(release=release("1.0.2"), reason=words()), "rm") == "traffic_moved"


def test_a_fenced_shift_of_a_run_that_goes_on_stops_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    world = to_sign_off(started(whole()))
    monkeypatch.setattr(world, "_shift", lambda _: Shifted(weight=0, fenced=True))
    approve(world, "ops1")
    approve(world, "qa3")
    assert any(wait.what == "promote" for wait in shown(world).waits) or shown(world).blocked_by
    assert not world.run.state.lock.held
    monkeypatch.undo()
    world.act(c.RetryRollout(reason=words()), "rm")
    assert world.traffic == 5


def test_a_second_holder_is_superseded_too_and_a_rollout_that_does_not_wait_has_no_say() -> None:
    full = {
        **GREY,
        "id": "full",
        "needs": ["grey"],
        "rollout": {"steps": [{"do": "set_weight", "weight": 100}]},
    }
    grey = {**GREY, "rollout": {**GREY["rollout"], "on_conflict": "supersede"}}
    world = to_sign_off(started(make_plan(UAT, SIGNED, grey, full)))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    world.lock_holder = "third"
    world.tick()
    assert world.superseded == ["other", "third"]
    full["rollout"]["on_conflict"] = "refuse"
    world = to_sign_off(started(make_plan(UAT, SIGNED, GREY, full)))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.run.state.state == "running"


def test_behind_the_point_of_no_return_bad_health_stops_the_rollout_for_a_person() -> None:
    grey = {**GREY, "needs": [], "tasks": [task("open", point_of_no_return=True)]}
    world = started(make_plan(grey))
    world.act(c.CompleteTask(task="grey.open"), "qa1")
    world.act(c.Promote(reason=words()), "rm")
    world.verdict("unhealthy")
    assert world.run.state.state == "running"
    rollout = world.run.state.stages["grey"].rollout
    assert rollout
    assert rollout.phase == "stopped"
    assert "AlertRaised" in world.types()


def test_what_happens_by_itself_is_told_of_health_only_where_it_is_measured() -> None:
    steps = [{"do": "pause"}, {"do": "set_weight", "weight": 100}]
    rollout = Rollout.model_validate({"steps": steps, "on_unhealthy": "rollback"})
    told = [
        [str(said) for said in policy_words(each)]
        for each in (rollout, rollout.model_copy(update={"metrics": False}))
    ]
    other = "when another run holds the service, this one waits"
    assert told == [
        ["when health is bad, traffic goes back by itself", other],
        ["nothing is measured: people look at each step", other],
    ]
