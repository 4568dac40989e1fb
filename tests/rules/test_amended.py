"""What an amendment touches opens again, and everything else stays; the impact says so before."""

from __future__ import annotations

from datetime import timedelta

from golive import commands as c
from golive import rules
from golive.effects import Measure, Measured
from golive.impact import impact_of
from golive.subject import subject_of
from tests.rules.acting import approve, complete, digest, rests, states, to_sign_off
from tests.rules.amending import MORE_TASKS, SMOKE, amend, changed, steps, with_people
from tests.rules.plans import GREY, RATE, REVIEW, SIGN_OFF, SIGNED, UAT, gate, make_plan, task, whole
from tests.rules.test_break_glass import breaker, breaking
from tests.rules.world import T0, started, words
from workflows.go_live import PROCESSES

# -- what it touches ----------------------------------------------------------------------------------------


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


def test_another_value_of_a_parameter_is_signed_anew() -> None:
    world = to_sign_off(started(whole().model_copy(update={"parameters": {"risk": 5}})))
    approve(world, "ops1")
    was = digest(world)
    amend(world, world.plan.model_copy(update={"parameters": {"risk": 6}}), "ops2", "qa2")
    signed = world.run.state.approvals["sign-off.sign"]
    assert [each.stale for each in signed.decisions] == [True]
    assert digest(world) != was
    stage, approval = world.run.index.approvals["sign-off.sign"]
    assert subject_of(world.run, stage, approval)["plan"]["parameters"] == {"risk": 6}


def test_what_was_granted_by_breaking_the_glass_stands_where_it_is_not_touched() -> None:
    world = to_sign_off(started(make_plan(UAT, SIGNED, {**REVIEW, "needs": ["sign-off"]})))
    world.act(breaking(world), breaker(world))
    assert states(world)["sign-off"] == "passed"
    amend(world, with_people(world.plan, dev=("dev2",)))
    assert states(world)["sign-off"] == "passed"
    assert world.run.state.approvals["sign-off.sign"].state == "approved"


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
    ends_at = world.now + timedelta(days=1)
    waive = c.RequestWaiver.model_validate({"check": "uat/rate.errors", "ends_at": ends_at, **said})
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


# -- impact -------------------------------------------------------------------------------------------------


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
