"""What lies behind, or what traffic has moved on, is amended no more."""

from __future__ import annotations

from typing import Any

import pytest

from golive import commands as c
from tests.rules.acting import approve, complete, states, to_grey, to_sign_off
from tests.rules.amending import (
    MORE_TASKS,
    SMOKE,
    amend,
    ask,
    asking,
    changed,
    deciding,
    rollout,
    steps,
)
from tests.rules.plans import GREY, REVIEW, SIGN_OFF, SIGNED, UAT, gate, make_plan, task, whole
from tests.rules.world import T0, started, words


def test_under_traffic_what_was_signed_stays_and_what_comes_can_change() -> None:
    world = to_grey(started(whole()))
    assert world.traffic == 5
    for plan in (
        changed(whole(), "uat", **MORE_TASKS),
        changed(whole(), "uat", gates=[gate()]),
        changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "rules": [{"function": "ops"}]}]),
        changed(whole(), "grey", rollout=rollout(steps=GREY["rollout"]["steps"][1:])),
        changed(whole(), "grey", rollout=rollout(analyses=[{"metric": "errors", "success": "<= 1"}])),
        make_plan(UAT, SIGNED, {**REVIEW, "needs": ["sign-off"]}),
    ):
        assert world.refused(asking(world, plan), "rm") == "not_amendable"
    amend(world, changed(whole(), "grey", rollout=steps(20, 100)), "ops2", "qa2")
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 100
    amend(world, changed(world.plan, "review", tasks=[*REVIEW["tasks"], SMOKE]), "ops2", "qa2")
    assert world.run.state.tasks["review.smoke"].state == "open"


def test_an_amendment_that_traffic_has_overtaken_is_not_approved_any_more() -> None:
    world = to_sign_off(started(whole()))
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 5
    assert world.refused(deciding(world), "ops2") == "not_amendable"
    world.act(deciding(world, "rejected"), "ops2")
    assert world.run.state.amendment is None


@pytest.mark.parametrize("field", ["release", "release_manager", "template", "start_at"])
def test_the_facts_of_the_start_stay(field: str) -> None:
    other: dict[str, Any] = {
        "release": whole().release.model_copy(update={"version": "2"}),
        "release_manager": "rm2",
        "template": "other",
        "start_at": T0,
    }
    world = started(whole())
    plan = whole().model_copy(update={field: other[field]})
    assert world.refused(asking(world, plan), "rm") == "not_amendable"


def test_the_process_of_a_stage_and_the_entry_of_one_that_began_stay() -> None:
    plan = make_plan({**UAT, "gates": [gate("entry")]}, SIGNED, GREY, REVIEW)
    world = started(plan)
    assert states(world)["uat"] == "open"
    assert world.refused(asking(world, changed(plan, "uat", gates=[])), "rm") == "not_amendable"
    assert (
        world.refused(asking(world, changed(plan, "review", process="preparation")), "rm") == "not_amendable"
    )
    assert world.refused(asking(world, changed(plan, "uat", process="preparation")), "rm") == "not_amendable"


def test_what_cannot_be_undone_stays_in_the_plan() -> None:
    final = {**UAT, "tasks": [task("cut", point_of_no_return=True), *UAT["tasks"]]}
    world = started(make_plan(final, SIGNED, GREY, REVIEW))
    complete(world, "uat.cut", "qa1")
    plan = changed(world.plan, "uat", tasks=UAT["tasks"])
    assert world.refused(asking(world, plan), "rm") == "not_amendable"
