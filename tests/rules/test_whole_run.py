"""A run from its start to its end, and the ways it leaves the straight road."""

from __future__ import annotations

from datetime import timedelta

import pytest

from golive import commands as c
from tests.rules.acting import (
    approve,
    complete,
    digest,
    due_of,
    shown,
    states,
    to_grey,
    to_sign_off,
)
from tests.rules.plans import GREY, REVIEW, SIGNED, UAT, make_plan, release, task, whole
from tests.rules.world import run_of, started, words


def test_a_whole_run_completes() -> None:
    world = to_grey(started(whole()))
    assert world.traffic == 5
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 50
    world.verdict("healthy")
    assert world.traffic == 100
    assert states(world) == {"uat": "passed", "sign-off": "passed", "grey": "passed", "review": "open"}
    assert not world.run.state.lock.held
    complete(world, "review.lessons", "dev1")
    assert world.run.state.state == "completed"
    assert [event.seq for event in world.journal] == list(range(1, len(world.journal) + 1))
    assert world.journal[-1].type == "RunCompleted"
    assert world.refused(c.Hold(reason=words()), "rm") == "run_ended"


def test_tasks_open_in_the_order_of_their_needs() -> None:
    world = started(whole())
    assert world.run.state.tasks["uat.read"].state == "locked"
    assert world.refused(c.StartTask(task="uat.read"), "qa1") == "task_state"
    complete(world, "uat.run", "qa1")
    assert world.run.state.tasks["uat.read"].state == "open"


def test_a_task_belongs_to_its_function_and_then_to_whoever_took_it() -> None:
    world = started(whole())
    assert world.refused(c.StartTask(task="uat.run"), "ops1") == "foreign_task"
    world.act(c.StartTask(task="uat.run"), "qa1")
    assert world.refused(c.CompleteTask(task="uat.run", remark=words()), "qa2") == "foreign_task"


def test_required_evidence_is_named_when_it_is_missing() -> None:
    world = started(whole())
    assert world.refused(c.CompleteTask(task="uat.run"), "qa1") == "evidence_missing"
    assert world.refused(c.CompleteTask(task="uat.run", remark=words(" ")), "qa1") == "evidence_missing"


def test_verification_takes_another_person() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run", verify=True)]}))
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    assert world.run.state.tasks["uat.run"].state == "to_verify"
    assert world.refused(c.VerifyTask(task="uat.run", result="pass"), "qa1") == "own_work"
    world.act(c.VerifyTask(task="uat.run", result="fail", remark=words()), "qa2")
    assert world.run.state.tasks["uat.run"].state == "in_progress"
    world.act(c.CompleteTask(task="uat.run"), "qa1")
    world.act(c.VerifyTask(task="uat.run", result="pass"), "qa2")
    assert world.run.state.state == "completed"


def test_not_applicable_is_not_done_and_needs_a_second_person_where_the_task_is_verified() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run", verify=True)]}))
    world.act(c.SetNotApplicable(task="uat.run", reason=words()), "qa1")
    assert world.run.state.tasks["uat.run"].state == "to_verify"
    world.act(c.VerifyTask(task="uat.run", result="pass"), "qa3")
    assert world.run.state.tasks["uat.run"].state == "not_applicable"


def test_the_starter_and_whoever_did_the_named_task_may_not_sign() -> None:
    world = to_sign_off(started(whole()))
    shown = digest(world)
    assert (
        world.refused(c.Decide(approval="sign-off.sign", decision="approved", digest=shown), "qa1")
        == "may_not_sign"
    )
    everything = c.Actor(name="rm", roles=("approver", "admin"), functions=("qa", "ops"))
    assert world.refused(c.Decide(approval="sign-off.sign", decision="approved", digest=shown), everything)


def test_authors_of_the_artifact_may_not_sign() -> None:
    world = to_sign_off(started(make_plan(UAT, SIGNED, release=release(authors=("ops1",)))))
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=digest(world))
    assert world.refused(act, "ops1") == "may_not_sign"


