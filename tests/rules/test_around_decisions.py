"""Withdrawing a decision, reminding, informing; and decisions that cover parts of what they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from golive import commands as c
from golive import rules
from golive.around_decisions import MOST_INFORMED, REMIND_EVERY
from golive.evidence import Remark
from tests.rules.acting import approve, complete, digest
from tests.rules.plans import GREY, SIGN_OFF, SIGNED, UAT, make_plan, release, task
from tests.rules.signing import REF, asked, decide, state, waiting, withdraw
from tests.rules.world import World, started, words

OPS, QA = {"function": "ops"}, {"function": "qa"}


# -- withdrawing ---------------------------------------------------------------------------------------------


def test_a_decision_is_withdrawn_while_others_are_awaited_and_can_be_taken_again() -> None:
    world = asked(OPS, QA)
    approve(world, "ops1")
    assert world.refused(withdraw(), "ops2") == "not_decided"
    world.act(withdraw(), "ops1")
    (made,) = state(world).decisions
    assert (made.withdrawn, made.stale) == (True, True)
    assert "ops1" in waiting(world)
    approve(world, "ops1")
    approve(world, "qa1")
    assert state(world).state == "approved"


def test_what_was_granted_is_asked_again_when_a_decision_is_withdrawn_before_the_gate_opens() -> None:
    """Another approval of the stage is open still, so its gate is closed."""
    second = {**SIGN_OFF, "key": "second", "rules": [QA]}
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [OPS]}, second]}
    world = started(make_plan(signed))
    approve(world, "ops1")
    assert state(world).state == "approved"
    world.act(withdraw(), "ops1")
    assert state(world).state == "pending"
    assert waiting(world) == ["ops1", "ops2", "ops3"]
    approve(world, "qa1", "sign-off.second")
    assert world.run.state.stages["sign-off"].state == "open"


def test_what_others_have_granted_stays_granted_when_a_decision_more_is_withdrawn() -> None:
    second = {**SIGN_OFF, "key": "second", "rules": [QA]}
    first = {**SIGN_OFF, "rules": [OPS, {"function": "dev"}]}
    world = started(make_plan({**SIGNED, "needs": [], "approvals": [first, second]}))
    approve(world, "ops1")
    approve(world, "ops2")
    approve(world, "dev1")
    assert state(world).state == "approved"
    world.act(withdraw(), "ops2")
    assert state(world).state == "approved"


def test_behind_an_open_gate_nothing_is_withdrawn() -> None:
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [OPS]}]}
    world = started(make_plan(signed, {**GREY, "needs": ["sign-off"]}))
    approve(world, "ops1")
    assert world.refused(withdraw(), "ops1") == "gate_opened"


def test_a_reason_is_needed_to_withdraw() -> None:
    world = asked(OPS, QA)
    approve(world, "ops1")
    assert world.refused(c.Withdraw(approval=REF, reason=words(" ")), "ops1") == "reason_missing"


# -- reminding and informing ---------------------------------------------------------------------------------


def test_who_is_awaited_is_reminded_and_not_again_at_once() -> None:
    world = asked(OPS, QA)
    approve(world, "ops1")
    world.act(c.RemindSigners(approval=REF), "rm")
    assert world.told[-1].to == ("qa1", "qa2", "qa3")
    assert world.refused(c.RemindSigners(approval=REF), "qa1") == "reminded_lately"
    world.tick(REMIND_EVERY - timedelta(seconds=1))
    assert world.refused(c.RemindSigners(approval=REF), "rm") == "reminded_lately"
    world.tick(timedelta(seconds=1))
    world.act(c.RemindSigners(approval=REF), "rm")


def test_what_is_asked_is_judged_at_the_moment_at_which_it_is_asked() -> None:
    """Nothing has happened in the run meanwhile, so what it takes for now is older."""
    world = asked(OPS)
    world.act(c.RemindSigners(approval=REF), "rm")
    before, again = world.run.now, world.command(c.RemindSigners(approval=REF), "rm")
    rules.check(world.run, again, before + REMIND_EVERY)
    assert world.run.now == before


def test_who_is_informed_hears_now_and_of_the_end_and_has_no_vote() -> None:
    world = asked(OPS)
    world.act(c.Inform(approval=REF, people=("dev1",)), "ops1")
    assert world.told[-1].to == ("dev1",)
    assert world.refused(decide("approved", world), "dev1") == "may_not_sign"
    approve(world, "ops1")
    (ended,) = [told for told in world.told if "is approved." in str(told.sentence)]
    assert ended.to == ("dev1",)


def test_so_many_are_kept_informed_and_no_more() -> None:
    world = asked(OPS)
    for first in range(0, MOST_INFORMED, 50):
        people = tuple(f"p{n}" for n in range(first, first + 50))
        world.act(c.Inform(approval=REF, people=people), "ops1")
    world.act(c.Inform(approval=REF, people=("p1", "p2")), "ops1")
    assert len(state(world).informed) == MOST_INFORMED
    assert world.refused(c.Inform(approval=REF, people=("p1", "dev1")), "ops1") == "too_many_informed"
    world.run.state.engine = 3
    world.act(c.Inform(approval=REF, people=("dev1",)), "ops1")


# -- parts ---------------------------------------------------------------------------------------------------

WORK = {**UAT, "tasks": [task("run", requires=[{"type": "remark"}])]}


def covering(*rules: dict[str, Any]) -> World:
    world = started(make_plan(WORK, {**SIGNED, "approvals": [{**SIGN_OFF, "rules": list(rules)}]}))
    complete(world, "uat.run", "qa1")
    return world


def again(world: World) -> None:
    """Have the work done otherwise, so that the evidence is another."""
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    world.act(c.CompleteTask(task="uat.run", evidence=(Remark(text=words("otherwise")),)), "qa1")


def test_exactly_the_decisions_that_covered_what_changed_are_stale() -> None:
    world = covering({**OPS, "covers": ["release"]}, QA)
    before = digest(world)
    approve(world, "ops1")
    again(world)
    assert digest(world) != before
    assert not state(world).decisions[0].stale
    assert waiting(world) == ["qa1", "qa2", "qa3"]
    approve(world, "qa2")
    assert state(world).state == "approved"


def test_a_new_build_makes_the_decision_on_the_release_stale_and_not_the_one_on_the_evidence() -> None:
    world = covering({**OPS, "covers": ["release"]}, {**QA, "covers": ["evidence"]})
    approve(world, "ops1")
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert [made.stale for made in state(world).decisions] == [True]
    approve(world, "qa2")
    assert waiting(world) == ["ops1", "ops2", "ops3"]


def test_what_changes_while_nobody_is_asked_lets_go_of_decisions_on_it_as_well() -> None:
    world = covering({**OPS, "covers": ["release"]}, QA)
    approve(world, "ops1")
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    assert (state(world).state, state(world).decisions[0].stale) == ("stale", False)
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    world.act(c.CompleteTask(task="uat.run", evidence=(Remark(text=words("otherwise")),)), "qa1")
    assert state(world).decisions[0].stale
    assert {"ops1", "ops2", "ops3"} <= set(waiting(world))


def test_what_was_approved_stays_so_when_nobody_covered_what_changed() -> None:
    second = {**SIGN_OFF, "key": "second", "rules": [QA]}
    first = {**SIGN_OFF, "rules": [{**OPS, "covers": ["release"]}]}
    world = started(make_plan(WORK, {**SIGNED, "approvals": [first, second]}))
    complete(world, "uat.run", "qa1")
    approve(world, "ops1")
    again(world)
    assert state(world).state == "approved"
    assert [made.stale for made in state(world).decisions] == [False]
    assert world.run.state.approvals["sign-off.second"].state == "pending"
