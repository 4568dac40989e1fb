"""Where the approval asks for it, only who has just proved again who they are signs: a token alone is no signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.commands import Actor, Authenticated
from golive.errors import Refused
from golive.reauthentication import FRESH
from tests.rules.acting import digest
from tests.rules.signing import REF, asked, decide, state, withdraw
from tests.rules.world import World, words

OPS, QA = {"function": "ops"}, {"function": "qa"}


def signed_in_again(world: World, name: str, ago: timedelta = timedelta()) -> Actor:
    """Return somebody who proved who they are so long ago."""
    proof = Authenticated(method="password", at=world.now - ago)
    return world.actor(name).model_copy(update={"authenticated": proof})


def breaker(world: World) -> Actor:
    return world.actor("ops1").model_copy(update={"name": "eva", "roles": ("break_glass",)})


@pytest.mark.parametrize("which", ["approved", "rejected"])
def test_nobody_decides_by_a_token_alone(which: str) -> None:
    world = asked(OPS, QA, reauthenticate=True)
    with pytest.raises(Refused, match="ops1 sends the password with it, or signs in again") as refused:
        world.act(decide(which, world), "ops1")
    assert refused.value.code == "reauthentication_required"
    assert state(world).decisions == []


def test_who_proves_it_again_decides_and_the_decision_and_the_journal_tell_how() -> None:
    world = asked(OPS, QA, reauthenticate=True)
    ops1 = signed_in_again(world, "ops1")
    world.act(decide("approved", world), ops1)
    (made,) = state(world).decisions
    assert made.authenticated == ops1.authenticated
    (told,) = [event for event in world.journal if event.type == "DecisionMade"]
    assert told.payload["authenticated"] == {
        "method": "password",
        "at": world.now.isoformat().replace("+00:00", "Z"),
    }


def test_a_proof_holds_some_minutes_and_no_longer() -> None:
    world = asked(OPS, QA, reauthenticate=True)
    old = signed_in_again(world, "ops1", FRESH + timedelta(seconds=1))
    with pytest.raises(Refused, match="holds 5 minutes") as refused:
        world.act(decide("approved", world), old)
    assert refused.value.code == "reauthentication_required"
    world.act(decide("approved", world), signed_in_again(world, "ops1", FRESH))


def test_to_take_a_signature_back_it_is_proved_again() -> None:
    world = asked(OPS, QA, reauthenticate=True)
    world.act(decide("approved", world), signed_in_again(world, "ops1"))
    assert world.refused(withdraw(), "ops1") == "reauthentication_required"
    world.act(withdraw(), signed_in_again(world, "ops1"))
    (told,) = [event for event in world.journal if event.type == "DecisionWithdrawn"]
    assert told.payload["authenticated"]["method"] == "password"


def test_who_breaks_the_glass_proves_it_again_too() -> None:
    world = asked(OPS, QA, reauthenticate=True)
    act = c.BreakGlass(approval=REF, digest=digest(world), reason=words())
    assert world.refused(act, breaker(world)) == "reauthentication_required"
    proof: dict[str, Any] = {"authenticated": Authenticated(method="oidc", at=world.now)}
    world.act(act, breaker(world).model_copy(update=proof))
    assert state(world).state == "approved"


def test_whoever_may_not_sign_hears_that_first() -> None:
    world = asked(OPS, reauthenticate=True)
    assert world.refused(decide("approved", world), "qa1") == "may_not_sign"


def test_elsewhere_nobody_is_asked_for_it() -> None:
    world = asked(OPS)
    world.act(decide("approved", world), "ops1")
    (made,) = state(world).decisions
    assert made.authenticated is None


def test_that_it_is_asked_for_is_part_of_what_is_signed() -> None:
    assert digest(asked(OPS, reauthenticate=True)) != digest(asked(OPS))
