"""A decision that is made in one place closes the request in every other: who is told so, why, and once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from golive import commands as c
from golive import rules
from golive.asking import adopt
from golive.commands import Actor
from golive.effects import Notify, thread_of
from tests.rules.acting import approve, complete, decision, to_sign_off
from tests.rules.plans import SIGN_OFF, SIGNED, UAT, make_plan, release, task, whole
from tests.rules.signing import (
    REF,
    adding,
    asked,
    closed,
    decide,
    hand_over,
    last_asked,
    state,
    waiting,
    withdraw,
)
from tests.rules.test_waivers import excepted
from tests.rules.world import World, started, words
from workflows.go_live import PROCESSES

OPS, QA = {"function": "ops"}, {"function": "qa"}
ALL_OPS = {"function": "ops", "mode": "all"}
FIFTY = tuple(f"ops{n}" for n in range(1, 51))


def last_closed(world: World) -> tuple[tuple[str, ...], str]:
    """Return to whom the last closing was told, and in which words."""
    told = closed(world)[-1]
    return told.to, str(told.sentence)


def test_a_grant_closes_the_requests_of_all_others_in_one_message() -> None:
    world = asked(OPS, people={"ops": FIFTY})
    (request,) = [each for each in world.told if each.asks]
    assert request.to == FIFTY
    approve(world, "ops7")
    (end,) = closed(world)
    assert end.closes == request.asks
    assert end.to == tuple(name for name in FIFTY if name != "ops7")
    assert end.quietly == ("ops7",)
    assert (
        str(end.sentence) == "“Sign-off” is approved, last by ops7; nothing is awaited of you in it any more."
    )
    assert state(world).asked == []


def test_fifty_who_all_sign_are_told_in_as_many_messages_as_there_are_acts() -> None:
    world = asked(ALL_OPS, people={"ops": FIFTY})
    for name in FIFTY:
        approve(world, name)
    assert [(end.to, end.quietly) for end in closed(world)] == [((), (name,)) for name in FIFTY]
    assert not any(event.type == "NotificationSent" and not event.payload["to"] for event in world.journal)


def test_a_seat_that_is_filled_closes_the_requests_of_those_who_could_have_filled_it() -> None:
    world = asked(OPS, QA)
    approve(world, "ops1")
    assert last_closed(world) == (
        ("ops2", "ops3"),
        "ops1 has decided on “Sign-off”, so your decision is not awaited any more.",
    )
    assert waiting(world) == state(world).asked == ["qa1", "qa2", "qa3"]


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("rejected", "“Sign-off” was rejected by ops1; nothing is awaited of you in it any more."),
        (
            "returned",
            "“Sign-off” was returned by ops1; you are asked again when the task has been done again.",
        ),
    ],
)
def test_a_no_closes_every_request_and_says_whose_it_was(which: str, said: str) -> None:
    world = to_sign_off(started(whole()))
    world.act(decision(world, REF, which, task="uat.run" if which == "returned" else None), "ops1")
    assert last_closed(world) == (("ops2", "ops3", "qa2", "qa3"), said)


def test_an_expiry_closes_every_request() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    while state(world).state == "pending":
        world.tick()
    assert last_closed(world)[0] == ("ops1",)
    assert "expired without a decision" in last_closed(world)[1]
    assert len(closed(world)) == 1


def test_a_new_build_closes_the_requests_and_opens_others() -> None:
    world = to_sign_off(started(whole()))
    before = [each for each in world.told if each.asks][-1].asks
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert closed(world)[-1].closes == before
    assert "was changed by rm" in last_closed(world)[1]
    complete(world, "uat.run", "qa1")
    after = [each for each in world.told if each.asks][-1].asks
    assert after not in (None, before)
    assert thread_of(str(after), "ops1") != thread_of(str(before), "ops1")


def test_the_end_of_a_run_closes_what_is_open_and_says_who_ended_it() -> None:
    world = asked(OPS, QA)
    world.act(c.Abort(reason=words()), "rm")
    assert last_closed(world) == (
        ("ops1", "ops2", "ops3", "qa1", "qa2", "qa3"),
        "Nothing is decided on “Sign-off” any more, since the run ends: aborted by rm.",
    )


def test_who_hands_over_is_asked_no_more_until_the_time_is_over() -> None:
    world = asked(ALL_OPS, expires_in="20d", due=None, people={"ops": ("ops1", "ops2")})
    erin = Actor(name="erin", roles=("approver",), functions=("ops",))
    later = world.now + timedelta(days=1)
    world.act(hand_over(world, erin, since=later, until=later + timedelta(days=1)), "ops1")
    assert closed(world) == []
    while not closed(world):
        world.tick()
    assert last_closed(world) == (("ops1",), "“Sign-off” is decided by erin for ops1, who handed it over.")
    assert last_asked(world) == ("erin",)
    while len(closed(world)) < 2:
        world.tick()
    assert last_closed(world) == (("erin",), "“Sign-off” is decided by ops1 again, and no longer by erin.")
    assert last_asked(world) == ("ops1",)


def test_who_does_work_that_bars_them_is_told_that_they_do_not_decide() -> None:
    late = task("late", function="dev", requires=[{"type": "remark"}])
    uat = {**UAT, "tasks": [task("run", requires=[{"type": "remark"}])]}
    rule = {"function": "dev", "exclude_doers_of": ["sign-off.late"]}
    stage = {**SIGNED, "tasks": [late], "approvals": [{**SIGN_OFF, "after": [], "rules": [rule]}]}
    world = started(make_plan(uat, stage))
    complete(world, "uat.run", "qa1")
    assert waiting(world) == ["dev1", "dev2"]
    complete(world, "sign-off.late", "dev1")
    (end,) = closed(world)
    assert (end.to, end.quietly) == ((), ("dev1",))
    assert "dev1 completed “late”" in str(end.sentence)


def test_who_has_somebody_sign_before_them_is_asked_again_after_that() -> None:
    world = asked(OPS, people={"ops": ("ops1",)})
    erin = Actor(name="erin", roles=("approver",))
    world.act(adding("before", erin), "ops1")
    (end,) = closed(world)
    assert (end.to, end.quietly) == ((), ("ops1",))
    assert "is decided by erin first" in str(end.sentence)
    world.act(decide("approved", world), erin)
    assert last_asked(world) == ("ops1",)


def test_whoever_is_awaited_again_is_asked_again_in_the_same_thread() -> None:
    world = asked(OPS, QA)
    approve(world, "ops1")
    world.act(withdraw(), "ops1")
    again = [each for each in world.told if each.asks][-1]
    assert again.to == ("ops2", "ops3")
    assert again.asks == closed(world)[-1].closes
    assert again.at_seq > closed(world)[-1].at_seq
    assert set(state(world).asked) == {"ops1", "ops2", "ops3", "qa1", "qa2", "qa3"}
    approve(world, "ops2")
    assert last_closed(world)[0] == ("ops1", "ops3")


def test_a_reminder_belongs_to_the_request_that_it_reminds_of() -> None:
    world = asked(OPS)
    world.act(c.RemindSigners(approval=REF), "ops1")
    first, reminder = [each for each in world.told if each.asks]
    assert first.asks == reminder.asks
    world.tick()
    assert world.told[-1].asks == first.asks
    assert "Reminder" in str(world.told[-1].sentence)


def test_what_was_not_sent_yet_is_not_sent_any_more() -> None:
    """A worker was away meanwhile: a reminder and the end of what it reminds of come at once."""
    world = asked(OPS)
    for body, by in ((c.RemindSigners(approval=REF), "ops1"), (decide("approved", world), "ops2")):
        rules.apply(world.run, world.command(body, by), world.now, PROCESSES)
    reminder, end = [effect for _, effect in world.run.effects if isinstance(effect, Notify)]
    assert (reminder.asks, reminder.to) == (end.closes, ())
    assert (end.to, end.quietly) == (("ops1", "ops3"), ("ops2",))
    assert reminder.key != end.key


def test_a_run_of_an_older_engine_closes_nothing_and_goes_on_so_until_it_is_carried_over() -> None:
    world = asked(OPS, QA)
    world.run.state.engine = 3
    state(world).asked = []
    approve(world, "ops1")
    assert closed(world) == []
    adopt(world.run)
    world.run.state.engine = 4
    approve(world, "qa1")
    assert last_closed(world) == (
        ("qa2", "qa3"),
        "“Sign-off” is approved, last by qa1; nothing is awaited of you in it any more.",
    )


def test_a_waiver_that_one_grants_is_asked_of_nobody_else_any_more() -> None:
    world = excepted()
    (asking,) = [each for each in world.told if each.asks]
    (end,) = closed(world)
    assert asking.to == ("dev1", "dev2", "ops1", "ops2", "ops3")
    assert end.closes == asking.asks
    assert (end.to, end.quietly) == (("dev1", "dev2", "ops2", "ops3"), ("ops1",))
    assert "is granted, by ops1" in str(end.sentence)
    world.tick(timedelta(hours=2))
    assert closed(world) == [end]