def test_one_person_fills_one_slot_even_in_two_functions() -> None:
    people = {"qa": ("both", "qa1"), "ops": ("both", "ops1")}
    signed = {
        **SIGNED,
        "needs": [],
        "approvals": [{**SIGNED["approvals"][0], "rules": [{"function": "ops"}, {"function": "qa"}]}],
    }
    world = started(make_plan(signed, people=people))
    approve(world, "both")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=digest(world))
    assert world.refused(act, "both") == "already_decided"
    approve(world, "qa1")
    assert world.run.state.approvals["sign-off.sign"].state == "approved"


def test_a_decision_on_another_digest_is_refused() -> None:
    world = to_sign_off(started(whole()))
    other = "sha256:" + "0" * 64
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=other)
    assert world.refused(act, "ops1") == "stale_subject"


def test_a_new_build_makes_decisions_stale_and_reopens_what_is_done_per_build() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    old = digest(world)
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert states(world)["uat"] == "open"
    assert world.run.state.tasks["uat.run"].state == "open"
    assert world.run.state.approvals["sign-off.sign"].state == "stale"
    complete(world, "uat.run", "qa1")
    assert world.run.state.tasks["uat.read"].state == "done"
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    assert digest(world) != old
    act = c.Decide(approval="sign-off.sign", decision="approved", digest=old)
    assert world.refused(act, "ops1") == "stale_subject"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 5
    assert world.refused(c.NewBuild(release=release("1.0.2"), reason=words()), "rm") == "traffic_moved"


def test_a_rejection_needs_a_reason_and_holds_the_run_until_it_is_asked_again() -> None:
    world = to_sign_off(started(whole()))
    act = c.Decide(approval="sign-off.sign", decision="rejected", digest=digest(world))
    assert world.refused(act, "ops1") == "reason_missing"
    world.act(act.model_copy(update={"comment": words()}), "ops1")
    assert world.run.state.state == "held"
    assert world.run.state.approvals["sign-off.sign"].state == "rejected"
    world.act(c.Resume(reason=words()), "rm")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 5


def test_returned_goes_to_a_named_task_and_is_asked_again() -> None:
    world = to_sign_off(started(whole()))
    act = c.Decide(
        approval="sign-off.sign", decision="returned", digest=digest(world), comment=words(), task="uat.read"
    )
    assert world.refused(act.model_copy(update={"task": None}), "ops1") == "task_missing"
    world.act(act, "ops1")
    assert states(world)["uat"] == "open"
    assert world.run.state.approvals["sign-off.sign"].state == "returned"
    complete(world, "uat.read", "qa2")
    assert world.run.state.approvals["sign-off.sign"].state == "pending"


def test_an_approval_expires_closed() -> None:
    world = to_sign_off(started(whole()))
    for _ in range(40):
        if world.run.state.state == "held":
            break
        world.tick()
    assert world.run.state.approvals["sign-off.sign"].state == "expired"
    assert states(world)["sign-off"] == "open"
    assert "ApprovalExpired" in world.types()


def test_reminders_climb_and_stop() -> None:
    world = started(whole())
    for _ in range(8):
        world.tick()
    kinds = [event.type for event in world.journal if event.type in ("Reminded", "Escalated")]
    assert kinds == ["Reminded"] * 2 + ["Escalated"] * 6
    assert world.run.state.tasks["uat.run"].overdue
    to_sign_off(world)
    assert not world.run.clocked


def test_missed_rungs_collapse_into_the_latest() -> None:
    world = started(whole())
    world.tick(timedelta(days=30))
    assert len([event for event in world.journal if event.type in ("Reminded", "Escalated")]) == 1


def test_a_hold_stops_the_clocks() -> None:
    world = started(whole())
    due = due_of(world)
    world.tick(timedelta(hours=1))
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=10))
    assert "Reminded" not in world.types()
    world.act(c.Resume(reason=words()), "rm")
    assert due_of(world) == due + timedelta(days=10)


def test_a_held_run_opens_nothing() -> None:
    world = started(whole())
    world.act(c.Hold(reason=words()), "rm")
    to_sign_off(world)
    assert states(world)["sign-off"] == "locked"
    world.act(c.Resume(reason=words()), "rm")
    assert states(world)["sign-off"] == "open"


