"""Whom rules ask beside functions, as the directory knows them when they are asked, decide, and when the gate opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.commands import Actor
from golive.explain import blocked_by
from golive.rehearsal_people import do_something
from tests.rules.acting import approve, complete, decision
from tests.rules.directory import BOARD, FOUND, OPS, asked_after_a_task, happened, is_now
from tests.rules.plans import GREY, SIGN_OFF, SIGNED, UAT, make_plan, release
from tests.rules.signing import REF, asked, decide, state, waiting
from tests.rules.world import started, words
from workflows.go_live import PROCESSES

# -- who is asked --------------------------------------------------------------------------------------------


def test_a_group_is_resolved_when_decisions_are_asked_for_and_not_at_the_start() -> None:
    world = asked_after_a_task({**BOARD, "mode": "all"})
    world.found = {"group:board": ("bob", "cyd")}
    complete(world, "sign-off.collect", "dev1")
    assert waiting(world) == ["bob", "cyd"]
    assert [look.why for look in world.looks] == ["ask"]
    assert world.looks[0].groups == ("board",)


@pytest.mark.parametrize(
    ("rule", "found", "who"),
    [
        ({"people": ["bea", "bob"], "mode": "all"}, {"people:bea,bob": ("bea", "bob")}, ["bea", "bob"]),
        ({"manager_of": "release_manager"}, {"manager_of:release_manager": ("mia",)}, ["mia"]),
        ({"owner_of_service": True}, {"owner_of:service": ("olaf",)}, ["olaf"]),
    ],
)
def test_people_by_name_managers_and_owners_are_asked(rule: Any, found: Any, who: list[str]) -> None:
    world = asked(rule, found=found)
    assert waiting(world) == who
    for name in who:
        approve(world, name)
    assert state(world).state == "approved"


def test_the_managers_of_all_who_made_the_release_are_asked() -> None:
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [{"manager_of": "authors"}]}]}
    found = {"manager_of:authors": ("mia",)}
    world = started(make_plan(signed, release=release(authors=("ann", "al")), found=found))
    assert waiting(world) == ["mia"]


def test_who_cannot_sign_is_not_asked_by_a_group() -> None:
    world = asked_after_a_task({**BOARD, "mode": "all"})
    is_now(world, "bea", roles=("assignee",))
    complete(world, "sign-off.collect", "dev1")
    assert waiting(world) == ["bob"]


def test_a_group_without_members_holds_the_run_in_words() -> None:
    world = asked_after_a_task(BOARD)
    world.found = {}
    complete(world, "sign-off.collect", "dev1")
    assert world.run.state.state == "held"
    assert "nobody is left who could sign" in str(blocked_by(world.run, PROCESSES))


def test_the_starter_is_excluded_from_a_group_as_from_a_function() -> None:
    world = asked({**BOARD, "mode": "all"}, found={"group:board": ("rm", "bea")})
    assert waiting(world) == ["bea"]


# -- at the decision -----------------------------------------------------------------------------------------


def test_who_has_left_the_group_is_refused_with_the_reason_and_who_may() -> None:
    world = asked(BOARD, found=FOUND)
    gone = world.actor("bea").model_copy(update={"groups": ()})
    with pytest.raises(Exception, match=r"no longer acts in the group board\. Awaited: bob\.") as refused:
        world.act(decide("approved", world), gone)
    assert refused.value.code == "may_not_sign"  # type: ignore[attr-defined]


def test_a_stranger_is_told_whom_the_rules_ask() -> None:
    world = asked(BOARD, OPS, found=FOUND)
    with pytest.raises(Exception, match="does not act in the group board, ops in this run"):
        world.act(decide("approved", world), world.actor("qa1"))


# -- before the gate opens -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"enabled": False}, "is disabled"),
        ({"roles": ("assignee",)}, "no longer has the role approver"),
        ({"functions": ("dev",)}, "no longer acts in ops"),
    ],
)
def test_a_decision_of_somebody_who_may_no_longer_sign_does_not_open_the_gate(facts: Any, why: str) -> None:
    world = asked(OPS, {"function": "qa"})
    approve(world, "ops1")
    is_now(world, "ops1", **facts)
    approve(world, "qa1")
    assert state(world).state == "pending"
    assert world.run.state.stages["sign-off"].state == "open"
    (left,) = happened(world, "SignerLeft")
    assert left["who"] == "ops1"
    assert why in str(left["why"]["msgid"]).format(**_told(left["why"]))
    assert waiting(world) == ["ops2", "ops3"]
    approve(world, "ops2")
    assert world.run.state.stages["sign-off"].state == "passed"


def _told(sentence: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in sentence.get("args", {}).items()}


def _plain(value: Any) -> Any:
    return value["msgid"].format(**_told(value)) if isinstance(value, dict) else value


def test_a_decision_of_somebody_who_left_the_group_does_not_open_the_gate() -> None:
    world = asked(BOARD, OPS, found=FOUND)
    approve(world, "bea")
    world.found = {"group:board": ("bob",)}
    approve(world, "ops1")
    assert state(world).state == "pending"
    assert waiting(world) == ["bob"]
    assert state(world).round == 2


def test_what_is_left_of_a_decision_still_counts() -> None:
    world = asked(
        {**OPS, "may_fill_many": True},
        {**BOARD, "may_fill_many": True},
        {"function": "qa"},
        found={"group:board": ("ops1", "bob")},
    )
    approve(world, "ops1")
    world.found = {"group:board": ("bob",)}
    approve(world, "qa1")
    made = next(each for each in state(world).decisions if each.by == "ops1")
    assert (made.stale, made.under) == (False, (0,))
    assert waiting(world) == ["bob"]


def test_the_gate_opens_when_others_meet_the_rules_without_who_left() -> None:
    world = asked({**OPS, "mode": "n", "min": 1}, {"function": "qa"})
    approve(world, "ops1")
    approve_again = decide("approved", world)
    is_now(world, "ops1", enabled=False)
    world.act(approve_again, "qa1")
    approve(world, "ops3")
    assert world.run.state.stages["sign-off"].state == "passed"


def test_a_rollout_does_not_go_on_from_an_approval_of_somebody_who_left() -> None:
    rollout = {
        "steps": [{"do": "approval", "approval": "more"}, {"do": "set_weight", "weight": 100}],
        "analyses": GREY["rollout"]["analyses"],
    }
    more = {"key": "more", "title": "More", "rules": [OPS, {"function": "qa"}]}
    grey = {**GREY, "needs": [], "rollout": rollout, "approvals": [more]}
    world = started(make_plan(grey))
    approve(world, "ops1", "grey.more")
    is_now(world, "ops1", enabled=False)
    approve(world, "qa1", "grey.more")
    assert world.run.state.shifted is None
    assert world.run.state.approvals["grey.more"].state == "pending"
    approve(world, "ops2", "grey.more")
    assert world.run.state.shifted == "1.0.0"


def test_an_answer_that_nobody_awaits_changes_nothing() -> None:
    world = asked(BOARD, OPS, found=FOUND)
    look = world.looks[-1]
    world.found = {}
    before = world.run.state.model_dump()
    world._carry_out(look)
    assert world.run.state.model_dump() == before


def test_runs_of_older_engines_ask_nobody() -> None:
    world = asked(OPS)
    world.run.state.engine = 3
    looks = len(world.looks)
    is_now(world, "ops1", functions=("ops",))
    approve(world, "ops1")
    assert world.run.state.stages["sign-off"].state == "passed"
    assert len(world.looks) == looks


# -- handing over --------------------------------------------------------------------------------------------


def test_a_seat_of_a_group_goes_to_a_member_and_one_asked_by_name_to_any_signer() -> None:
    outsider = Actor(name="olga", roles=("approver",), functions=("legal",))
    until = timedelta(days=1)
    by_group = asked({**BOARD, "mode": "all"}, found=FOUND)
    hand = c.Delegate(approval=REF, to=outsider, until=by_group.now + until, reason=words())
    assert by_group.refused(hand, "bea") == "not_in_function"
    joined = outsider.model_copy(update={"groups": ("board",)})
    by_group.act(hand.model_copy(update={"to": joined}), "bea")
    assert waiting(by_group) == ["olga", "bob"]
    by_name = asked({"people": ["bea"]}, found={"people:bea": ("bea",)})
    by_name.act(hand, "bea")
    assert waiting(by_name) == ["olga"]
    approve(by_name, "olga")
    assert state(by_name).state == "approved"


def test_who_has_left_the_group_hands_no_seat_over() -> None:
    world = asked({**BOARD, "mode": "all"}, found=FOUND)
    joined = Actor(name="olga", roles=("approver",), groups=("board",))
    hand = c.Delegate(approval=REF, to=joined, until=world.now + timedelta(days=1), reason=words())
    gone = world.actor("bea").model_copy(update={"groups": ()})
    assert world.refused(hand, gone) == "seat_missing"
    world.act(hand, "bob")
    assert waiting(world) == ["bea", "olga"]


def test_a_rehearsal_finds_people_for_every_way_of_asking() -> None:
    found = {
        **FOUND,
        "manager_of:release_manager": ("mia",),
        "owner_of:service": ("olaf",),
        "people:pia": ("pia",),
    }
    manager, owner = {"manager_of": "release_manager"}, {"owner_of_service": True}
    world = asked(BOARD, manager, owner, {"people": ["pia"]}, found=found)
    while do_something(world):
        pass
    assert state(world).state == "approved"


def test_a_rejection_under_a_group_vetoes() -> None:
    world = asked({**BOARD, "veto": True}, found=FOUND)
    world.act(decision(world, REF, "rejected"), "bea")
    assert state(world).state == "rejected"


def test_the_directory_is_asked_once_for_each_gate() -> None:
    world = started(make_plan(UAT, SIGNED))
    complete(world, "uat.run", "qa1")
    complete(world, "uat.read", "qa2")
    approve(world, "ops1")
    approve(world, "qa3")
    assert [look.why for look in world.looks] == ["ask", "open"]
