"""Whom rules ask beside functions, as the directory knows them when they are asked, decide, and when the gate opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.commands import Actor
from golive.directory import Absence
from golive.explain import blocked_by
from golive.rehearsal_people import do_something
from tests.rules.acting import approve, complete, decision
from tests.rules.plans import GREY, SIGN_OFF, SIGNED, UAT, make_plan, release, task
from tests.rules.signing import REF, asked, decide, state, waiting
from tests.rules.world import World, started, words
from workflows.go_live import PROCESSES

OPS = {"function": "ops"}
BOARD = {"group": "board"}
FOUND: dict[str, tuple[str, ...]] = {"group:board": ("bea", "bob")}


def is_now(world: World, name: str, **facts: Any) -> None:
    """Let somebody be otherwise from now on, in the directory and when they act."""
    world.said[name] = world.actor(name).model_copy(update=facts)


def away(world: World, name: str, deputy: str | None = None, days: int = 3) -> None:
    world.away[name] = Absence(until=world.now + timedelta(days=days), deputy=deputy)


def happened(world: World, kind: str) -> list[dict[str, Any]]:
    return [event.payload for event in world.journal if event.type == kind]


def asked_after_a_task(*rules: dict[str, Any], found: Any = FOUND) -> World:
    """Return a run in which something is to be done before decisions are asked for."""
    signed = {**SIGNED, "needs": [], "tasks": [task("collect", function="dev")]}
    signed["approvals"] = [{**SIGN_OFF, "rules": list(rules)}]
    return started(make_plan(signed, found=found))


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
    with pytest.raises(Exception, match=r"no longer acts in the group board\. Awaited: bea, bob") as refused:
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


# -- deputies ------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "deputy", [None, "ops2", "dev1", "rm"], ids=["none", "asked anyway", "worked", "started"]
)
def test_who_is_asked_anyway_or_barred_does_not_stand_in(deputy: str | None) -> None:
    world = with_somebody_away(deputy)
    world.said["dev1"] = Actor(name="dev1", roles=("approver", "assignee"), functions=("ops", "dev"))
    rule = world.run.index.approvals[REF][1].rules[0]
    assert rule.function == "ops"
    complete(world, "sign-off.collect", world.said["dev1"])  # type: ignore[arg-type]
    if deputy == "dev1":
        assert happened(world, "DeputyStandsIn")  # the rule does not name what dev1 has done
    else:
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


# -- answers that come late ----------------------------------------------------------------------------------


def slow(*rules: dict[str, Any], **more: Any) -> World:
    """Return a run that asks for decisions while the directory takes its time."""
    signed = {**SIGNED, "needs": [], "tasks": [task("collect", function="dev")]}
    signed["approvals"] = [{**SIGN_OFF, "rules": list(rules)}]
    world = started(make_plan(signed, **more))
    world.slow = True
    complete(world, "sign-off.collect", "dev1")
    return world


def test_an_answer_says_nothing_of_whom_it_was_not_asked_about() -> None:
    world = slow(OPS, {"function": "qa"})
    erin = Actor(name="erin", roles=("approver",), functions=("ops",))
    until = world.now + timedelta(days=1)
    world.act(c.Delegate(approval=REF, to=erin, until=until, reason=words()), "ops1")
    approve(world, "erin")
    world.answer_late()
    assert [made.stale for made in state(world).decisions] == [False]
    approve(world, "qa1")
    assert world.run.state.stages["sign-off"].state == "passed"


def test_an_answer_from_before_a_new_build_counts_for_nothing() -> None:
    found = {"manager_of:authors": ("mia",)}
    world = slow({"manager_of": "authors"}, OPS, release=release(authors=("ann",)), found=found)
    world.act(c.NewBuild(release=release("1.0.1", authors=("al",)), reason=words()), "rm")
    world.answer_late()
    assert state(world).state == "pending"
    assert waiting(world) == ["mia", "ops1", "ops2", "ops3"]


def test_an_answer_from_before_an_amendment_strikes_out_nobody() -> None:
    world = slow(OPS)
    former = world.plan
    now = former.model_copy(update={"people": {**former.people, "ops": ("new1",)}})
    is_now(world, "new1", functions=("ops",), roles=("approver",))
    world.act(c.Amend(plan=now, base=1, patch=(), reason=words()), "rm")
    world.answer_late()
    assert waiting(world) == ["new1"]
    approve(world, "new1")
    assert state(world).state == "approved"


def test_an_answer_after_the_glass_was_broken_takes_nothing_back() -> None:
    world = slow(OPS, {"function": "qa"})
    approve(world, "ops1")
    eva = world.actor("rm").model_copy(update={"name": "eva", "roles": ("break_glass", "assignee")})
    why = words("payments fail for everybody and both of qa are on a plane")
    shown = state(world).digest
    assert shown is not None
    world.act(c.BreakGlass(approval=REF, digest=shown, reason=why), eva)
    is_now(world, "ops1", enabled=False)
    world.answer_late()
    assert state(world).glass_broken_by == "eva"
    assert world.run.state.stages["sign-off"].state == "passed"


def test_an_approval_that_an_amendment_took_out_is_closed_for_whom_it_asked() -> None:
    world = slow(OPS)
    (stage,) = world.plan.stages
    fewer = stage.model_copy(update={"approvals": ()})
    now = world.plan.model_copy(update={"stages": (fewer,)})
    world.act(c.Amend(plan=now, base=1, patch=(), reason=words()), "rm")
    pending = world.run.state.amendment
    assert pending is not None
    yes = c.DecideAmendment(amendment=pending.id, decision="approved", digest=pending.digest)
    world.act(yes, "ops2")
    (told,) = [
        each for each in world.told if each.closes and "in the plan of the run no more" in str(each.sentence)
    ]
    assert {"ops1", "ops3"} <= {*told.to, *told.quietly}
    world.answer_late()
    assert REF not in world.run.state.approvals


# -- what else may change --------------------------------------------------------------------------------------


def test_a_former_owner_opens_no_gate() -> None:
    world = asked({"owner_of_service": True}, OPS, found={"owner_of:service": ("bea",)})
    approve(world, "bea")
    world.found = {"owner_of:service": ("bob",)}
    approve(world, "ops1")
    assert state(world).state == "pending"
    assert waiting(world) == ["bob"]


def test_a_step_that_asks_again_is_not_passed_by_what_was_granted_before() -> None:
    again = {"do": "approval", "approval": "more"}
    rollout = {
        "steps": [again, {"do": "set_weight", "weight": 10}, again, {"do": "set_weight", "weight": 100}],
        "analyses": GREY["rollout"]["analyses"],
    }
    more = {"key": "more", "title": "More", "rules": [BOARD]}
    grey = {**GREY, "needs": [], "rollout": rollout, "approvals": [more]}
    world = started(make_plan(grey, found=FOUND))
    approve(world, "bea", "grey.more")
    assert (world.traffic, world.run.state.approvals["grey.more"].state) == (10, "pending")
    approve(world, "bob", "grey.more")
    assert world.traffic == 100


def test_what_traffic_has_moved_on_is_not_asked_again() -> None:
    rollout = {
        "steps": [
            {"do": "approval", "approval": "more"},
            {"do": "set_weight", "weight": 100},
            {"do": "pause", "duration": "10m"},
        ],
        "analyses": GREY["rollout"]["analyses"],
    }
    more = {"key": "more", "title": "More", "rules": [OPS]}
    world = started(make_plan({**GREY, "needs": [], "rollout": rollout, "approvals": [more]}))
    approve(world, "ops1", "grey.more")
    is_now(world, "ops1", enabled=False)
    world.tick(timedelta(minutes=11))
    assert world.run.state.stages["grey"].state == "passed"


def test_a_group_that_is_filled_is_asked_when_the_run_is_resumed() -> None:
    world = asked_after_a_task(BOARD)
    world.found = {}
    complete(world, "sign-off.collect", "dev1")
    assert world.run.state.state == "held"
    world.found = FOUND
    world.act(c.Resume(reason=words()), "rm")
    assert (world.run.state.state, waiting(world)) == ("running", ["bea", "bob"])


def test_an_approval_of_everybody_there_is_no_rejection() -> None:
    world = asked_after_a_task(BOARD, OPS)
    world.found = {}
    complete(world, "sign-off.collect", "dev1")
    approve(world, "ops1")
    assert (state(world).state, world.run.state.state) == ("pending", "held")
    assert not happened(world, "ApprovalRejected")


def test_an_amendment_of_one_function_leaves_the_members_of_a_group_as_they_were_found() -> None:
    world = asked_after_a_task(BOARD, {**OPS, "mode": "all"})
    world.found = {"group:board": ("cyd",)}
    complete(world, "sign-off.collect", "dev1")
    approve(world, "cyd")
    former = world.plan
    now = former.model_copy(update={"people": {**former.people, "ops": (*former.people["ops"], "ops4")}})
    world.act(c.Amend(plan=now, base=1, patch=(), reason=words()), "rm")
    assert [made.stale for made in state(world).decisions] == [False]


def test_a_deputy_who_can_sign_no_more_gives_the_seat_back() -> None:
    world = with_somebody_away()
    complete(world, "sign-off.collect", "dev1")
    is_now(world, "erin", enabled=False)
    world.act(c.RemindSigners(approval=REF), "rm")
    assert waiting(world) == ["ops1", "ops2"]


def test_messages_never_share_a_key() -> None:
    world = slow(OPS)
    is_now(world, "ops1", enabled=False)
    world.late = [(look, world.directory(look)) for look, _ in world.late]
    world.answer_late()
    keys = [each.key for each in world.told]
    assert len(keys) == len(set(keys))
    assert any(each.closes and "ops1" in each.to for each in world.told)


def test_who_was_added_and_is_in_the_group_by_now_signs_once() -> None:
    world = asked({**BOARD, "mode": "all"}, found=FOUND)
    xia = Actor(name="xia", roles=("approver",))
    world.act(c.AddSigners(approval=REF, people=(xia,), place="after", reason=words()), "bea")
    world.found = {"group:board": ("bea", "bob", "xia")}
    world.said["xia"] = xia.model_copy(update={"groups": ("board",)})
    world.act(c.RemindSigners(approval=REF), "rm")
    for name in ("bea", "bob", "xia"):
        approve(world, name)
    assert state(world).state == "approved"
