"""When stages open, and what opens them again. Each test failed before its rule was mended."""

from __future__ import annotations

from typing import Any

from golive import commands as c
from tests.rules.acting import (
    complete,
    decision,
    states,
    to_grey,
    to_sign_off,
)
from tests.rules.plans import (
    GREY,
    REVIEW,
    SIGN_OFF,
    SIGNED,
    UAT,
    make_plan,
    task,
)
from tests.rules.world import started, words

PREPARED: dict[str, Any] = {
    "id": "prep",
    "process": "preparation",
    "title": "Preparation",
    "tasks": [task("merge")],
}


def test_nothing_goes_on_while_any_stage_before_is_open_again() -> None:
    world = started(make_plan(PREPARED, {**UAT, "needs": ["prep"]}, SIGNED, GREY))
    complete(world, "prep.merge", "qa1")
    to_sign_off(world)
    world.act(decision(world, "sign-off.sign", "returned", task="prep.merge"), "ops1")
    assert states(world)["prep"] == "open"
    assert world.run.state.approvals["sign-off.sign"].state == "returned"
    assert world.types()[-1] != "ApprovalRequested"
    complete(world, "prep.merge", "qa1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_returned_names_a_task_that_was_done_and_waits_until_it_is_done_again() -> None:
    signed = {**SIGNED, "tasks": [task("collect", function="dev")], "approvals": [{**SIGN_OFF, "after": []}]}
    world = to_sign_off(started(make_plan(UAT, signed, GREY, REVIEW)))
    assert (
        world.refused(decision(world, "sign-off.sign", "returned", task="review.lessons"), "ops1")
        == "task_missing"
    )
    world.act(decision(world, "sign-off.sign", "returned", task="sign-off.collect"), "ops1")
    assert world.run.state.approvals["sign-off.sign"].state == "returned"
    assert "TaskReopened" in world.types()
    complete(world, "sign-off.collect", "dev1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_a_task_after_the_rollout_may_be_opened_again_and_a_signed_one_not() -> None:
    world = to_grey(started(make_plan(UAT, SIGNED, GREY, {**REVIEW, "tasks": [task("a"), task("b")]})))
    world.act(c.PromoteFull(reason=words()), "rm")
    world.verdict("healthy")
    complete(world, "review.a", "qa1")
    world.act(c.ReopenTask(task="review.a", reason=words()), "qa1")
    assert world.refused(c.ReopenTask(task="uat.read", reason=words()), "rm") == "traffic_moved"
