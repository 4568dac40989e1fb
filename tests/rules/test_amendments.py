"""Amendments: their class, who approves them, what they touch, and what they can not change any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive import rules
from golive.effects import Measure, Measured
from golive.explain import blocked_by, current_details
from golive.impact import impact_of
from golive.plan import Plan
from golive.plan_changes import class_of
from golive.plan_words import changes
from tests.rules.acting import approve, complete, rests, states, to_grey, to_sign_off
from tests.rules.amending import amend, ask, asking, changed, deciding, with_people
from tests.rules.plans import GREY, PEOPLE, RATE, REVIEW, SIGN_OFF, SIGNED, UAT, gate, make_plan, task, whole
from tests.rules.world import T0, run_of, started, words
from workflows.go_live import PROCESSES

SMOKE = task("smoke", function="dev")
MORE_TASKS = {"tasks": [*UAT["tasks"], SMOKE]}
OTHERS = {"ops": ("ops2", "ops3", "ops4")}


def rollout(**more: Any) -> dict[str, Any]:
    return {**GREY["rollout"], **more}


def steps(*weights: int) -> dict[str, Any]:
    """Return the rollout of the grey release with other weights to come after the first pause."""
    later = [{"do": "set_weight", "weight": weight} for weight in weights]
    return rollout(steps=[*GREY["rollout"]["steps"][:2], *later])


# -- class ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        with_people(whole(), **OTHERS),
        whole().model_copy(update={"go_live_at": T0}),
        whole().model_copy(update={"parameters": {"unused": 1}, "template_version": 2}),
        changed(whole(), "uat", title="Acceptance"),
        changed(whole(), "uat", tasks=[{**UAT["tasks"][0], "due": "9d", "title": "Run it"}, UAT["tasks"][1]]),
        changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "due": "9d"}]),
    ],
)
def test_people_dates_and_words_are_minor(plan: Plan) -> None:
    assert class_of(whole(), plan) == "minor"
    assert changes(whole(), plan)


@pytest.mark.parametrize(
    "plan",
    [
        changed(whole(), "uat", **MORE_TASKS),
        changed(whole(), "uat", tasks=UAT["tasks"][:1]),
        changed(whole(), "uat", gates=[gate()]),
        changed(whole(), "uat", tasks=[{**UAT["tasks"][0], "requires": []}, UAT["tasks"][1]]),
        changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "rules": [{"function": "ops"}]}]),
        changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "expires_in": "9d"}]),
        changed(whole(), "grey", rollout=steps(100)),
        changed(whole(), "grey", rollout=rollout(analyses=[{"metric": "errors", "success": "<= 1"}])),
        whole().model_copy(update={"stages": whole().stages[:3]}),
        whole().model_copy(update={"calendar": whole().calendar.model_copy(update={"always": False})}),
    ],
)
def test_what_is_signed_is_major(plan: Plan) -> None:
    assert class_of(whole(), plan) == "major"
    assert changes(whole(), plan)


def test_a_threshold_is_major_and_told_with_both_values() -> None:
    before = make_plan({**UAT, "gates": [gate()]})
    now = make_plan({**UAT, "gates": [gate(threshold=5)]})
    assert class_of(before, now) == "major"
    assert [str(each) for each in changes(before, now)] == ["“Errors” must be <= 5, no longer <= 1."]


# -- asking and approving ------------------------------------------------------------------------------------


def test_a_minor_amendment_takes_effect_when_the_release_manager_asks() -> None:
    world = started(whole())
    ask(world, with_people(whole(), **OTHERS))
    state = world.run.state
    assert (state.plan_version, state.amendment) == (2, None)
    assert world.run.plan.people["ops"] == OTHERS["ops"]
    assert [each for each in world.types() if "Amend" in each] == ["AmendmentRequested", "PlanAmended"]
    recorded = [batch.amended for batch in world.batches if batch.amended]
    assert [(each.version, each.plan) for each in recorded] == [(2, world.run.plan)]


def test_a_major_amendment_waits_for_one_person_of_each_function_that_signs() -> None:
    world = started(whole())
    plan = changed(whole(), "uat", **MORE_TASKS)
    ask(world, plan)
    assert world.run.plan == whole()
    assert world.run.state.plan_version == 1
    world.act(deciding(world), "ops1")
    assert world.run.plan == whole()
    world.act(deciding(world), "qa2")
    assert world.run.plan == plan
    assert world.run.state.plan_version == 2
    assert world.run.state.tasks["uat.smoke"].state == "open"


def test_one_person_does_not_approve_for_two_functions() -> None:
    people = {**PEOPLE, "qa": ("ops1", "qa2"), "ops": ("ops1", "ops2")}
    world = started(make_plan(UAT, SIGNED, GREY, REVIEW, people=people))
    ask(world, changed(world.plan, "uat", **MORE_TASKS))
    world.act(deciding(world), "ops1")
    assert world.run.state.amendment is not None
    assert world.refused(deciding(world), "ops1") == "already_decided"
    world.act(deciding(world), "ops2")
    assert world.run.state.plan_version == 2


@pytest.mark.parametrize("by", ["dev1", "rm", "nobody"])
def test_who_does_not_sign_decides_on_no_amendment(by: str) -> None:
    world = started(whole())
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    assert world.refused(deciding(world), by) in ("may_not_amend", "role_missing")


def test_who_asked_does_not_approve_although_they_sign() -> None:
    people = {**PEOPLE, "ops": ("rm", "ops1")}
    world = started(make_plan(UAT, SIGNED, GREY, REVIEW, people=people))
    ask(world, changed(world.plan, "uat", **MORE_TASKS))
    rm = world.actor("rm").model_copy(update={"roles": ("release_manager", "approver")})
    assert world.refused(deciding(world), rm) == "may_not_amend"


def test_an_amendment_that_nobody_could_approve_is_refused() -> None:
    people = {**PEOPLE, "ops": ("rm",)}
    world = started(make_plan(UAT, SIGNED, GREY, REVIEW, people=people))
    assert world.refused(asking(world, changed(world.plan, "uat", **MORE_TASKS)), "rm") == "nobody_decides"


def test_without_sign_offs_somebody_else_who_takes_part_approves() -> None:
    world = started(make_plan(UAT))
    ask(world, changed(world.plan, "uat", **MORE_TASKS))
    assert world.run.state.plan_version == 1
    world.act(deciding(world), "dev1")
    assert world.run.state.plan_version == 2


def test_a_rejection_closes_it_with_its_reason() -> None:
    world = started(whole())
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    assert world.refused(deciding(world, "rejected", comment=None), "ops1") == "reason_missing"
    pending = deciding(world, "rejected")
    world.act(pending, "ops1")
    assert world.run.state.amendment is None
    assert world.run.plan == whole()
    assert world.refused(pending, "ops2") == "amendment_closed"
    assert "AmendmentRejected" in world.types()


def test_another_digest_is_not_approved() -> None:
    world = started(whole())
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    assert world.refused(deciding(world, digest="sha256:" + "1" * 64), "ops1") == "stale_subject"


def test_who_asked_withdraws_it_and_nobody_else() -> None:
    world = started(whole())
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    pending = world.run.state.amendment
    assert pending is not None
    act = c.WithdrawAmendment(amendment=pending.id, reason=words())
    other = world.actor("rm").model_copy(update={"name": "rm2"})
    assert world.refused(act, other) == "may_not_amend"
    world.act(act, "rm")
    assert world.run.state.amendment is None
    assert world.refused(act, "rm") == "amendment_closed"


def test_it_expires_closed_and_a_hold_gives_the_time_back() -> None:
    world = started(whole())
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    world.tick(timedelta(days=4))
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=4))
    assert world.run.state.amendment is not None
    world.act(c.Resume(reason=words()), "rm")
    world.tick(timedelta(hours=23))
    assert world.run.state.amendment is not None
    world.tick(timedelta(hours=2))
    assert world.run.state.amendment is None
    assert world.run.plan == whole()
    assert "AmendmentExpired" in world.types()
    assert rests(world)


def test_one_amendment_at_a_time_from_the_present_plan_that_changes_something() -> None:
    world = started(whole())
    assert world.refused(asking(world, whole()), "rm") == "nothing_amended"
    assert world.refused(asking(world, with_people(whole(), **OTHERS), base=2), "rm") == "plan_changed"
    assert (
        world.refused(asking(world, with_people(whole(), **OTHERS), reason=words(" ")), "rm")
        == "reason_missing"
    )
    assert world.refused(asking(world, with_people(whole(), **OTHERS)), "qa1") == "role_missing"
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    assert world.refused(asking(world, with_people(whole(), **OTHERS)), "rm") == "amendment_pending"


def test_a_waiting_amendment_is_told_with_whom_it_waits_for() -> None:
    world = started(make_plan(UAT))
    complete(world, "uat.run", "qa1")
    ask(world, changed(world.plan, "uat", **MORE_TASKS))
    assert "And 1 more." in str(blocked_by(world.run, PROCESSES))
    assert "| amendment | qa2, qa3, ops1" in current_details(world.run, PROCESSES).replace(
        "dev1, dev2, qa1, ", ""
    )
    world.act(deciding(world), "dev1")
    assert "Plan: version 2" in current_details(world.run, PROCESSES)


def test_what_was_approved_is_carried_through_continue_as_new() -> None:
    world = started(whole())
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    world.run = run_of(world)
    world.act(deciding(world), "ops1")
    world.run = run_of(world)
    world.act(deciding(world), "qa2")
    world.run = run_of(world)
    assert world.run.state.tasks["uat.smoke"].state == "open"


def test_an_ending_run_is_amended_no_more_and_ends_the_one_that_waits() -> None:
    world = to_grey(started(whole()))
    ask(world, changed(whole(), "review", tasks=[*REVIEW["tasks"], SMOKE]))
    world.act(c.Rollback(reason=words()), "rm")
    assert world.refused(asking(world, with_people(whole(), **OTHERS)), "rm") == "run_ending"
    complete(world, "grey.tell", "dev1")
    while not world.run.state.ended:
        world.tick()
    assert world.run.state.amendment is None
    assert "AmendmentEnded" in world.types()


# -- what it touches -----------------------------------------------------------------------------------------


def test_other_people_leave_signatures_work_and_dates_as_they_are() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    before = world.run.state.model_copy(deep=True)
    amend(world, with_people(whole(), dev=("dev2", "dev3")))
    after = world.run.state
    assert after.tasks == before.tasks
    assert after.stages == before.stages
    signed = after.approvals["sign-off.sign"]
    assert [each.stale for each in signed.decisions] == [False]
    assert signed.digest == before.approvals["sign-off.sign"].digest
    approve(world, "qa3")
    assert states(world)["sign-off"] == "passed"


def test_who_was_taken_out_signs_no_more_and_who_came_in_is_asked() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    amend(world, with_people(whole(), ops=("ops2", "ops9")))
    signed = world.run.state.approvals["sign-off.sign"]
    assert [(each.by, each.stale) for each in signed.decisions] == [("ops1", True)]
    asked = {
        name for told in world.told for name in told.to if str(told.sentence).startswith("Please decide")
    }
    assert "ops9" in asked
    approve(world, "qa3")
    assert states(world)["sign-off"] == "open"
    approve(world, "ops9")
    assert states(world)["sign-off"] == "passed"


def test_a_granted_sign_off_is_asked_again_without_those_who_were_taken_out() -> None:
    world = started(make_plan(UAT, SIGNED, {**REVIEW, "needs": ["sign-off"]}))
    to_sign_off(world)
    approve(world, "ops1")
    approve(world, "qa3")
    assert states(world)["sign-off"] == "passed"
    amend(world, with_people(world.plan, ops=("ops2",)))
    assert states(world)["sign-off"] == "open"
    approve(world, "ops2")
    assert states(world)["sign-off"] == "passed"


def test_a_task_goes_back_to_its_function_with_who_had_it() -> None:
    world = started(whole())
    world.act(c.StartTask(task="uat.run"), "qa1")
    amend(world, with_people(whole(), qa=("qa2", "qa3")))
    task_now = world.run.state.tasks["uat.run"]
    assert (task_now.state, task_now.assignee) == ("open", None)
    world.act(c.StartTask(task="uat.run"), "qa2")
    amend(world, with_people(whole(), qa=("qa2", "qa1")))
    assert world.run.state.tasks["uat.run"].assignee == "qa2"


def test_a_new_task_opens_what_had_passed_and_makes_its_signatures_stale() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    amend(world, changed(whole(), "uat", **MORE_TASKS), "ops2", "qa2")
    assert states(world)["uat"] == "open"
    assert world.run.state.tasks["uat.run"].state == "done"
    assert [each.stale for each in world.run.state.approvals["sign-off.sign"].decisions] == [True]
    complete(world, "uat.smoke", "dev1")
    approve(world, "ops1")
    approve(world, "qa3")
    assert states(world)["grey"] == "open"


def test_work_that_is_asked_for_otherwise_is_done_again_and_the_rest_stands() -> None:
    world = to_sign_off(started(whole()))
    more = [{**UAT["tasks"][0], "requires": [{"type": "remark", "min": 2}]}, UAT["tasks"][1]]
    amend(world, changed(whole(), "uat", tasks=more), "ops2", "qa2")
    assert world.run.state.tasks["uat.run"].state == "open"
    assert world.run.state.tasks["uat.run"].evidence is None
    assert world.run.state.tasks["uat.read"].state == "done"


def test_a_threshold_is_judged_again_in_a_stage_that_had_passed() -> None:
    plan = make_plan({**UAT, "gates": [gate()]}, SIGNED, GREY, REVIEW)
    world = started(plan)
    world.setting.measured["errors"] = 1.0
    to_sign_off(world)
    assert states(world)["uat"] == "passed"
    amend(world, changed(plan, "uat", gates=[gate(threshold=0.5)]), "ops2", "qa2")
    assert states(world)["uat"] == "open"
    assert world.run.stage("uat").checks["rate.errors"].state == "fail"


def test_a_gate_elsewhere_leaves_what_was_signed() -> None:
    plan = make_plan(UAT, SIGNED, GREY, REVIEW)
    world = to_sign_off(started(plan))
    approve(world, "ops1")
    amend(world, changed(plan, "review", gates=[gate()]), "ops2", "qa2")
    assert [each.stale for each in world.run.state.approvals["sign-off.sign"].decisions] == [False]


def test_other_rules_let_every_decision_go() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    rules = [{"function": "dev", "covers": ["release"]}, {"function": "ops", "covers": ["release"]}]
    amend(world, changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "rules": rules}]), "ops2", "qa2")
    signed = world.run.state.approvals["sign-off.sign"]
    assert signed.state == "pending"
    assert [each.stale for each in signed.decisions] == [True]


def test_a_rollout_is_signed_again() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    amend(world, changed(whole(), "grey", rollout=steps(20, 100)), "ops2", "qa2")
    assert [each.stale for each in world.run.state.approvals["sign-off.sign"].decisions] == [True]


def test_a_stage_comes_in_between_and_another_goes() -> None:
    world = to_sign_off(started(whole()))
    docs = {"id": "docs", "process": "preparation", "title": "Docs", "needs": ["uat"], "tasks": [SMOKE]}
    plan = make_plan(UAT, docs, {**SIGNED, "needs": ["docs"]}, GREY)
    amend(world, plan, "ops2", "qa2")
    assert states(world) == {"uat": "passed", "docs": "open", "sign-off": "open", "grey": "locked"}
    assert "review.lessons" not in world.run.state.tasks
    complete(world, "docs.smoke", "dev1")
    approve(world, "ops1")
    approve(world, "qa3")
    assert states(world)["grey"] == "open"


def test_due_times_move_without_a_storm() -> None:
    many = [task(f"t{n}", due="10d") for n in range(20)]
    world = started(make_plan({**UAT, "tasks": many}))
    world.tick(timedelta(days=6))
    told = len(world.told)
    amend(world, changed(world.plan, "uat", tasks=[{**each, "due": "2d"} for each in many]))
    assert all(world.run.state.tasks[f"uat.t{n}"].overdue for n in range(20))
    assert len(world.told) == told + 1
    clock = world.run.state.tasks["uat.t3"].clock
    assert clock is not None
    assert clock.due_at == T0 + timedelta(days=2)
    assert rests(world)
    world.tick()
    assert world.types().count("Escalated") == 20


def test_a_date_keeps_what_a_hold_gave_it() -> None:
    world = started(whole())
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=1))
    world.act(c.Resume(reason=words()), "rm")
    tasks = [{**UAT["tasks"][0], "due": "4d"}, UAT["tasks"][1]]
    amend(world, changed(whole(), "uat", tasks=tasks))
    clock = world.run.state.tasks["uat.run"].clock
    assert clock is not None
    assert clock.due_at == T0 + timedelta(days=5)


def test_an_approval_that_waits_gets_its_new_date_and_keeps_its_signatures() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    amend(world, changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "due": "4d"}]))
    signed = world.run.state.approvals["sign-off.sign"]
    assert signed.clock is not None
    assert signed.clock.due_at == T0 + timedelta(days=4)
    assert [each.stale for each in signed.decisions] == [False]


def test_a_waiver_ends_with_the_condition_that_it_was_for() -> None:
    plan = make_plan({**UAT, "gates": [gate()]}, SIGNED, GREY, REVIEW)
    world = started(plan)
    world.setting.measured["errors"] = 5.0
    to_sign_off(world)
    said = {name: words() for name in ("reason", "risk", "mitigation")}
    waive = c.RequestWaiver(check="uat/rate.errors", ends_at=world.now + timedelta(days=1), **said)
    world.act(waive, "qa1")
    world.act(c.DecideWaiver(waiver=world.run.state.waivers[0].id, decision="approved"), "ops1")
    amend(world, changed(plan, "uat", gates=[gate(threshold=2)]), "ops2", "qa2")
    assert world.run.state.waivers[0].state == "ended"
    assert states(world)["uat"] == "open"
    amend(world, changed(world.plan, "uat", gates=[]), "ops2", "qa2")
    assert states(world)["uat"] == "passed"


def test_a_measurement_of_a_check_that_is_gone_is_not_counted() -> None:
    plan = make_plan({**UAT, "gates": [gate()]}, SIGNED, GREY, REVIEW)
    world = started(plan)
    amend(world, changed(plan, "uat", gates=[]), "ops2", "qa2")
    late = Measure(
        key="late",
        run_id="r1",
        about="uat/rate.errors",
        service="s",
        environment="p",
        version="1",
        metric="errors",
    )
    rules.measured(world.run, late, Measured(at=world.now, value=9.0), world.now, PROCESSES)
    assert world.run.stage("uat").checks == {}


# -- what lies behind ----------------------------------------------------------------------------------------


def test_under_traffic_what_was_signed_stays_and_what_comes_can_change() -> None:
    world = to_grey(started(whole()))
    assert world.traffic == 5
    for plan in (
        changed(whole(), "uat", **MORE_TASKS),
        changed(whole(), "uat", gates=[gate()]),
        changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "rules": [{"function": "ops"}]}]),
        changed(whole(), "grey", rollout=rollout(steps=GREY["rollout"]["steps"][1:])),
        changed(whole(), "grey", rollout=rollout(analyses=[{"metric": "errors", "success": "<= 1"}])),
        make_plan(UAT, SIGNED, {**REVIEW, "needs": ["sign-off"]}),
    ):
        assert world.refused(asking(world, plan), "rm") == "not_amendable"
    amend(world, changed(whole(), "grey", rollout=steps(20, 100)), "ops2", "qa2")
    world.act(c.Promote(reason=words()), "rm")
    assert world.traffic == 100
    amend(world, changed(world.plan, "review", tasks=[*REVIEW["tasks"], SMOKE]), "ops2", "qa2")
    assert world.run.state.tasks["review.smoke"].state == "open"


def test_an_amendment_that_traffic_has_overtaken_is_not_approved_any_more() -> None:
    world = to_sign_off(started(whole()))
    ask(world, changed(whole(), "uat", **MORE_TASKS))
    approve(world, "ops1")
    approve(world, "qa3")
    assert world.traffic == 5
    assert world.refused(deciding(world), "ops2") == "not_amendable"
    world.act(deciding(world, "rejected"), "ops2")
    assert world.run.state.amendment is None


@pytest.mark.parametrize("field", ["release", "release_manager", "template", "start_at"])
def test_the_facts_of_the_start_stay(field: str) -> None:
    other: dict[str, Any] = {
        "release": whole().release.model_copy(update={"version": "2"}),
        "release_manager": "rm2",
        "template": "other",
        "start_at": T0,
    }
    world = started(whole())
    plan = whole().model_copy(update={field: other[field]})
    assert world.refused(asking(world, plan), "rm") == "not_amendable"


def test_the_process_of_a_stage_and_the_entry_of_one_that_began_stay() -> None:
    plan = make_plan({**UAT, "gates": [gate("entry")]}, SIGNED, GREY, REVIEW)
    world = started(plan)
    assert states(world)["uat"] == "open"
    assert world.refused(asking(world, changed(plan, "uat", gates=[])), "rm") == "not_amendable"
    assert (
        world.refused(asking(world, changed(plan, "review", process="preparation")), "rm") == "not_amendable"
    )
    assert world.refused(asking(world, changed(plan, "uat", process="preparation")), "rm") == "not_amendable"


def test_what_cannot_be_undone_stays_in_the_plan() -> None:
    final = {**UAT, "tasks": [task("cut", point_of_no_return=True), *UAT["tasks"]]}
    world = started(make_plan(final, SIGNED, GREY, REVIEW))
    complete(world, "uat.cut", "qa1")
    plan = changed(world.plan, "uat", tasks=UAT["tasks"])
    assert world.refused(asking(world, plan), "rm") == "not_amendable"


# -- impact --------------------------------------------------------------------------------------------------


def test_the_impact_names_what_will_happen_and_changes_nothing() -> None:
    world = to_sign_off(started(whole()))
    approve(world, "ops1")
    more = [{**UAT["tasks"][0], "verify": True}, SMOKE]
    plan = changed(whole(), "uat", tasks=more, gates=[{"key": "rate", "title": "Rate", "checks": [RATE]}])
    before = world.run.state.model_dump()
    impact = impact_of(world.run, plan)
    assert world.run.state.model_dump() == before
    assert [each.ref for each in impact.new_tasks] == ["uat.smoke"]
    assert [each.ref for each in impact.gone_tasks] == ["uat.read"]
    assert [each.ref for each in impact.reopened_tasks] == ["uat.run"]
    assert [each.ref for each in impact.reopened_stages] == ["uat"]
    assert [each.ref for each in impact.gates] == ["uat/rate"]
    assert [(each.ref, each.people) for each in impact.asked_again] == [("sign-off.sign", ("ops1",))]
    amend(world, plan, "ops2", "qa2")
    assert world.run.state.tasks["uat.run"].state == "open"


def test_the_impact_tells_which_dates_move() -> None:
    plan = make_plan({**UAT, "tasks": [task("run", due={"within": "2d", "before_go_live": True})]})
    plan = plan.model_copy(update={"go_live_at": T0 + timedelta(days=10)})
    world = started(plan)
    later = plan.model_copy(update={"go_live_at": T0 + timedelta(days=20)})
    moved = impact_of(world.run, later).dates
    assert [(each.ref, each.now) for each in moved] == [
        ("go_live", T0 + timedelta(days=20)),
        ("uat.run", T0 + timedelta(days=18)),
    ]
