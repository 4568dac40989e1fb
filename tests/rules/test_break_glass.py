"""The only way round an approval: who may, what it asks for, who is told, and what must follow before the run ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from golive import commands as c
from golive.break_glass import review_waits
from golive.commands import Actor
from golive.explain import blocked_by
from tests.rules.acting import approve, complete, digest
from tests.rules.plans import REVIEW, SIGN_OFF, SIGNED, UAT, make_plan, release, task
from tests.rules.signing import REF, asked, decide, state
from tests.rules.world import World, started, words
from workflows.go_live import PROCESSES

WHY = words("payments fail for everybody and both of ops are on a plane")
OPS = {"function": "ops"}


def breaker(world: World, name: str = "eva") -> Actor:
    return world.actor("rm").model_copy(update={"name": name, "roles": ("break_glass", "assignee")})


def breaking(world: World, **more: Any) -> c.BreakGlass:
    return c.BreakGlass(**{"approval": REF, "digest": digest(world), "reason": WHY, **more})


def broken() -> World:
    world = asked(OPS)
    world.act(breaking(world), breaker(world))
    return world


def review(world: World) -> str:
    return world.run.state.actions[0].id


def test_what_is_granted_by_breaking_the_glass_says_so_and_everybody_is_told() -> None:
    world = broken()
    assert state(world).state == "approved"
    assert state(world).glass_broken_by == "eva"
    assert state(world).decisions == []
    (told,) = [told for told in world.told if "broke the glass: " in str(told.sentence)]
    assert {"rm", "ops1", "ops2", "ops3", "qa1", "dev1"} <= set(told.to)
    assert "both of ops are on a plane" in str(told.sentence)
    assert [event.type for event in world.journal if event.actor.name == "eva"] == ["GlassBroken"]


def test_the_run_does_not_end_before_somebody_else_has_reviewed_it() -> None:
    world = broken()
    assert {stage.state for stage in world.run.state.stages.values()} == {"passed"}
    assert world.run.state.state == "running"
    assert "looked at how the glass was broken" in str(blocked_by(world.run, PROCESSES))
    world.tick(timedelta(days=3))
    (wait,) = review_waits(world.run)
    assert wait.since == world.now - timedelta(days=3), "since the glass was broken, not since the run began"
    closing = c.CloseAction(action=review(world), remark=words())
    assert world.refused(closing, breaker(world)) == "own_review"
    world.act(closing, "dev1")
    assert world.run.state.state == "completed"


def test_an_aborted_run_waits_for_that_review_as_well() -> None:
    world = broken()
    world.act(c.Abort(reason=words()), "rm")
    assert world.run.state.state == "rolling_back"
    assert "looked at how the glass was broken" in str(blocked_by(world.run, PROCESSES))
    world.act(c.CloseAction(action=review(world), remark=words()), "dev1")
    assert world.run.state.state == "aborted"


def test_no_other_role_breaks_the_glass() -> None:
    world = asked(OPS)
    everything = world.actor("rm").model_copy(
        update={"roles": ("admin", "security_admin", "approver", "release_manager")}
    )
    assert world.refused(breaking(world), everything) == "role_missing"


def test_who_is_barred_from_signing_may_break_the_glass_if_they_have_the_permission() -> None:
    world = asked(OPS)
    world.act(breaking(world), breaker(world, "rm"))
    assert world.run.state.actions[0].owner != "rm"


@pytest.mark.parametrize("said", ["", "urgent", "   nineteen letters!   "])
def test_a_short_reason_is_none(said: str) -> None:
    world = asked(OPS)
    assert world.refused(breaking(world, reason=words(said)), breaker(world)) == "reason_short"


def test_what_you_see_is_what_you_break_the_glass_for() -> None:
    world = asked(OPS)
    before = digest(world)
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert world.refused(breaking(world, digest=before), breaker(world)) == "stale_subject"


def test_a_rejection_can_be_broken_and_what_is_not_asked_cannot() -> None:
    world = asked(OPS, {"function": "qa"})
    world.act(decide("rejected", world), "ops1")
    assert world.run.state.state == "held"
    world.act(breaking(world), breaker(world))
    assert state(world).state == "approved"
    assert world.refused(breaking(world), breaker(world)) == "approval_closed"
    world.act(c.Resume(reason=words()), "rm")
    assert world.run.state.stages["sign-off"].state == "passed"


def test_what_was_broken_for_one_build_does_not_stand_for_the_next() -> None:
    world = asked_before_more_work()
    world.act(breaking(world), breaker(world))
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    complete(world, "uat.run", "qa1")
    assert state(world).state == "pending"
    assert state(world).glass_broken_by is None
    approve(world, "ops1")
    assert state(world).state == "approved"


def asked_before_more_work() -> World:
    work = {**UAT, "tasks": [task("run", per_build=True)]}
    signed = {**SIGNED, "approvals": [{**SIGN_OFF, "rules": [OPS]}]}
    world = started(make_plan(work, signed, {**REVIEW, "needs": ["sign-off"]}))
    complete(world, "uat.run", "qa1")
    return world


def test_the_glass_is_not_broken_for_a_subject_that_was_asked_about_before() -> None:
    """Rejected or expired, it is asked about anew once the run is resumed; until then what is shown may be old."""
    world = asked(OPS, {"function": "qa"})
    world.act(decide("rejected", world), "ops1")
    world.act(c.NewBuild(release=release("1.0.1"), reason=words()), "rm")
    assert world.refused(breaking(world), breaker(world)) == "stale_subject"
    world.act(c.Resume(reason=words()), "rm")
    world.act(breaking(world), breaker(world))
    assert state(world).state == "approved"


def test_a_held_run_does_not_complete() -> None:
    world = broken()
    world.act(c.Hold(reason=words()), "rm")
    world.act(c.CloseAction(action=review(world), remark=words()), "dev1")
    assert world.run.state.state == "held"
    world.act(c.Resume(reason=words()), "rm")
    assert world.run.state.state == "completed"