def test_unhealthy_rolls_back_by_itself_and_does_the_back_out() -> None:
    world = to_grey(started(whole()))
    world.verdict("unhealthy")
    assert world.traffic == 0
    assert world.run.state.state == "rolling_back"
    assert world.run.state.tasks["grey.tell"].state == "open"
    complete(world, "grey.tell", "dev1")
    assert world.run.state.state == "rolling_back"
    world.tick()
    assert "StableConfirmed" in world.types()
    assert world.run.state.state == "aborted"
    assert world.lock_holder is None


def test_inconclusive_waits_for_a_person() -> None:
    world = to_grey(started(whole()))
    world.act(c.Promote(reason=words()), "rm")
    world.verdict("inconclusive")
    assert world.traffic == 50
    assert any(wait.what == "promote" for wait in shown(world).waits)
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 100


def test_a_bake_cannot_be_promoted_away() -> None:
    world = to_grey(started(whole()))
    world.act(c.Promote(reason=words()), "rm")
    assert world.refused(c.Promote(reason=words()), "rm") == "not_paused"


def test_promote_full_skips_pauses_but_not_health() -> None:
    world = to_grey(started(whole()))
    world.act(c.PromoteFull(reason=words()), "rm")
    assert world.traffic == 5, "the bake comes first"
    world.verdict("healthy")
    assert world.traffic == 100


def test_retry_starts_over() -> None:
    world = to_grey(started(whole()))
    world.act(c.Promote(reason=words()), "rm")
    world.verdict("inconclusive")
    world.act(c.RetryRollout(reason=words()), "rm")
    assert world.traffic == 5


def test_a_failed_shift_stops_for_a_person() -> None:
    world = to_sign_off(started(whole()))
    world.setting.broken = True
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 0
    assert "ShiftFailed" in world.types()
    world.setting.broken = False
    world.act(c.RetryRollout(reason=words()), "rm")
    assert world.traffic == 5


@pytest.mark.parametrize("held", [False, True])
def test_abort_always_wins(held: bool) -> None:
    world = to_grey(started(whole()))
    if held:
        world.act(c.Hold(reason=words()), "rm")
    world.act(c.Abort(reason=words()), "rm")
    assert world.traffic == 0
    world.tick()
    assert world.run.state.state == "aborted"
    assert world.run.state.tasks["grey.tell"].state == "locked"


def test_a_queued_run_waits_visibly_and_goes_on() -> None:
    world = to_sign_off(started(whole()))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 0
    assert "other" in str(shown(world).blocked_by)
    world.tick()
    world.lock_holder = None
    world.tick()
    assert world.traffic == 5


def test_refusing_to_wait_holds_the_run_and_superseding_asks_for_the_end_of_the_holder() -> None:
    for policy in ("refuse", "supersede"):
        grey = {**GREY, "rollout": {**GREY["rollout"], "on_conflict": policy}}
        world = to_sign_off(started(make_plan(UAT, SIGNED, grey)))
        world.lock_holder = "other"
        approve(world, "ops1")
        approve(world, "qa3")
        assert (world.run.state.state == "held") == (policy == "refuse")
        assert world.superseded == (["other"] if policy == "supersede" else [])


def test_what_was_signed_is_compared_once_more_before_traffic_moves() -> None:
    world = to_sign_off(started(whole()))
    world.lock_holder = "other"
    approve(world, "ops1")
    approve(world, "qa3")
    world.run.state.tasks["uat.read"].evidence = "sha256:" + "f" * 64  # as if a bug had changed it
    world.lock_holder = None
    world.tick()
    assert world.traffic == 0
    assert world.run.state.approvals["sign-off.sign"].state == "pending"
    assert "DecisionsStale" in world.types()


def test_the_state_survives_being_written_and_read() -> None:
    world = to_grey(started(whole()))
    assert run_of(world).state == world.run.state


def test_parallel_stages_open_together() -> None:
    left, right = {**UAT, "id": "left", "tasks": [task("a")]}, {**UAT, "id": "right", "tasks": [task("b")]}
    world = started(make_plan(left, right, {**REVIEW, "needs": ["left", "right"]}))
    assert states(world) == {"left": "open", "right": "open", "review": "locked"}
