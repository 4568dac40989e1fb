"""Exceptions to a check: who asks, who grants, for which build, until when; and that not run is never passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.closed_gates import closed_gate
from golive.errors import Conflict
from golive.evidence import Metric
from golive.gates import gate_view
from golive.state import WaiverState
from golive.waivers import MOST_WAIVERS
from tests.rules.acting import approve, rests, states
from tests.rules.plans import GREY, SIGN_OFF, SIGNED, UAT, make_plan, release, task
from tests.rules.world import World, started, words

CHECK = "uat/rate.passed"
HOUR = timedelta(hours=1)
PASS_RATE = {
    "key": "passed",
    "title": "Passed",
    "source": {"task": "uat.run", "fact": "rate"},
    "compare": ">=",
    "threshold": 1,
}
MEASURED = task("run", per_build=True, requires=[{"type": "metric", "name": "rate"}])
RATED: dict[str, Any] = {
    **UAT,
    "tasks": [MEASURED],
    "gates": [{"key": "rate", "title": "Rate", "checks": [PASS_RATE]}],
}


def failing(*more: dict[str, Any]) -> World:
    """Return a run whose one gate is closed, since three in a hundred tests failed."""
    world = started(make_plan(RATED, *more))
    measure(world, 0.97)
    return world


def measure(world: World, value: float) -> None:
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=value),)), "qa1")


def asking(world: World, **more: Any) -> c.RequestWaiver:
    said = {name: words(name) for name in ("reason", "risk", "mitigation")}
    given = {"check": CHECK, "ends_at": world.now + HOUR, **said, **more}
    return c.RequestWaiver(**given)


def waiver(world: World) -> WaiverState:
    return world.run.state.waivers[-1]


def granting(world: World, **more: Any) -> c.DecideWaiver:
    return c.DecideWaiver(**{"waiver": waiver(world).id, "decision": "approved", **more})


def excepted(*more: dict[str, Any], **asked: Any) -> World:
    world = failing(*more)
    world.act(asking(world, **asked), "qa1")
    world.act(granting(world), "ops1")
    return world


def shown(world: World) -> str:
    stage = world.run.index.stages["uat"]
    return gate_view(world.run, stage, stage.gates[0]).state


def test_a_gate_whose_failing_check_is_excepted_opens_and_says_so() -> None:
    world = failing()
    assert states(world) == {"uat": "open"}
    world.act(asking(world), "qa1")
    assert world.told[-1].to == ("dev1", "dev2", "ops1", "ops2", "ops3")
    assert states(world) == {"uat": "open"}
    world.act(granting(world), "ops1")
    assert shown(world) == "pass_with_waiver"
    assert world.run.state.stages["uat"].state == "passed"


def test_who_shares_a_function_with_the_requester_does_not_decide() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    assert world.refused(granting(world), "qa1") == "may_not_waive"
    assert world.refused(granting(world), "qa2") == "may_not_waive"
    assert world.refused(granting(world), "rm") == "role_missing"
    world.act(granting(world), "dev1")
    assert world.refused(granting(world), "ops1") == "run_ended"


def test_who_did_what_is_judged_grants_no_exception_to_it_whoever_asked() -> None:
    world = failing()
    world.act(asking(world), "dev1")
    assert "qa1" not in world.told[-1].to
    assert world.refused(granting(world), "qa1") == "may_not_waive"
    world.act(granting(world), "qa2")
    assert shown(world) == "pass_with_waiver"


def test_who_does_not_act_in_the_run_asks_for_no_exception() -> None:
    world = failing()
    outsider = c.Actor(name="olga", roles=("assignee", "approver"), functions=("legal",))
    assert world.refused(asking(world), outsider) == "may_not_waive"
    world.act(asking(world), "rm")


def test_a_refusal_needs_its_reason_and_leaves_the_gate_closed() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    assert world.refused(granting(world, decision="rejected"), "ops1") == "reason_missing"
    world.act(granting(world, decision="rejected", comment=words()), "ops1")
    assert waiver(world).state == "rejected"
    assert shown(world) == "fail"
    world.act(asking(world), "qa1")


def test_what_was_not_run_or_passes_cannot_be_excepted() -> None:
    world = started(make_plan(RATED, SIGNED))
    assert world.refused(asking(world), "qa1") == "check_not_blocking"
    measure(world, 1.0)
    assert world.refused(asking(world), "qa1") == "check_not_blocking"


def test_so_many_are_asked_for_in_one_run_and_no_more() -> None:
    world = failing()
    for n in range(MOST_WAIVERS):
        world.act(asking(world), "qa1")
        world.act(c.DecideWaiver(waiver=waiver(world).id, decision="rejected", comment=words()), "ops1")
        assert len(world.run.state.waivers) == n + 1
    assert world.refused(asking(world), "qa1") == "too_many_waivers"
    world.run.state.engine = 3
    world.act(asking(world), "qa1")


def test_who_decides_too_late_is_told_that_the_time_is_over() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    world.now += HOUR
    with pytest.raises(Conflict) as refused:
        world.act(granting(world), "ops1")
    assert refused.value.code == "waiver_closed"
    told = "The time for which a waiver of “Passed” was asked for is over; nothing is decided on it any more."
    assert str(refused.value) == told


def test_while_one_is_open_no_other_is_asked_for() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    assert world.refused(asking(world), "qa1") == "waiver_open"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"check": "uat/rate.other"}, "unknown_check"),
        ({"check": "other/rate.passed"}, "unknown_check"),
        ({"reason": words(" ")}, "reason_missing"),
        ({"risk": words(" ")}, "reason_missing"),
        ({"mitigation": words(" ")}, "reason_missing"),
    ],
)
def test_an_exception_names_a_check_and_says_why_with_which_risk_and_what_is_done(
    given: dict[str, Any], code: str
) -> None:
    world = failing()
    assert world.refused(asking(world, **given), "qa1") == code


def test_an_exception_ends_after_it_begins() -> None:
    world = failing()
    assert world.refused(asking(world, ends_at=world.now), "qa1") == "waiver_times"
    later = world.now + 2 * HOUR
    assert world.refused(asking(world, starts_at=later, ends_at=world.now + HOUR), "qa1") == "waiver_times"


def test_nobody_is_asked_where_nobody_of_another_function_takes_part() -> None:
    world = started(make_plan(RATED, people={"qa": ("qa1", "qa2")}))
    measure(world, 0.5)
    assert world.refused(asking(world), "qa1") == "nobody_decides"


def test_when_its_time_is_over_the_check_blocks_again() -> None:
    """The stage had passed by it; the sign-off after it is open still, and traffic has not moved."""
    world = excepted(
        {**SIGNED, "approvals": [{**SIGN_OFF, "rules": [{"function": "dev"}, {"function": "ops"}]}]}
    )
    assert states(world) == {"uat": "passed", "sign-off": "open"}
    approve(world, "ops2")
    while waiver(world).state != "expired":
        world.tick()
    assert states(world) == {"uat": "open", "sign-off": "open"}
    assert shown(world) == "fail"
    assert "Rate" in str(closed_gate(world.run))
    assert [made.stale for made in world.run.state.approvals["sign-off.sign"].decisions] == [True]
    assert rests(world)


def test_what_is_granted_for_later_begins_later() -> None:
    world = failing()
    world.act(asking(world, starts_at=world.now + HOUR, ends_at=world.now + 2 * HOUR), "qa1")
    world.act(granting(world), "ops1")
    assert shown(world) == "fail"
    world.tick(HOUR)
    assert world.run.state.stages["uat"].state == "passed"


def test_what_nobody_decided_is_over_and_grants_nothing() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    world.tick(HOUR)
    assert waiver(world).state == "expired"
    assert shown(world) == "fail"
    assert world.refused(granting(world), "ops1") == "waiver_closed"


def test_an_exception_is_for_one_build() -> None:
    world = excepted(SIGNED)
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert waiver(world).state == "ended"
    measure(world, 0.5)
    assert shown(world) == "fail"
    assert world.run.state.stages["uat"].state == "open"


def test_who_signs_later_signs_the_waiver_too() -> None:
    (signed,) = subject(excepted(SIGNED))["waivers"]
    assert (signed["check"], signed["by"], signed["decided_by"]) == (CHECK, "qa1", "ops1")
    plain = started(make_plan({**RATED, "gates": []}, SIGNED))
    measure(plain, 0.97)
    assert "waivers" not in subject(plain)


def subject(world: World) -> dict[str, Any]:
    """Return what is signed, as the read model was told it."""
    told = [change.subject for batch in world.batches for change in batch.approvals if change.subject]
    return told[-1]


# -- what a strict reader tried ------------------------------------------------------------------------------


def test_who_decides_is_judged_by_the_functions_that_they_have_now() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    turned = world.actor("ops1").model_copy(update={"functions": ("qa",)})
    assert world.refused(granting(world), turned) == "may_not_waive"
    stranger = world.actor("ops1").model_copy(update={"name": "erin", "functions": ("ops",)})
    assert world.refused(granting(world), stranger) == "may_not_waive"


def test_other_evidence_than_that_which_was_waived_is_not() -> None:
    world = excepted(SIGNED)
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    assert waiver(world).state == "ended"
    measure(world, 0.02)
    assert shown(world) == "fail"
    assert states(world)["uat"] == "open"


def test_what_is_asked_for_ends_with_the_run() -> None:
    world = failing()
    world.act(asking(world), "qa1")
    world.act(c.Abort(reason=words()), "rm")
    assert world.run.state.state == "aborted"
    assert waiver(world).state == "ended"


def test_a_waiver_that_is_over_before_traffic_moves_keeps_it_where_it_is() -> None:
    """An act or the lock may come before the clock: what is over is over at once."""
    world = excepted({**GREY, "needs": ["uat"], "rollout": {**GREY["rollout"], "steps": STEPS}})
    assert world.run.state.shifted is not None
    held = failing({**GREY, "needs": ["uat"]})
    held.act(asking(held), "qa1")
    held.act(c.Hold(reason=words()), "rm")
    held.act(granting(held), "ops1")
    held.tick(2 * HOUR)
    held.act(c.Resume(reason=words()), "rm")
    assert waiver(held).state == "expired"
    assert held.run.state.shifted is None
    assert states(held)["uat"] == "open"


STEPS = [{"do": "set_weight", "weight": 5}, {"do": "pause"}, {"do": "set_weight", "weight": 100}]


def test_once_traffic_has_moved_no_signature_is_asked_again_for_a_waiver_that_is_over() -> None:
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": [{"function": "dev"}, {"function": "ops"}]}]}
    grey = {**GREY, "rollout": {**GREY["rollout"], "steps": STEPS}}
    world = excepted(signed, grey)
    approve(world, "dev1")
    approve(world, "ops2")
    assert world.run.state.shifted is not None
    while waiver(world).state != "expired":
        world.tick()
    assert world.run.state.approvals["sign-off.sign"].state == "approved"
    assert states(world)["uat"] == "passed"
    world.act(c.Promote(reason=words()), "rm")
    assert world.run.state.weight == 100


def test_a_waiver_of_an_entry_gate_that_is_over_stops_the_run_before_traffic_moves() -> None:
    """The stage was opened by it and waits for a person: nothing moves on what nobody stands for any more."""
    entry = {"key": "rate", "title": "Rate", "on": "entry", "checks": [PASS_RATE]}
    later = {
        **SIGNED,
        "needs": ["uat"],
        "gates": [entry],
        "approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}],
    }
    world = started(make_plan({**RATED, "gates": []}, later, {**GREY, "needs": ["sign-off"]}))
    measure(world, 0.97)
    assert states(world)["sign-off"] == "locked"
    world.act(asking(world, check="sign-off/rate.passed"), "qa1")
    world.act(granting(world), "dev1")
    assert states(world)["sign-off"] == "open"
    while waiver(world).state != "expired":
        world.tick()
    assert world.run.state.state == "held"
    assert world.run.state.shifted is None
