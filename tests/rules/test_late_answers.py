"""The directory answers late, or says otherwise than before: what was decided meanwhile, or was granted, stands."""

from __future__ import annotations

from datetime import timedelta

from golive import commands as c
from golive.commands import Actor
from tests.rules.acting import approve, complete
from tests.rules.directory import BOARD, FOUND, OPS, asked_after_a_task, happened, is_now, slow
from tests.rules.plans import GREY, make_plan, release
from tests.rules.signing import REF, asked, state, waiting
from tests.rules.world import started, words


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
