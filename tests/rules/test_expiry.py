"""Each rule can expire by itself; what is over closes an approval, and silence is never a yes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from golive import commands as c
from golive import rules
from golive.calendar import Calendar
from golive.errors import GoliveError
from golive.explain import approval_wait, next_due_words
from golive.recording import ApprovalChange
from golive.span import Span
from golive.working_time import add_time, add_working
from tests.rules.acting import approve, shown
from tests.rules.amending import amend
from tests.rules.plans import PEOPLE, SIGN_OFF, SIGNED, UAT, make_plan
from tests.rules.signing import REF, asked, decide, state, withdraw
from tests.rules.world import T0, World, started, words
from workflows.go_live import PROCESSES

OPS: dict[str, Any] = {"function": "ops", "expires_in": "1d"}
QA: dict[str, Any] = {"function": "qa", "expires_in": "3d", "on_expiry": "reject"}
NEITHER: dict[str, Any] = {"expires_in": None, "due": None}
SHANGHAI = Calendar(time_zone="Asia/Shanghai")


def change(world: World) -> ApprovalChange:
    """Return what the read model was last told of the approval."""
    return [each for batch in world.batches for each in batch.approvals if each.ref == REF][-1]


def expired(world: World) -> list[tuple[str, list[str]]]:
    events = [event for event in world.journal if event.type == "RuleExpired"]
    return [(event.payload["rule"], event.payload["awaited"]) for event in events]


def test_the_first_rule_that_is_not_met_closes_the_approval_and_says_whom_it_awaited() -> None:
    world = asked(OPS, QA, **NEITHER)
    world.tick()
    assert world.now == T0 + timedelta(days=1)
    assert state(world).state == "expired"
    assert expired(world) == [("ops", ["ops1", "ops2", "ops3"])]
    hold = world.run.state.hold
    assert hold is not None
    assert str(hold.cause) == "“Sign-off” expired without a decision of ops (ops1, ops2, ops3)"
    assert world.told[-1].to == ("rm",)
    assert "ops (ops1, ops2, ops3)" in str(world.told[-1].sentence)
    assert shown(world).state == "held"


def test_a_rule_that_is_met_does_not_expire_and_one_that_says_so_counts_as_a_no() -> None:
    world = asked(OPS, QA, **NEITHER)
    approve(world, "ops1")
    world.tick(timedelta(days=2))
    assert state(world).state == "pending"
    world.tick()
    assert world.now == T0 + timedelta(days=3)
    assert state(world).state == "rejected"
    assert expired(world) == [("qa", ["qa1", "qa2", "qa3"])]
    assert [each for each in world.types() if each.startswith("Approval")][-2:] == [
        "ApprovalExpired",
        "ApprovalRejected",
    ]


def test_a_no_by_expiry_sends_back_what_the_template_names() -> None:
    approval = {**SIGN_OFF, "rules": [QA], "back_to": "uat.read", **NEITHER}
    world = started(make_plan(UAT, {**SIGNED, "approvals": [approval]}))
    for ref, by in (("uat.run", "qa1"), ("uat.read", "qa1")):
        world.act(c.CompleteTask(task=ref, evidence=({"type": "remark", "text": words()},)), by)  # type: ignore[arg-type]
    world.tick(timedelta(days=3))
    assert world.run.state.tasks["uat.read"].state == "open"
    assert world.run.state.hold is None


def test_what_the_approval_says_goes_for_rules_that_say_nothing() -> None:
    world = asked({"function": "ops"}, QA, expires_in="2d", on_expiry="reject", due=None)
    assert [rule.expires_at for rule in change(world).rules] == [
        T0 + timedelta(days=2),
        T0 + timedelta(days=3),
    ]
    world.tick()
    assert (world.now, state(world).state) == (T0 + timedelta(days=2), "rejected")


def test_a_rule_may_escalate_where_the_approval_would_reject() -> None:
    world = asked({**OPS, "on_expiry": "escalate"}, expires_in="9d", on_expiry="reject", due=None)
    world.tick()
    assert state(world).state == "expired"


def test_when_several_are_over_at_once_one_no_is_enough_and_each_is_told() -> None:
    world = asked({**QA, "function": "ops", "on_expiry": "escalate"}, QA, **NEITHER)
    world.tick()
    assert state(world).state == "rejected"
    assert expired(world) == [("ops", ["ops1", "ops2", "ops3"]), ("qa", ["qa1", "qa2", "qa3"])]


def test_the_earliest_of_those_not_met_is_shown_and_waited_for() -> None:
    world = asked(OPS, QA, **NEITHER)
    assert change(world).expires_at == T0 + timedelta(days=1)
    assert next_due_words(world.run, T0 + timedelta(days=1)) == "next: “Sign-off” expires"
    approve(world, "ops2")
    told = change(world)
    assert told.expires_at == T0 + timedelta(days=3)
    assert [rule.expires_at for rule in told.rules] == [None, T0 + timedelta(days=3)]
    wait = approval_wait(world.run, REF)
    assert wait is not None
    assert (wait.next_at, str(wait.next)) == (T0 + timedelta(days=3), "expiry, which is not a yes")
    assert rules.next_due(world.run, PROCESSES) == T0 + timedelta(days=3)
    approve(world, "qa1")
    assert change(world).expires_at is None
    assert state(world).rules_expire_at == []


def test_a_decision_that_is_withdrawn_after_the_time_is_over_closes_the_approval() -> None:
    world = asked(OPS, QA, **NEITHER)
    approve(world, "ops1")
    world.tick(timedelta(days=2))
    world.act(withdraw(), "ops1")
    world.tick(timedelta())
    assert state(world).state == "expired"
    assert expired(world)[0][0] == "ops"


def test_a_hold_gives_every_rule_its_time_back() -> None:
    world = asked(OPS, QA, **NEITHER)
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=10))
    assert state(world).state == "pending"
    world.act(c.Resume(reason=words()), "rm")
    assert state(world).rules_expire_at == [T0 + timedelta(days=11), T0 + timedelta(days=13)]


def test_an_amended_calendar_moves_the_end_of_every_rule_and_leaves_what_a_hold_gave() -> None:
    world = asked(OPS, {**QA, "expires_in": None}, expires_in="5d", due=None)
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(hours=3))
    world.act(c.Resume(reason=words()), "rm")
    amend(world, world.plan.model_copy(update={"calendar": SHANGHAI}), "ops3", "qa3")
    ends = [*state(world).rules_expire_at, state(world).expires_at]
    asked_at = state(world).requested_at
    assert asked_at is not None
    planned = [add_working(SHANGHAI, asked_at, Span(days=days)) for days in (1, 5, 5)]
    assert ends == [add_time(SHANGHAI, at, timedelta(hours=3)) for at in planned]


def test_asked_again_each_rule_has_its_time_anew() -> None:
    world = asked(OPS, QA, **NEITHER)
    world.tick()
    world.act(c.Resume(reason=words()), "rm")
    assert state(world).round == 2
    assert state(world).rules_expire_at == [world.now + timedelta(days=1), world.now + timedelta(days=3)]


def test_an_added_signer_has_the_time_of_the_approval() -> None:
    def with_cleo(**approval: Any) -> World:
        world = asked({**OPS, "expires_in": "1d"}, due=None, people={"ops": ("ops1",)}, **approval)
        cleo = c.Actor(name="cleo", roles=("approver",))
        world.act(c.AddSigners(approval=REF, people=(cleo,), place="after", reason=words()), "ops1")
        approve(world, "ops1")
        return world

    world = with_cleo(expires_in="4d")
    world.tick()
    assert (world.now, state(world).state) == (T0 + timedelta(days=4), "expired")
    assert expired(world) == [("cleo", ["cleo"])]
    assert rules.next_due(with_cleo(expires_in=None).run, PROCESSES) is None


def test_working_time_counts_not_the_weekend() -> None:
    world = started(
        make_plan(
            {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [OPS], **NEITHER}]}, calendar=SHANGHAI
        )
    )
    friday = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
    world.act(c.Hold(reason=words()), "rm")
    world.now = friday
    world.act(c.Resume(reason=words()), "rm")
    assert state(world).rules_expire_at[0] == datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def test_nobody_decides_any_more_once_it_is_over_though_nobody_has_looked_at_the_clock() -> None:
    world = asked(OPS, QA, **NEITHER)
    act = decide("approved", world)
    world.now += timedelta(days=1)
    assert world.refused(act, "qa1") == "approval_closed"
    world.run.state.engine = 3
    world.act(act, "qa1")


def test_older_runs_say_of_an_expiry_what_they_said() -> None:
    world = asked({"function": "ops"}, due=None)
    world.run.state.engine = 3
    world.tick()
    hold = world.run.state.hold
    assert hold is not None
    assert str(hold.cause) == "“Sign-off” expired without a decision"
    assert expired(world) == []


# -- silence -------------------------------------------------------------------------------------------------

SPANS = st.sampled_from([None, "1h", "1d", "2d"])
EXPIRING = st.fixed_dictionaries(
    {
        "function": st.sampled_from(["ops", "qa"]),
        "mode": st.sampled_from(["any", "all", "ordered"]),
        "expires_in": SPANS,
        "on_expiry": st.sampled_from([None, "escalate", "reject"]),
    }
)
ACT = st.tuples(
    st.sampled_from([*PEOPLE["ops"], *PEOPLE["qa"], "rm"]),
    st.sampled_from(["approved", "wait", "withdraw", "hold", "resume"]),
)


@given(
    st.lists(EXPIRING, min_size=1, max_size=3),
    SPANS,
    st.sampled_from(["escalate", "reject"]),
    st.lists(ACT, max_size=8),
)
def test_silence_is_never_a_yes(
    given_rules: list[dict[str, Any]], whole: Any, on_expiry: Any, acts: list[tuple[str, str]]
) -> None:
    """Whatever expires how, an approval is approved only while everybody decides whom its rules ask."""
    try:
        world = asked(*given_rules, expires_in=whole, on_expiry=on_expiry, due=None, distinct=False)
    except GoliveError:
        return
    bodies: dict[str, Any] = {
        "withdraw": withdraw(),
        "hold": c.Hold(reason=words()),
        "resume": c.Resume(reason=words()),
    }
    for by, what in acts:
        if what == "wait":
            before = state(world).state
            world.tick(timedelta(hours=13))
            assert (state(world).state == "approved") <= (before == "approved"), "time has approved"
        elif state(world).state == "pending" or what == "resume":
            with suppress(GoliveError):
                world.act(decide("approved", world) if what == "approved" else bodies[what], by)
    if state(world).state == "approved":
        assert all(rule.met for rule in change(world).rules)
    for _ in range(20):
        if state(world).state == "pending" and rules.next_due(world.run, PROCESSES):
            world.tick()
            assert state(world).state != "approved", "time has approved"
    limits = any(each["expires_in"] for each in given_rules) or whole
    if world.run.state.hold is None and limits and state(world).state == "pending":
        assert all(rule.met or rule.expires_at is None for rule in change(world).rules), (
            "what is over is open"
        )
