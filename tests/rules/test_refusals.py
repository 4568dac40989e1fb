"""Each refusal of an act of signing says why this person may not, and who may or what they can do instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.commands import Actor
from golive.errors import GoliveError
from tests.rules.acting import approve, digest
from tests.rules.plans import GREY, SIGN_OFF, SIGNED, make_plan
from tests.rules.signing import REF, adding, asked, decide, hand_over, withdraw
from tests.rules.test_waivers import asking, excepted, failing, granting
from tests.rules.world import World, started, words

OPS, QA = {"function": "ops"}, {"function": "qa"}
Made = tuple[World, Any, str | Actor]


@dataclass(frozen=True)
class Case:
    """An act that is refused with a code: `why` this person may not, and `who` may or what helps."""

    code: str
    made: Callable[[], Made]
    why: str
    who: str


def outsider(name: str = "erin", **more: Any) -> Actor:
    return Actor(name=name, **{"roles": ("approver",), "functions": ("ops",), **more})


def of_a_stranger() -> Made:
    world = asked(OPS, QA)
    return world, decide("approved", world), outsider(functions=("dev",))


def of_the_starter() -> Made:
    world = asked(OPS, people={"ops": ("rm", "ops1")})
    return world, decide("approved", world), outsider("rm")


def without_the_role() -> Made:
    world = asked(OPS, people={"ops": ("ops1", "ops2"), "qa": ("qa1",)})
    return world, decide("approved", world), outsider("ops2", roles=("assignee",))


def disabled() -> Made:
    world = asked(OPS)
    return world, decide("approved", world), outsider("ops1", enabled=False)


def twice() -> Made:
    world = asked(OPS, QA)
    approve(world, "ops1")
    return world, decide("approved", world), "ops1"


def too_early() -> Made:
    world = asked({"function": "ops", "mode": "ordered"})
    return world, decide("approved", world), "ops2"


def before_a_rollout() -> World:
    """Return a run that goes on after its sign-off."""
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [OPS]}]}
    return started(make_plan(signed, {**GREY, "needs": ["sign-off"]}))


def too_late() -> Made:
    world = before_a_rollout()
    act = decide("approved", world)
    approve(world, "ops1")
    return world, act, "ops2"


def by_a_token_alone() -> Made:
    world = asked(OPS, reauthenticate=True)
    return world, decide("approved", world), "ops1"


def on_what_was_never_shown() -> Made:
    world = asked(OPS)
    act = decide("approved", world).model_copy(update={"digest": f"sha256:{'0' * 64}"})
    return world, act, "ops1"


def withdrawn_behind_the_gate() -> Made:
    world = before_a_rollout()
    approve(world, "ops1")
    return world, withdraw(), "ops1"


def withdrawn_without_a_decision() -> Made:
    return asked(OPS), withdraw(), "ops1"


def handed_over_by_who_has_no_seat() -> Made:
    world = asked(OPS, QA, people={"ops": ("ops1",), "qa": ("qa1",)})
    return world, hand_over(world, outsider()), outsider("finn")


def handed_over_twice() -> Made:
    world = asked({"function": "ops", "mode": "all"}, people={"ops": ("ops1", "ops2")})
    later = world.now + timedelta(days=1)
    world.act(hand_over(world, outsider(), since=later, until=later + timedelta(days=1)), "ops1")
    return world, hand_over(world, outsider("finn")), "ops1"


def handed_over_to_who_cannot_sign() -> Made:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    return world, hand_over(world, outsider(roles=())), "ops1"


def handed_over_to_who_may_not() -> Made:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    return world, hand_over(world, outsider("rm")), "ops1"


def handed_over_to_another_function() -> Made:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    return world, hand_over(world, outsider(functions=("dev",))), "ops1"


def added_by_who_was_added() -> Made:
    world = asked(OPS, people={"ops": ("ops1",)})
    world.act(adding("before", outsider()), "ops1")
    return world, adding("after", outsider("finn")), outsider()


def added_by_who_is_not_asked() -> Made:
    world = asked(OPS)
    return world, adding("after", outsider()), "qa1"


def reminded_of_nobody() -> Made:
    world = asked(OPS)
    world.act(c.RemindSigners(approval=REF), "ops1")
    return world, c.RemindSigners(approval=REF), "ops2"


def waived_by_their_own_function() -> Made:
    world = failing()
    world.act(asking(world), "qa1")
    return world, granting(world), "qa2"


def waived_twice() -> Made:
    world = excepted(SIGNED)
    return world, granting(world), "ops2"


def broken_by_who_may_not() -> Made:
    world = asked(OPS)
    return world, c.BreakGlass(approval=REF, digest=digest(world), reason=words()), "ops1"


def broken_when_it_is_granted() -> Made:
    world = before_a_rollout()
    act = c.BreakGlass(approval=REF, digest=digest(world), reason=words())
    approve(world, "ops1")
    return world, act, outsider("eva", roles=("break_glass",))


CASES = [
    Case("may_not_sign", of_a_stranger, "erin does not act in ops, qa", "Awaited: ops1, ops2, ops3, qa1"),
    Case("may_not_sign", of_the_starter, "rm started the run", "Awaited: ops1"),
    Case("role_missing", without_the_role, "needs the role approver", "ops1, ops2, qa1; an administrator"),
    Case("disabled", disabled, "ops1 is disabled", "ask an administrator"),
    Case("already_decided", twice, "You have already decided", "distinct persons: qa1, qa2, qa3"),
    Case("not_your_turn", too_early, "one after the other", "ops2 decides after ops1"),
    Case("approval_closed", too_late, "is approved", "last by ops1"),
    Case(
        "reauthentication_required", by_a_token_alone, "signed only by who proves", "ops1 sends the password"
    ),
    Case("stale_subject", on_what_was_never_shown, "was never shown", "read it and decide on the digest"),
    Case("gate_opened", withdrawn_behind_the_gate, "the run has gone on", "rm can hold, roll back or abort"),
    Case("not_decided", withdrawn_without_a_decision, "ops1 has no decision", "nothing to withdraw"),
    Case("seat_missing", handed_over_by_who_has_no_seat, "finn has no seat", "Awaited: ops1, qa1"),
    Case("already_delegated", handed_over_twice, "ops1 has already handed", "take it back first"),
    Case("not_a_signer", handed_over_to_who_cannot_sign, "erin cannot sign", "an administrator grants"),
    Case("may_not_sign", handed_over_to_who_may_not, "rm started the run", "Name somebody who does not"),
    Case(
        "not_in_function",
        handed_over_to_another_function,
        "does not belong to ops",
        "hand over to somebody who does",
    ),
    Case("added_signer", added_by_who_was_added, "erin was added", "Who can: ops1"),
    Case("may_not_sign", added_by_who_is_not_asked, "qa1 is not asked", "Awaited: ops1, ops2, ops3"),
    Case("reminded_lately", reminded_of_nobody, "a short while ago", "you can remind them again from"),
    Case("may_not_waive", waived_by_their_own_function, "qa2 may not decide", "who can: dev1, dev2, ops1"),
    Case("waiver_closed", waived_twice, "is granted", "last by ops1"),
    Case("role_missing", broken_by_who_may_not, "needs the role break_glass", "an administrator grants it"),
    Case("approval_closed", broken_when_it_is_granted, "is approved", "last by ops1"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.made.__name__)
def test_a_refusal_says_why_not_and_who_may_or_what_helps(case: Case) -> None:
    world, act, by = case.made()
    with pytest.raises(GoliveError) as refused:
        world.act(act, by)
    assert refused.value.code == case.code
    assert case.why in str(refused.value)
    assert case.who in str(refused.value)
