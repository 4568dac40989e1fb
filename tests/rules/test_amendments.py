"""Amendments: their class, who approves them, and how they are closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from golive import commands as c
from golive.explain import blocked_by, current_details
from golive.plan import Plan
from golive.plan_changes import class_of
from golive.plan_words import changes
from tests.rules.acting import complete, rests, to_grey
from tests.rules.amending import (
    MORE_TASKS,
    OTHERS,
    SMOKE,
    ask,
    asking,
    changed,
    deciding,
    rollout,
    steps,
    with_people,
)
from tests.rules.plans import GREY, PEOPLE, REVIEW, SIGN_OFF, SIGNED, UAT, gate, make_plan, whole
from tests.rules.world import T0, run_of, started, words
from workflows.go_live import PROCESSES

# -- class --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan",
    [
        with_people(whole(), **OTHERS),
        whole().model_copy(update={"go_live_at": T0}),
        whole().model_copy(update={"template_version": 2}),
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
        whole().model_copy(update={"parameters": {"risk": 6}}),
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


def test_whom_rules_ask_is_told_as_templates_name_them() -> None:
    asking = [{"group": "cab"}, {"people": ["ann", "bo"], "mode": "ordered"}, {"owner_of_service": True}]
    asking.append({"manager_of": "authors"})
    now = changed(whole(), "sign-off", approvals=[{**SIGN_OFF, "rules": asking}])
    (told,) = (str(each) for each in changes(whole(), now))
    assert (
        "is signed by group cab any; ann, bo ordered; owner_of_service any; manager_of authors any;" in told
    )


# -- asking and approving -----------------------------------------------------------------------------------


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
    assert {"rm", "ops2", "qa1"} <= set(world.told[-1].to), "who was asked need not decide any more"


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
    assert {"ops1", "qa1"} <= set(world.told[-1].to)
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
