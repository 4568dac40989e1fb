"""Seats that are handed over for a time, signers who are added, and who signs after whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.commands import Actor
from golive.events import summary
from golive.explain import blocked_by
from tests.rules.acting import approve
from tests.rules.plans import release
from tests.rules.signing import adding, asked, decide, hand_over, last_asked, state, waiting
from tests.rules.world import World, words
from workflows.go_live import PROCESSES

DAY = timedelta(days=1)
OPS = {"function": "ops"}
ALL_OPS = {"function": "ops", "mode": "all"}
ALL_QA = {"function": "qa", "mode": "all"}
IN_ORDER = {"function": "ops", "mode": "ordered"}


def outsider(world: World, name: str = "erin", *functions: str) -> Actor:
    """Return somebody who takes no part in the run."""
    return world.actor("ops1").model_copy(update={"name": name, "functions": functions})


# -- one after the other -------------------------------------------------------------------------------------


def test_in_an_ordered_rule_each_is_asked_and_may_sign_after_the_one_before() -> None:
    world = asked(IN_ORDER)
    assert waiting(world) == ["ops1"]
    assert world.refused(decide("approved", world), "ops2") == "not_your_turn"
    approve(world, "ops1")
    assert waiting(world) == ["ops2"]
    assert last_asked(world) == ("ops2",)
    approve(world, "ops2")
    approve(world, "ops3")
    assert state(world).state == "approved"


def test_who_comes_later_cannot_reject_before_their_turn_either() -> None:
    world = asked(IN_ORDER)
    assert world.refused(decide("rejected", world), "ops3") == "not_your_turn"


# -- handing over --------------------------------------------------------------------------------------------


def test_who_stands_in_signs_for_the_other_and_the_journal_says_so() -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2"), "qa": ()})
    erin = outsider(world, "erin", "ops")
    act = hand_over(world, erin)
    world.act(act, "ops1")
    assert waiting(world) == ["erin", "ops2"]
    assert world.refused(decide("approved", world), "ops1") == "may_not_sign"
    world.act(decide("approved", world), erin)
    (made,) = state(world).decisions
    assert (made.by, made.on_behalf_of) == ("erin", "ops1")
    (told,) = [event for event in world.journal if event.type == "DecisionMade"]
    assert told.payload["on_behalf_of"] == "ops1"
    assert str(summary(told.type, told.actor.name, told.payload)).startswith("erin for ops1 decided")
    approve(world, "ops2")
    assert state(world).state == "approved"


def test_a_seat_is_handed_over_between_two_moments_and_comes_back() -> None:
    world = asked(OPS, expires_in="20d", people={"ops": ("ops1",)})
    erin = outsider(world, "erin", "ops")
    since, until = world.now + DAY, world.now + 2 * DAY
    world.act(hand_over(world, erin, since=since, until=until), "ops1")
    assert waiting(world) == ["ops1"]
    _until(world, "DelegationBegan")
    assert world.now == since
    assert waiting(world) == ["erin"]
    _until(world, "DelegationEnded")
    assert world.now == until
    assert waiting(world) == ["ops1"]
    assert world.refused(decide("approved", world), erin) == "may_not_sign"


def test_what_is_over_before_it_began_is_told_so() -> None:
    world = asked(OPS, expires_in="20d", people={"ops": ("ops1",)})
    erin = outsider(world, "erin", "ops")
    later = {"since": world.now + DAY, "until": world.now + 2 * DAY}
    world.act(hand_over(world, erin, **later), "ops1")
    world.act(c.Delegate(approval="sign-off.sign", to=None, reason=words()), "ops1")
    told = world.journal[-1]
    assert told.type == "DelegationDropped"
    said = summary(told.type, told.actor.name, told.payload)
    assert str(said) == "ops1 decides on “Sign-off”: erin never began to decide for them"
    world.act(hand_over(world, erin, **later), "ops1")
    world.tick(3 * DAY)
    assert world.types().count("DelegationDropped") == 2
    assert "DelegationEnded" not in world.types()


def _until(world: World, event: str) -> None:
    while not any(each.type == event for each in world.journal):
        world.tick()


def test_what_was_decided_for_another_stands_when_the_time_is_over() -> None:
    world = asked(ALL_OPS, expires_in="20d", people={"ops": ("ops1", "ops2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin), "ops1")
    world.act(decide("approved", world), erin)
    _until(world, "DelegationEnded")
    assert waiting(world) == ["ops2"]
    approve(world, "ops2")
    assert state(world).state == "approved"


def test_a_seat_is_taken_back_until_it_was_used() -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2")})
    erin = outsider(world, "erin", "ops")
    back = c.Delegate(approval="sign-off.sign", to=None, reason=words())
    assert world.refused(back, "ops1") == "not_delegated"
    handed = hand_over(world, erin)
    world.act(handed, "ops1")
    assert world.refused(handed, "ops1") == "seat_missing"
    world.act(back, "ops1")
    assert waiting(world) == ["ops1", "ops2"]
    world.act(handed, "ops1")
    world.act(decide("approved", world), erin)
    assert world.refused(back, "ops1") == "already_decided"


def test_a_seat_that_is_to_be_handed_over_later_is_not_handed_over_twice() -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin, since=world.now + DAY, until=world.now + 2 * DAY), "ops1")
    other = hand_over(world, outsider(world, "finn", "ops"))
    assert world.refused(other, "ops1") == "already_delegated"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"functions": ("qa",)}, "not_in_function"),
        ({"roles": ("assignee",)}, "not_a_signer"),
        ({"enabled": False}, "not_a_signer"),
        ({"name": "rm"}, "may_not_sign"),
        ({"name": "ops2"}, "already_asked"),
        ({"name": "ops1"}, "already_asked"),
    ],
)
def test_a_seat_is_handed_over_only_to_who_could_sign_and_is_not_asked(
    changed: dict[str, Any], code: str
) -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2"), "qa": ("qa1",)})
    to = outsider(world, "erin", "ops").model_copy(update=changed)
    assert world.refused(hand_over(world, to), "ops1") == code


def test_who_stands_in_or_has_decided_or_is_not_asked_hands_nothing_over() -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2"), "qa": ("qa1",)})
    erin, finn = outsider(world, "erin", "ops"), outsider(world, "finn", "ops")
    to_finn = hand_over(world, finn)
    assert world.refused(to_finn, "qa1") == "seat_missing"
    world.act(to_finn.model_copy(update={"to": erin}), "ops1")
    assert world.refused(to_finn, erin) == "seat_missing"
    approve(world, "ops2")
    assert world.refused(to_finn, "ops2") == "already_decided"


def test_a_seat_is_handed_over_until_a_moment_that_is_still_to_come() -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2")})
    erin, now = outsider(world, "erin", "ops"), world.now
    for times in ({"until": now}, {"until": None}, {"since": now + 2 * DAY, "until": now + DAY}):
        assert world.refused(hand_over(world, erin, **times), "ops1") == "delegation_times"


# -- adding signers ------------------------------------------------------------------------------------------


def test_who_is_added_before_signs_before_the_one_who_added_them() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    erin = outsider(world)
    world.act(adding("before", erin), "ops1")
    assert waiting(world) == ["erin"]
    assert world.refused(decide("approved", world), "ops1") == "not_your_turn"
    world.act(decide("approved", world), erin)
    assert waiting(world) == ["ops1"]
    approve(world, "ops1")
    assert state(world).state == "approved"


def test_who_is_added_after_is_asked_once_the_one_who_added_them_has_signed() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    erin = outsider(world)
    world.act(adding("after", erin), "ops1")
    assert waiting(world) == ["ops1"]
    assert world.refused(decide("approved", world), erin) == "not_your_turn"
    approve(world, "ops1")
    assert waiting(world) == ["erin"]
    assert last_asked(world) == ("erin",)
    world.act(decide("approved", world), erin)
    assert state(world).state == "approved"


def test_who_was_added_after_somebody_who_is_not_needed_any_more_signs_all_the_same() -> None:
    """A colleague fills the seat: nobody waits for the one who added them, and nothing is rejected for that."""
    world = asked({"function": "qa"}, people={"qa": ("qa1", "qa2")})
    erin = outsider(world)
    world.act(adding("after", erin), "qa1")
    assert world.refused(decide("approved", world), erin) == "not_your_turn"
    approve(world, "qa2")
    assert state(world).state == "pending"
    assert waiting(world) == ["erin"]
    assert last_asked(world) == ("erin",)
    world.act(decide("approved", world), erin)
    assert state(world).state == "approved"


def test_all_who_were_added_sign_and_each_can_reject() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    erin, finn = outsider(world), outsider(world, "finn")
    world.act(adding("before", erin, finn), "ops1")
    world.act(decide("approved", world), erin)
    assert waiting(world) == ["finn"]
    world.act(decide("rejected", world), finn)
    assert state(world).state == "rejected"


def test_who_was_added_adds_nobody_and_who_is_not_asked_neither() -> None:
    world = asked(OPS, people={"ops": ("ops1",), "qa": ("qa1",)})
    erin, finn = outsider(world), outsider(world, "finn")
    world.act(adding("before", erin), "ops1")
    assert world.refused(adding("after", finn), erin) == "added_signer"
    assert world.refused(adding("after", finn), "qa1") == "may_not_sign"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"enabled": False}, "not_a_signer"),
        ({"roles": ()}, "not_a_signer"),
        ({"name": "rm"}, "may_not_sign"),
        ({"name": "qa1"}, "already_asked"),
    ],
)
def test_only_who_could_sign_and_is_not_asked_is_added(changed: dict[str, Any], code: str) -> None:
    world = asked(OPS, {"function": "qa"})
    erin = outsider(world).model_copy(update=changed)
    assert world.refused(adding("before", erin), "ops1") == code
    assert world.refused(adding("after", outsider(world), outsider(world)), "ops1") == "named_twice"


def test_after_ones_own_decision_signers_are_added_only_after_it() -> None:
    world = asked(ALL_OPS, people={"ops": ("ops1", "ops2")})
    approve(world, "ops1")
    assert world.refused(adding("before", outsider(world)), "ops1") == "already_decided"
    world.act(adding("after", outsider(world)), "ops1")
    assert waiting(world) == ["ops2", "erin"]


def test_at_most_twenty_signers_are_added() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    many = [outsider(world, f"x{n}") for n in range(20)]
    world.act(adding("before", *many), "ops1")
    assert world.refused(adding("before", outsider(world)), "ops1") == "too_many_signers"


# -- what a strict reader tried ------------------------------------------------------------------------------


def test_who_handed_a_seat_over_has_no_second_voice_beside_it() -> None:
    world = asked(OPS, {"function": "qa"}, people={"ops": ("ops1", "ops2"), "qa": ("ops1", "qa2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin), "ops1")
    world.act(decide("approved", world), erin)
    assert world.refused(decide("approved", world), "ops1") == "already_decided"
    approve(world, "qa2")
    assert state(world).state == "approved"


def test_who_decides_themselves_leaves_nothing_to_whoever_was_to_stand_in() -> None:
    world = asked(OPS, {"function": "qa"}, people={"ops": ("ops1", "ops2"), "qa": ("ops1", "qa2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin), "ops1")
    approve(world, "ops1")
    assert world.refused(decide("approved", world), erin) == "may_not_sign"
    assert waiting(world) == ["ops2"]


def test_for_who_is_barred_nobody_stands_in() -> None:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin), "ops1")
    world.act(c.NewBuild(release=release("1.0.1", authors=("ops1",)), reason=words()), "rm")
    assert waiting(world) == ["ops2"]
    assert world.refused(decide("approved", world), erin) == "may_not_sign"


def test_a_hold_lengthens_nobodys_standing_in() -> None:
    world = asked(OPS, expires_in="20d", people={"ops": ("ops1", "ops2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin), "ops1")
    world.act(c.Hold(reason=words()), "rm")
    world.tick(2 * DAY)
    assert world.refused(decide("approved", world), erin) == "may_not_sign"
    approve(world, "ops1")
    assert state(world).decisions[-1].on_behalf_of is None


def test_who_was_added_comes_after_whoever_fills_the_seat_now() -> None:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    erin, finn = outsider(world, "erin", "ops"), outsider(world, "finn")
    world.act(adding("before", finn), "ops1")
    world.act(hand_over(world, erin), "ops1")
    assert world.refused(decide("approved", world), erin) == "not_your_turn"
    world.act(decide("approved", world), finn)
    world.act(decide("approved", world), erin)
    assert state(world).state == "approved"


def test_nobody_comes_after_who_has_no_seat_any_more() -> None:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    finn = outsider(world, "finn")
    world.act(adding("after", finn), "ops1")
    world.act(c.NewBuild(release=release("1.0.1", authors=("ops1",)), reason=words()), "rm")
    approve(world, "ops2")
    assert waiting(world) == ["finn"]
    world.act(decide("approved", world), finn)
    assert state(world).state == "approved"


def test_a_rejection_without_a_veto_lets_who_comes_after_have_their_turn() -> None:
    world = asked({"function": "ops", "veto": False}, people={"ops": ("ops1", "ops2")})
    finn = outsider(world, "finn")
    world.act(adding("after", finn), "ops1")
    world.act(decide("rejected", world), "ops1")
    approve(world, "ops2")
    assert waiting(world) == ["finn"]


def test_a_signer_who_was_added_and_is_barred_since_is_not_waited_for() -> None:
    world = asked(OPS, people={"ops": ("ops1", "ops2")})
    finn = outsider(world, "finn")
    world.act(adding("before", finn), "ops1")
    world.act(c.NewBuild(release=release("1.0.1", authors=("finn",)), reason=words()), "rm")
    assert waiting(world) == ["ops1", "ops2"]
    approve(world, "ops1")
    assert state(world).state == "approved"


def test_one_decision_waits_for_its_turn_under_every_rule() -> None:
    world = asked(IN_ORDER, {"function": "qa"}, people={"ops": ("ops1", "both"), "qa": ("both", "qa2")})
    assert waiting(world) == ["ops1", "qa2"]
    assert world.refused(decide("approved", world), "both") == "not_your_turn"
    approve(world, "qa2")
    approve(world, "ops1")
    approve(world, "both")
    assert state(world).state == "approved"


def test_when_nobody_is_left_who_could_sign_the_run_is_held_and_says_so() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    world.act(c.NewBuild(release=release("1.0.1", authors=("ops1",)), reason=words()), "rm")
    assert world.run.state.state == "held"
    assert "nobody is left who could sign" in str(blocked_by(world.run, PROCESSES))
    assert world.refused(c.RemindSigners(approval="sign-off.sign"), "rm") == "nobody_awaited"


def test_who_decides_now_no_longer_hands_over_later() -> None:
    world = asked(ALL_OPS, expires_in="20d", people={"ops": ("ops1", "ops2")})
    erin = outsider(world, "erin", "ops")
    world.act(hand_over(world, erin, since=world.now + DAY, until=world.now + 2 * DAY), "ops1")
    approve(world, "ops1")
    world.tick(DAY)
    assert waiting(world) == ["ops2"]
