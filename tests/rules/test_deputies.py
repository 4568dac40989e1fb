"""Deputies of who is away: who stands in, who does not, and what follows when somebody is back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.commands import Actor
from tests.rules.acting import approve, complete
from tests.rules.directory import OPS, asked_after_a_task, away, happened, is_now
from tests.rules.plans import SIGN_OFF, SIGNED, make_plan, task
from tests.rules.signing import REF, decide, state, waiting
from tests.rules.world import World, started, words


def with_somebody_away(deputy: str | None = "erin", **facts: Any) -> World:
    """Return a run that asks all of ops for a decision, of whom ops1 is away; erin of ops is not in the run."""
    signed = {**SIGNED, "needs": [], "tasks": [task("collect", function="dev")]}
    signed["approvals"] = [{**SIGN_OFF, "rules": [{**OPS, "mode": "all"}]}]
    world = started(make_plan(signed, people={"ops": ("ops1", "ops2"), "dev": ("dev1",)}))
    world.said["erin"] = Actor(**{"name": "erin", "roles": ("approver",), "functions": ("ops",), **facts})
    away(world, "ops1", deputy)
    return world


def test_the_deputy_of_somebody_who_is_away_decides_for_them() -> None:
    world = with_somebody_away()
    complete(world, "sign-off.collect", "dev1")
    assert waiting(world) == ["erin", "ops2"]
    (told,) = happened(world, "DeputyStandsIn")
    assert (told["by"], told["to"]) == ("ops1", "erin")
    assert world.refused(decide("approved", world), "ops1") == "may_not_sign"
    approve(world, "erin")
    approve(world, "ops2")
    (made,) = [each for each in state(world).decisions if each.by == "erin"]
    assert made.on_behalf_of == "ops1"
    assert world.run.state.stages["sign-off"].state == "passed"


@pytest.mark.parametrize(
    "facts",
    [{"enabled": False}, {"roles": ("assignee",)}, {"functions": ("dev",)}],
    ids=["disabled", "without the role", "of another function"],
)
def test_a_deputy_who_could_not_sign_does_not_stand_in_and_the_manager_is_told(facts: Any) -> None:
    world = with_somebody_away(**facts)
    complete(world, "sign-off.collect", "dev1")
    assert waiting(world) == ["ops1", "ops2"]
    (told,) = [each for each in world.told if "nobody stands in" in str(each.sentence)]
    assert told.to == ("rm",)
    assert "ops1 is away until" in str(told.sentence)


@pytest.mark.parametrize("deputy", [None, "ops2", "rm"], ids=["none", "asked anyway", "started"])
def test_who_is_asked_anyway_or_barred_does_not_stand_in(deputy: str | None) -> None:
    world = with_somebody_away(deputy)
    complete(world, "sign-off.collect", "dev1")
    assert waiting(world) == ["ops1", "ops2"]
    assert not happened(world, "DeputyStandsIn")


def test_a_deputy_who_is_away_too_does_not_stand_in() -> None:
    world = with_somebody_away()
    away(world, "erin", "ops2")
    complete(world, "sign-off.collect", "dev1")
    assert not happened(world, "DeputyStandsIn")


def test_nobody_is_told_of_an_absence_without_which_it_can_be_given() -> None:
    world = asked_after_a_task(OPS)
    away(world, "ops1")
    complete(world, "sign-off.collect", "dev1")
    assert waiting(world) == ["ops1", "ops2", "ops3"]
    assert not [each for each in world.told if "nobody stands in" in str(each.sentence)]


def test_who_is_back_early_decides_for_themselves_after_the_next_reminder() -> None:
    world = with_somebody_away()
    complete(world, "sign-off.collect", "dev1")
    del world.away["ops1"]
    world.act(c.RemindSigners(approval=REF), "rm")
    assert waiting(world) == ["ops1", "ops2"]
    assert happened(world, "DelegationEnded")


def test_an_absence_that_begins_later_is_noticed_at_the_next_reminder_of_the_clock() -> None:
    world = with_somebody_away(deputy=None)
    world.away.clear()
    complete(world, "sign-off.collect", "dev1")
    away(world, "ops1", "erin", days=30)
    while not happened(world, "Reminded"):
        world.tick()
    assert waiting(world) == ["erin", "ops2"]


def test_a_decision_for_somebody_stands_when_they_are_back() -> None:
    world = with_somebody_away()
    complete(world, "sign-off.collect", "dev1")
    approve(world, "erin")
    del world.away["ops1"]
    world.act(c.RemindSigners(approval=REF), "rm")
    assert waiting(world) == ["ops2"]
    approve(world, "ops2")
    assert world.run.state.stages["sign-off"].state == "passed"


def test_who_has_handed_over_by_themselves_is_not_deputised() -> None:
    world = with_somebody_away(deputy=None)
    complete(world, "sign-off.collect", "dev1")
    until = world.now + timedelta(days=1)
    world.act(c.Delegate(approval=REF, to=world.said["erin"], until=until, reason=words()), "ops1")
    away(world, "ops1", "olga")
    world.said["olga"] = Actor(name="olga", roles=("approver",), functions=("ops",))
    world.act(c.RemindSigners(approval=REF), "rm")
    assert waiting(world) == ["erin", "ops2"]


def test_a_deputy_who_can_sign_no_more_gives_the_seat_back() -> None:
    world = with_somebody_away()
    complete(world, "sign-off.collect", "dev1")
    is_now(world, "erin", enabled=False)
    world.act(c.RemindSigners(approval=REF), "rm")
    assert waiting(world) == ["ops1", "ops2"]
