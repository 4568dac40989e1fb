"""Corners of the rules in which a run once went wrong: each test failed before its rule was mended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive import rules
from golive.effects import Measure, Measured, Shifted
from golive.errors import Conflict, Invalid
from golive.evidence import Metric, Remark
from golive.explain import approval_wait, awaited_people, blocked_by, current_details, stage_waits, task_wait
from golive.template import Ladder
from tests.rules.plans import GREY, PEOPLE, REVIEW, SIGN_OFF, SIGNED, UAT, make_plan, release, task, whole
from tests.rules.test_whole_run import approve, complete, digest, due_of, shown, states, to_grey, to_sign_off
from tests.rules.world import World, run_of, started, words
from workflows.display import brief
from workflows.go_live import PROCESSES

PREPARED: dict[str, Any] = {
    "id": "prep",
    "process": "preparation",
    "title": "Preparation",
    "tasks": [task("merge")],
}
RATE: dict[str, Any] = {
    "key": "errors",
    "title": "Errors",
    "source": {"metric": "errors"},
    "compare": "<=",
    "threshold": 1,
}


def gate(on: str = "exit", **more: Any) -> dict[str, Any]:
    return {"key": "rate", "title": "Rate", "on": on, "checks": [{**RATE, **more}]}


def decision(world: World, ref: str, which: Any, **more: Any) -> c.Decide:
    return c.Decide(approval=ref, decision=which, digest=digest(world, ref), comment=words(), **more)


def rests(world: World) -> bool:
    """Tell that the timer would not ring at once again and again."""
    due = rules.next_due(world.run, PROCESSES)
    return due is None or due > world.now


# -- stages ------------------------------------------------------------------------------------------------------


def test_nothing_goes_on_while_any_stage_before_is_open_again() -> None:
    world = started(make_plan(PREPARED, {**UAT, "needs": ["prep"]}, SIGNED, GREY))
    complete(world, "prep.merge", "qa1")
    to_sign_off(world)
    world.act(decision(world, "sign-off.sign", "returned", task="prep.merge"), "ops1")
    assert states(world)["prep"] == "open"
    assert world.run.state.approvals["sign-off.sign"].state == "returned"
    assert world.types()[-1] != "ApprovalRequested"
    complete(world, "prep.merge", "qa1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_returned_names_a_task_that_was_done_and_waits_until_it_is_done_again() -> None:
    signed = {**SIGNED, "tasks": [task("collect", function="dev")], "approvals": [{**SIGN_OFF, "after": []}]}
    world = to_sign_off(started(make_plan(UAT, signed, GREY, REVIEW)))
    assert (
        world.refused(decision(world, "sign-off.sign", "returned", task="review.lessons"), "ops1")
        == "task_missing"
    )
    world.act(decision(world, "sign-off.sign", "returned", task="sign-off.collect"), "ops1")
    assert world.run.state.approvals["sign-off.sign"].state == "returned"
    assert "TaskReopened" in world.types()
    complete(world, "sign-off.collect", "dev1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_a_task_after_the_rollout_may_be_opened_again_and_a_signed_one_not() -> None:
    world = to_grey(started(make_plan(UAT, SIGNED, GREY, {**REVIEW, "tasks": [task("a"), task("b")]})))
    world.act(c.PromoteFull(reason=words()), "rm")
    world.verdict("healthy")
    complete(world, "review.a", "qa1")
    world.act(c.ReopenTask(task="review.a", reason=words()), "qa1")
    assert world.refused(c.ReopenTask(task="uat.read", reason=words()), "rm") == "traffic_moved"


def test_a_task_that_is_done_again_is_not_overdue_at_once() -> None:
    world = started(whole())
    complete(world, "uat.run", "qa1")
    world.tick(timedelta(days=4))
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    assert due_of(world) == world.now + timedelta(days=2)


# -- gates -------------------------------------------------------------------------------------------------------


def test_a_gate_that_let_a_stage_in_is_not_looked_at_for_ever() -> None:
    world = World(make_plan({**UAT, "gates": [gate("entry", max_age="15m")]}))
    world.setting.measured["errors"] = 0.0
    world.follow()
    assert states(world)["uat"] == "open"
    world.tick(timedelta(hours=1))
    assert rests(world)


def test_a_failed_measurement_is_not_repeated_while_a_task_is_open_again() -> None:
    world = World(make_plan({**UAT, "gates": [gate()]}))
    world.setting.measured["errors"] = 5.0
    world.follow()
    to_sign_off(world)
    world.act(c.ReopenTask(task="uat.read", reason=words()), "rm")
    world.tick(timedelta(hours=1))
    assert rests(world)


def test_one_alert_per_change_of_verdict() -> None:
    world = World(make_plan({**UAT, "gates": [gate()]}))
    world.setting.measured["errors"] = 5.0
    world.follow()
    to_sign_off(world)
    for _ in range(5):
        world.tick(timedelta(minutes=2))
    assert world.types().count("CheckChanged") == 6
    assert world.types().count("AlertRaised") == 1


def test_a_new_build_is_measured_again_and_a_late_result_of_the_former_does_not_count() -> None:
    uat = {**UAT, "tasks": [task("run")], "gates": [gate()]}
    world = World(make_plan(uat, SIGNED | {"approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}))
    world.setting.measured["errors"] = 0.0
    world.follow()
    complete(world, "uat.run", "qa1")
    assert states(world)["uat"] == "passed"
    world.setting.measured["errors"] = 5.0
    late = Measure(
        key="of the former build",
        run_id="r1",
        about="uat/rate.errors",
        service="shop",
        environment="production",
        version="1.0.0",
        metric="errors",
    )
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert states(world)["uat"] == "open"
    rules.measured(world.run, late, Measured(value=0.0, at=world.now), world.now, PROCESSES)
    assert world.run.state.stages["uat"].checks["rate.errors"].state == "fail"


def test_a_measurement_under_way_and_a_check_without_evidence_are_said() -> None:
    world = World(make_plan({**UAT, "tasks": [], "gates": [gate()]}))
    assert "waits for “Errors”" in str(blocked_by(world.run, PROCESSES))
    check = {**RATE, "source": {"task": "uat.run", "fact": "errors"}}
    world = started(
        make_plan({**UAT, "tasks": [task("run")], "gates": [{"key": "g", "title": "G", "checks": [check]}]})
    )
    world.act(c.SetNotApplicable(task="uat.run", reason=words()), "qa1")
    assert "nothing to judge" in str(shown(world).blocked_by)


# -- sign-off ----------------------------------------------------------------------------------------------------


def test_an_approval_that_can_no_longer_be_met_is_rejected() -> None:
    rule = {"function": "ops", "mode": "all", "veto": False}
    world = started(make_plan({**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [rule]}]}))
    world.act(decision(world, "sign-off.sign", "rejected"), "ops1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    approve(world, "ops2")
    approve(world, "ops3")
    assert world.run.state.approvals["sign-off.sign"].state == "rejected"
    assert world.run.state.state == "held"


def test_what_changed_during_a_hold_is_compared_after_continuing_as_new() -> None:
    rules_ = [{"function": "ops"}]
    first = {
        **UAT,
        "tasks": [task("run"), task("other")],
        "approvals": [{**SIGN_OFF, "rules": rules_, "after": ["uat.run"]}],
    }
    world = started(make_plan(first))
    complete(world, "uat.run", "qa1")
    approve(world, "ops1", "uat.sign")
    world.act(c.Hold(reason=words()), "rm")
    world.act(c.ReopenTask(task="uat.run", reason=words()), "rm")
    world.act(c.CompleteTask(task="uat.run", evidence=(Remark(text=words("done otherwise")),)), "qa1")
    world.run = run_of(world)
    world.act(c.Resume(reason=words()), "rm")
    assert world.run.state.approvals["uat.sign"].state == "pending"


# -- rollout and service -----------------------------------------------------------------------------------------

SLOW: dict[str, Any] = {
    **GREY,
    "rollout": {"steps": [{"do": "pause"}, {"do": "set_weight", "weight": 5}, {"do": "pause"}]},
}


def test_the_subject_is_compared_before_traffic_moves_also_after_other_steps() -> None:
    world = to_grey(started(make_plan(UAT, SIGNED, SLOW)))
    world.run.state.tasks["uat.read"].evidence = "sha256:" + "f" * 64  # as if a bug had changed it
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 0
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 5


def test_a_new_build_before_the_first_traffic_starts_the_rollout_over() -> None:
    world = to_grey(started(make_plan(UAT, SIGNED, SLOW)))
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    complete(world, "uat.run", "qa1")
    approve(world, "ops1")
    approve(world, "qa3")
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 5
    assert world.refused(c.NewBuild(release=release("1.0.2"), reason=words()), "rm") == "traffic_moved"


def test_a_fenced_shift_of_a_run_that_goes_on_stops_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    world = to_sign_off(started(whole()))
    monkeypatch.setattr(world, "_shift", lambda _: Shifted(weight=0, fenced=True))
    approve(world, "ops1")
    approve(world, "qa3")
    assert any(wait.what == "promote" for wait in shown(world).waits) or shown(world).blocked_by
    assert not world.run.state.lock.held
    monkeypatch.undo()
    world.act(c.RetryRollout(reason=words()), "rm")
    assert world.traffic == 5


def test_a_second_holder_is_superseded_too_and_a_rollout_that_does_not_wait_has_no_say() -> None:
    full = {
        **GREY,
        "id": "full",
        "needs": ["grey"],
        "rollout": {"steps": [{"do": "set_weight", "weight": 100}]},
    }
    grey = {**GREY, "rollout": {**GREY["rollout"], "on_conflict": "supersede"}}
    world = to_sign_off(started(make_plan(UAT, SIGNED, grey, full)))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    world.lock_holder = "third"
    world.tick()
    assert world.superseded == ["other", "third"]
    full["rollout"]["on_conflict"] = "refuse"
    world = to_sign_off(started(make_plan(UAT, SIGNED, GREY, full)))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.run.state.state == "running"


# -- clocks ------------------------------------------------------------------------------------------------------


def test_a_hold_brings_no_reminder_forward_and_overdue_time_stands_still() -> None:
    world = started(whole())
    world.tick(timedelta(hours=12))
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=10))
    world.act(c.Resume(reason=words()), "rm")
    assert rules.next_due(world.run, PROCESSES) == world.now + timedelta(hours=12)
    assert "Reminded" not in world.types()
    world.tick(timedelta(days=2))
    count = world.types().count("Escalated")
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=10))
    world.act(c.Resume(reason=words()), "rm")
    assert world.types().count("Escalated") == count
    assert rests(world)


def test_years_of_working_time_are_no_trouble() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run", due="900d")]}))
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=400))
    world.act(c.Resume(reason=words()), "rm")
    assert rests(world)


def test_a_ladder_has_rungs() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Ladder(rungs=())


# -- the end -----------------------------------------------------------------------------------------------------


def test_back_out_tasks_come_in_order_remind_and_are_closed_by_an_abort() -> None:
    back_out = [
        task("restore", function="dev", due="1d"),
        task("tell", function="dev", needs=["grey.restore"]),
    ]
    world = to_grey(started(make_plan(UAT, SIGNED, {**GREY, "on_rollback": back_out})))
    world.act(c.Rollback(reason=words()), "rm")
    assert [world.run.state.tasks[f"grey.{key}"].state for key in ("restore", "tell")] == ["open", "locked"]
    world.tick()
    assert "StableConfirmed" in world.types()
    assert world.lock_holder is None, "stable again: the service is free, though back-out goes on"
    world.tick(timedelta(days=2))
    assert "Escalated" in world.types()
    complete(world, "grey.restore", "dev1")
    assert world.run.state.state == "rolling_back"
    assert world.run.state.tasks["grey.tell"].state == "open"
    world.act(c.Abort(reason=words()), "rm")
    assert world.run.state.state == "aborted"
    assert world.run.state.tasks["grey.tell"].state == "locked"


def test_a_rollback_before_any_traffic_claims_nothing() -> None:
    world = to_sign_off(started(whole()))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    world.act(c.Rollback(reason=words()), "rm")
    world.lock_holder = None
    world.tick(timedelta(hours=1))
    assert world.run.state.state == "rolling_back"
    assert world.lock_holder is None


# -- what Temporal takes -----------------------------------------------------------------------------------------


def test_what_is_shown_fits_into_temporal() -> None:
    names = tuple(f"{n:02}" + "x" * 78 for n in range(60))
    world = started(make_plan({**UAT, "tasks": [task("run")]}, people={"qa": names}))
    assert 1 < len(awaited_people(world.run, PROCESSES)) < 25
    assert len(brief("上线" * 300).encode()) <= 400
    assert brief("short") == "short"


def test_only_who_may_do_a_task_is_awaited_and_reminded_and_only_who_may_sign_is_asked() -> None:
    people = {**PEOPLE, "qa": ("qa1", "signs", "qa2"), "ops": ("ops1", "works")}
    tasks = [task("run", due="2d", verify=True)]
    world = started(
        make_plan({**UAT, "tasks": tasks}, SIGNED, people=people, sign_only=("signs",), do_only=("works",))
    )
    doer = task_wait(world.run, "uat.run")
    assert doer
    assert doer.who == ("qa1", "qa2")
    world.tick(timedelta(days=1))
    assert [told.to for told in world.told] == [("qa1", "qa2")]
    assert world.refused(c.ReassignTask(task="uat.run", to=world.actor("signs")), "rm") == "not_in_function"
    assert world.refused(c.StartTask(task="uat.run"), "signs") == "role_missing"
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    confirms = task_wait(world.run, "uat.run")
    assert confirms
    assert confirms.who == ("qa2",)
    world.act(c.VerifyTask(task="uat.run", result="pass"), "qa2")
    signs = approval_wait(world.run, "sign-off.sign")
    assert signs
    assert set(signs.who) == {"ops1", "signs", "qa2"}


def test_a_task_is_never_given_to_the_last_eligible_signer() -> None:
    """Two of QA: whoever runs the test may not sign, so the other one must be left alone with signing."""
    tasks = [task("run"), task("read")]
    rules = [{"function": "ops"}, {"function": "qa", "exclude_doers_of": ["uat.run", "uat.read"]}]
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": rules}]}
    people = {**PEOPLE, "qa": ("qa1", "qa2")}
    world = started(make_plan({**UAT, "tasks": tasks}, signed, people=people))
    world.act(c.StartTask(task="uat.run"), "qa1")
    assert world.refused(c.StartTask(task="uat.read"), "qa2") == "last_signer"
    assert world.refused(c.CompleteTask(task="uat.read"), "qa2") == "last_signer"
    give = c.ReassignTask(task="uat.read", to=world.actor("qa2"))
    assert world.refused(give, "rm") == "last_signer"
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_what_is_said_of_a_checklist_item_is_signed() -> None:
    """The same item passed with other words is another subject: who signed the former has not signed this."""
    items = [{"id": "risks", "text": "Say which risks are known", "requires": [{"type": "remark"}]}]
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}
    world = started(make_plan({**UAT, "tasks": [task("facts", items=items)]}, signed))

    def tell(said: str) -> str:
        result = c.ItemResult(result="pass", remark=words(said))
        world.act(c.CompleteTask(task="uat.facts", items={"risks": result}), "qa1")
        return digest(world)

    before = tell("none")
    world.act(c.ReopenTask(task="uat.facts", reason=words()), "qa1")
    assert tell("payments are charged twice") != before
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=before)
    assert world.refused(act, "ops1") == "stale_subject"


# -- what a person is told ---------------------------------------------------------------------------------------


def test_a_run_without_a_title_of_its_own_follows_a_new_build() -> None:
    plan = make_plan(UAT)
    named = plan.model_copy(update={"title": "shop 1.0.0"})
    for made, title in ((named, "shop 2.0.0"), (plan, "Shop 1.0.0")):
        world = started(made)
        world.act(c.NewBuild(release=release("2.0.0"), reason=words()), "rm")
        assert world.run.title == title
        assert world.batches[-1].run
        assert world.batches[-1].run.title == title


def test_a_closed_gate_is_a_wait_and_says_what_opens_it() -> None:
    check = {"key": "rate", "title": "Rate", "source": {"task": "uat.run", "fact": "rate"}}
    gate = {
        "key": "good",
        "title": "Good",
        "on": "exit",
        "checks": [{**check, "compare": ">=", "threshold": 1}],
    }
    world = started(make_plan({**UAT, "tasks": [task("run")], "gates": [gate]}))
    done = c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),))
    world.act(done, "qa1")
    (wait,) = stage_waits(world.run, PROCESSES)
    assert (wait.what, wait.object, wait.who) == ("gate", "gate:uat.good", ("rm", "qa1", "qa2", "qa3"))
    assert str(blocked_by(world.run, PROCESSES)) == (
        "Gate “Good” of “UAT” is closed: Rate: 0.5 is not >= 1. "
        "It is judged again once “run” has been opened again and done; rm, qa1, qa2, qa3 can open it."
    )
    world.act(c.ReopenTask(task="uat.run", reason=words()), "qa1")
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=1),)), "qa1")
    assert world.run.state.state == "completed"


def test_a_gate_whose_evidence_is_done_again_awaits_the_task_and_not_itself() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run"), task("read")], "gates": [gate()]}))
    world.setting.measured["errors"] = 5
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    world.act(c.CompleteTask(task="uat.read"), "qa1")
    (wait,) = stage_waits(world.run, PROCESSES)
    assert (wait.what, wait.who) == ("gate", ())
    assert wait.next_at == rules.next_due(world.run, PROCESSES)
    assert "measured again by itself" in str(blocked_by(world.run, PROCESSES))
    world.act(c.Hold(reason=words()), "rm")
    assert [each.next_at for each in stage_waits(world.run, PROCESSES)] == [None]
    world.act(c.Resume(reason=words()), "rm")
    world.act(c.ReopenTask(task="uat.read", reason=words()), "qa1")
    assert list(stage_waits(world.run, PROCESSES)) == []
    assert "“read” waits since" in str(blocked_by(world.run, PROCESSES))


def test_a_gate_on_evidence_that_traffic_moved_on_says_what_is_left() -> None:
    judged = {**RATE, "source": {"task": "uat.run", "fact": "rate"}, "compare": ">=", "threshold": 1}
    closed = {"key": "late", "title": "Late", "on": "exit", "checks": [judged]}
    quick = {
        **GREY,
        "needs": ["uat"],
        "gates": [closed],
        "rollout": {"steps": [{"do": "set_weight", "weight": 5}]},
    }
    world = started(make_plan({**UAT, "tasks": [task("run")]}, quick))
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),)), "qa1")
    world.follow()
    assert world.run.state.shifted is not None
    assert "only a rollback or an abort is left" in str(blocked_by(world.run, PROCESSES))
    assert all(wait.who == () for wait in stage_waits(world.run, PROCESSES) if wait.what == "gate")


def test_who_gets_the_role_later_may_sign_though_the_plan_does_not_ask_them() -> None:
    people = {**PEOPLE, "ops": ("ops1", "works")}
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": [{"function": "ops"}]}]}
    world = started(make_plan(signed, people=people, do_only=("works",)))
    waits = approval_wait(world.run, "sign-off.sign")
    assert waits
    assert waits.who == ("ops1",)
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=digest(world))
    assert world.refused(act, "works") == "role_missing"
    later = world.actor("works").model_copy(update={"roles": ("assignee", "approver")})
    world.act(act, later)
    assert world.run.state.approvals["sign-off.sign"].state == "approved"
    assert world.run.state.approvals["sign-off.sign"].decisions[0].functions == ("ops",)


def test_what_a_run_awaits_in_temporals_ui_goes_by_its_engine() -> None:
    judged = {**RATE, "source": {"task": "uat.run", "fact": "rate"}, "compare": ">=", "threshold": 1}
    closed = {"key": "good", "title": "Good", "on": "exit", "checks": [judged]}
    world = started(make_plan({**UAT, "tasks": [task("run"), task("read")], "gates": [closed]}))
    world.act(c.CompleteTask(task="uat.run", evidence=(Metric(name="rate", value=0.5),)), "qa1")
    world.act(c.StartTask(task="uat.read"), "qa2")
    seen = {}
    for engine in (1, 2):
        world.run.state.engine = engine
        seen[engine] = awaited_people(world.run, PROCESSES)
    assert seen == {1: ["qa2"], 2: ["qa1", "qa2", "qa3", "rm"]}


def test_whoever_does_a_task_again_reads_why() -> None:
    rules_ = [{"function": "ops"}, {"function": "qa", "exclude_doers_of": ["uat.run"]}]
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": rules_}]}
    world = to_sign_off(started(make_plan(UAT, signed)))
    back = c.Decide(
        approval="sign-off.sign",
        decision="returned",
        digest=digest(world),
        comment=words("not clear"),
        task="uat.read",
    )
    world.act(back, "ops1")
    assert world.run.state.tasks["uat.read"].reason == words("not clear").digest
    world.act(c.StartTask(task="uat.read"), "qa2")
    assert world.run.state.tasks["uat.read"].reason == words("not clear").digest
    world.act(c.CompleteTask(task="uat.read"), "qa2")
    assert world.run.state.tasks["uat.read"].reason is None


def test_a_blocked_task_says_so_and_how_it_goes_on() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run")]}))
    world.act(c.BlockTask(task="uat.run", reason=words("no environment")), "qa1")
    assert str(blocked_by(world.run, PROCESSES)) == "“run” is blocked; qa1 can take it up again."
    with pytest.raises(Conflict, match="start it again, then complete it"):
        rules.check(world.run, world.command(c.CompleteTask(task="uat.run"), "qa1"))


def test_everything_that_a_task_lacks_is_named_at_once() -> None:
    items = [
        {"id": "risks", "text": "Say which", "requires": [{"type": "remark"}]},
        {"id": "roster", "text": "Link it", "requires": [{"type": "link"}]},
        {"id": "quiet", "text": "Look"},
    ]
    needs = [{"type": "file"}, {"type": "metric", "name": "found"}]
    world = started(make_plan({**UAT, "tasks": [task("run", items=items, requires=needs)]}))
    given = {"risks": c.ItemResult(result="pass"), "quiet": c.ItemResult(result="fail")}
    with pytest.raises(Invalid) as refused:
        rules.check(world.run, world.command(c.CompleteTask(task="uat.run", items=given), "qa1"))
    assert [str(refused.value.sentence), *map(str, refused.value.also)] == [
        "Evidence is missing for “risks”: 1 × remark.",
        "The required item “roster” has no result: Link it",
        "The required item “quiet” failed, so the task stays open: Look",
        "Evidence is missing for “run”: 1 × file, 1 × metric found.",
    ]


def test_the_final_report_is_written_when_every_stage_has_ended() -> None:
    world = started(make_plan(UAT, SIGNED))
    world.act(c.Abort(reason=words()), "rm")
    types = world.types()
    assert types.index("StageFailed") < types.index("StageSkipped") < types.index("ReportWritten")
    assert types[-1] == "RunAborted"


def test_behind_the_point_of_no_return_nothing_rolls_back_and_an_abort_still_ends_the_run() -> None:
    tasks = [task("open", point_of_no_return=True), task("watch")]
    world = started(make_plan({**UAT, "tasks": tasks, "on_rollback": [task("restore")]}))
    back = c.Rollback(reason=words())
    rules.check(world.run, world.command(back, "rm"))
    world.act(c.CompleteTask(task="uat.open"), "qa1")
    assert world.refused(back, "rm") == "point_of_no_return"
    assert world.refused(c.ReopenTask(task="uat.open", reason=words()), "rm") == "point_of_no_return"
    assert "No way back" in current_details(world.run, PROCESSES)
    world.act(c.Abort(reason=words()), "rm")
    assert world.run.state.state == "aborted"


def test_behind_the_point_of_no_return_bad_health_stops_the_rollout_for_a_person() -> None:
    grey = {**GREY, "needs": [], "tasks": [task("open", point_of_no_return=True)]}
    world = started(make_plan(grey))
    world.act(c.CompleteTask(task="grey.open"), "qa1")
    world.act(c.Promote(reason=words()), "rm")
    world.verdict("unhealthy")
    assert world.run.state.state == "running"
    rollout = world.run.state.stages["grey"].rollout
    assert rollout
    assert rollout.phase == "stopped"
    assert "AlertRaised" in world.types()
