"""Aborts, rollbacks and what is done on the way back. Each test failed before its rule was mended."""

from __future__ import annotations

from datetime import timedelta

from golive import commands as c
from golive import rules
from golive.explain import current_details
from tests.rules.acting import (
    approve,
    complete,
    to_grey,
    to_sign_off,
)
from tests.rules.plans import (
    GREY,
    SIGNED,
    UAT,
    make_plan,
    task,
    whole,
)
from tests.rules.world import started, words
from workflows.go_live import PROCESSES


def test_back_out_tasks_come_in_order_remind_and_are_closed_by_an_abort() -> None:
    back_out = [
        task("restore", function="dev", due="1d"),
        task("tell", function="dev", needs=["grey.restore"]),
    ]
    world = to_grey(started(make_plan(UAT, SIGNED, {**GREY, "on_rollback": back_out})))
    world.act(c.Rollback(reason=words()), "rm")
    assert [world.run.state.tasks[f"grey.{key}"].state for key in ("restore", "tell")] == ["open", "locked"]
    world.tick()
    assert "StableConfirmed" in world.types()
    assert world.lock_holder is None, "stable again: the service is free, though back-out goes on"
    world.tick(timedelta(days=2))
    assert "Escalated" in world.types()
    complete(world, "grey.restore", "dev1")
    assert world.run.state.state == "rolling_back"
    assert world.run.state.tasks["grey.tell"].state == "open"
    world.act(c.Abort(reason=words()), "rm")
    assert world.run.state.state == "aborted"
    assert world.run.state.tasks["grey.tell"].state == "locked"


def test_a_rollback_before_any_traffic_claims_nothing() -> None:
    world = to_sign_off(started(whole()))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    world.act(c.Rollback(reason=words()), "rm")
    world.lock_holder = None
    world.tick(timedelta(hours=1))
    assert world.run.state.state == "rolling_back"
    assert world.lock_holder is None


def test_the_final_report_is_written_when_every_stage_has_ended() -> None:
    world = started(make_plan(UAT, SIGNED))
    world.act(c.Abort(reason=words()), "rm")
    types = world.types()
    assert types.index("StageFailed") < types.index("StageSkipped") < types.index("ReportWritten")
    assert types[-1] == "RunAborted"


def test_behind_the_point_of_no_return_nothing_rolls_back_and_an_abort_still_ends_the_run() -> None:
    tasks = [task("open", point_of_no_return=True), task("watch")]
    world = started(make_plan({**UAT, "tasks": tasks, "on_rollback": [task("restore")]}))
    back = c.Rollback(reason=words())
    rules.check(world.run, world.command(back, "rm"), world.now)
    world.act(c.CompleteTask(task="uat.open"), "qa1")
    assert world.refused(back, "rm") == "point_of_no_return"
    assert world.refused(c.ReopenTask(task="uat.open", reason=words()), "rm") == "point_of_no_return"
    assert "No way back" in current_details(world.run, PROCESSES)
    world.act(c.Abort(reason=words()), "rm")
    assert world.run.state.state == "aborted"
