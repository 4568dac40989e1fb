"""When gates are measured and judged again, and what a closed one says. Each test failed before its rule was mended."""

from __future__ import annotations

from datetime import timedelta

from golive import commands as c
from golive import rules
from golive.effects import Measure, Measured
from golive.evidence import Metric
from golive.explain import blocked_by, stage_waits
from tests.rules.acting import (
    complete,
    rests,
    shown,
    states,
    to_sign_off,
)
from tests.rules.plans import (
    GREY,
    RATE,
    SIGN_OFF,
    SIGNED,
    UAT,
    gate,
    make_plan,
    release,
    task,
)
from tests.rules.world import World, started, words
from workflows.go_live import PROCESSES


def test_a_gate_that_let_a_stage_in_is_not_looked_at_for_ever() -> None:
    world = World(make_plan({**UAT, "gates": [gate("entry", max_age="15m")]}))
    world.setting.measured["errors"] = 0.0
    world.follow()
    assert states(world)["uat"] == "open"
    world.tick(timedelta(hours=1))
    assert rests(world)


def test_a_failed_measurement_is_not_repeated_while_a_task_is_open_again() -> None:
    world = World(make_plan({**UAT, "gates": [gate()]}))
    world.setting.measured["errors"] = 5.0
    world.follow()
    to_sign_off(world)
    world.act(c.ReopenTask(task="uat.read", reason=words()), "rm")
    world.tick(timedelta(hours=1))
    assert rests(world)


def test_one_alert_per_change_of_verdict() -> None:
    world = World(make_plan({**UAT, "gates": [gate()]}))
    world.setting.measured["errors"] = 5.0
    world.follow()
    to_sign_off(world)
    for _ in range(5):
        world.tick(timedelta(minutes=2))
    assert world.types().count("CheckChanged") == 6
    assert world.types().count("AlertRaised") == 1


def test_a_new_build_is_measured_again_and_a_late_result_of_the_former_does_not_count() -> None:
    uat = {**UAT, "tasks": [task("run")], "gates": [gate()]}
    world = World(make_plan(uat, SIGNED | {"approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}))
    world.setting.measured["errors"] = 0.0
    world.follow()
    complete(world, "uat.run", "qa1")
    assert states(world)["uat"] == "passed"
    world.setting.measured["errors"] = 5.0
    late = Measure(
        key="of the former build",
        run_id="r1",
        about="uat/rate.errors",
        service="shop",
        environment="production",
        version="1.0.0",
        metric="errors",
    )
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert states(world)["uat"] == "open"
    rules.measured(world.run, late, Measured(value=0.0, at=world.now), world.now, PROCESSES)
    assert world.run.state.stages["uat"].checks["rate.errors"].state == "fail"


def test_a_measurement_under_way_and_a_check_without_evidence_are_said() -> None:
    world = World(make_plan({**UAT, "tasks": [], "gates": [gate()]}))
    assert "waits for “Errors”" in str(blocked_by(world.run, PROCESSES))
    check = {**RATE, "source": {"task": "uat.run", "fact": "errors"}}
    world = started(
        make_plan({**UAT, "tasks": [task("run")], "gates": [{"key": "g", "title": "G", "checks": [check]}]})
    )
    world.act(c.SetNotApplicable(task="uat.run", reason=words()), "qa1")
    assert "nothing to judge" in str(shown(world).blocked_by)


def test_a_closed_gate_is_a_wait_and_says_what_opens_it() -> None:
    check = {"key": "rate", "title": "Rate", "source": {"task": "uat.run", "fact": "rate"}}
    gate = {
        "key": "good",
        "title": "Good",
        "on": "exit",
        "checks": [{**check, "compare": ">=", "threshold": 1}],
    }
    world = started(make_plan({**UAT, "tasks": [task("run")], "gates": [gate]}))
    done = c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),))
    world.act(done, "qa1")
    (wait,) = stage_waits(world.run, PROCESSES)
    assert (wait.what, wait.object, wait.who) == ("gate", "gate:uat.good", ("rm", "qa1", "qa2", "qa3"))
    assert str(blocked_by(world.run, PROCESSES)) == (
        "Gate “Good” of “UAT” is closed: Rate: 0.5 is not >= 1. "
        "It is judged again once “run” has been opened again and done; rm, qa1, qa2, qa3 can open it."
    )
    world.act(c.ReopenTask(task="uat.run", reason=words()), "qa1")
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=1),)), "qa1")
    assert world.run.state.state == "completed"


def test_a_gate_whose_evidence_is_done_again_awaits_the_task_and_not_itself() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run"), task("read")], "gates": [gate()]}))
    world.setting.measured["errors"] = 5
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    (wait,) = stage_waits(world.run, PROCESSES)
    assert (wait.what, wait.who) == ("gate", ())
    assert wait.next_at == rules.next_due(world.run, PROCESSES)
    assert "measured again by itself" in str(blocked_by(world.run, PROCESSES))
    world.act(c.Hold(reason=words()), "rm")
    assert [each.next_at for each in stage_waits(world.run, PROCESSES)] == [None]
    world.act(c.Resume(reason=words()), "rm")
    world.act(c.ReopenTask(task="uat.read", reason=words()), "qa1")
    assert list(stage_waits(world.run, PROCESSES)) == []
    assert "“read” waits since" in str(blocked_by(world.run, PROCESSES))


def test_a_gate_on_evidence_that_traffic_moved_on_says_what_is_left() -> None:
    judged = {**RATE, "source": {"task": "uat.run", "fact": "rate"}, "compare": ">=", "threshold": 1}
    closed = {"key": "late", "title": "Late", "on": "exit", "checks": [judged]}
    quick = {
        **GREY,
        "needs": ["uat"],
        "gates": [closed],
        "rollout": {"steps": [{"do": "set_weight", "weight": 5}]},
    }
    world = started(make_plan({**UAT, "tasks": [task("run")]}, quick))
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),)), "qa1")
    world.follow()
    assert world.run.state.shifted is not None
    assert "only a rollback or an abort is left" in str(blocked_by(world.run, PROCESSES))
    assert all(wait.who == () for wait in stage_waits(world.run, PROCESSES) if wait.what == "gate")
