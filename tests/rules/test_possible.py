"""What pages offer by the recorded facts of a run is what its rules take, and nothing else, wherever a run may come."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis.stateful import invariant

from golive import commands as c
from golive import rules
from golive.errors import GoliveError
from golive.possible import FROM, Footing, Work, fixed, no_return, shifted_by
from tests.rules.acting import shown, to_grey
from tests.rules.amending import asking, with_people
from tests.rules.plans import GREY, REVIEW, SIGNED, UAT, make_plan, release, task
from tests.rules.test_any_run import PLAN, AnyRun
from tests.rules.world import World, started, words

FINAL_PLAN = make_plan(
    {**UAT, "tasks": [UAT["tasks"][0], task("read", needs=["uat.run"], point_of_no_return=True)]},
    SIGNED,
    {**GREY, "on_rollback": [task("tell", function="dev")]},
    REVIEW,
)
ACTS: dict[str, Any] = {
    "hold": c.Hold(reason=words()),
    "resume": c.Resume(reason=words()),
    "promote": c.Promote(reason=words()),
    "promote_full": c.PromoteFull(reason=words()),
    "retry": c.RetryRollout(reason=words()),
    "rollback": c.Rollback(reason=words()),
    "abort": c.Abort(reason=words()),
    "new_build": c.NewBuild(release=release("2.0.0"), reason=words()),
}
_READERS = ("rm", "dev1", "dev2", "qa1", "nobody")
_OF_WHAT_IS_GIVEN = (None, "evidence_missing", "item_open", "last_signer")
"""What depends on what a form brings, or on how others may still sign: a page cannot know."""


def refusal(world: World, body: Any, by: str = "rm") -> str | None:
    """Return the code with which the rules refuse an act, None when they take it."""
    try:
        rules.check(
            world.run, world.command(body, by), world.now
        )  # the world's own compares the whole state each time
    except GoliveError as refused:
        return refused.code
    return None


def offered(world: World) -> set[str]:
    """Return the acts that a page offers, by what was recorded of the run."""
    change, ending = shown(world), world.run.state.ending
    tasks = world.run.state.tasks
    footing = Footing(
        state=change.state,
        ending=ending.how if ending else None,
        stages=change.stages,
        no_return=no_return(world.plan.stages, lambda ref: tasks[ref].state) is not None,
    )
    return set(footing.acts())


def taken(world: World) -> set[str]:
    acts = ACTS | {"amend": asking(world, with_people(world.plan, dev=world.plan.people["dev"][::-1]))}
    return {name for name, body in acts.items() if refusal(world, body) is None}


def agrees(world: World) -> None:
    """Compare what is offered with what is taken. While the final report is written nothing is, for a moment."""
    state = world.run.state
    if state.closing:
        return
    assert offered(world) == taken(world)
    shifted = shifted_by(shown(world).stages)
    assert shifted == (state.shifted is not None)
    for ref in state.tasks:
        for name in _READERS:
            assert offered_work(world, ref, name) == taken_work(world, ref, name), (ref, name)


def offered_work(world: World, ref: str, name: str) -> set[str]:
    """Return the acts on a task that its page offers to somebody, by what was recorded of it."""
    run, state = world.run, world.run.state.tasks[ref]
    plan, fixed_by = (
        run.index.task(ref),
        fixed(run.index, ref, state.state, shifted=run.state.shifted is not None),
    )
    work = Work(
        state=state.state,
        function=plan.function,
        people=world.plan.doers(plan.function),
        assignee=state.assignee,
        done_by=state.done_by,
        reopens=fixed_by is None and run.state.ending is None,
    )
    return set() if run.state.ended else set(work.acts(world.actor(name)))


def taken_work(world: World, ref: str, name: str) -> set[str]:
    """Return the acts on a task that the rules take of somebody, whatever evidence they bring."""
    bodies: dict[str, Any] = {
        "start_task": c.StartTask(task=ref),
        "complete_task": c.CompleteTask(task=ref),
        "verify_task": c.VerifyTask(task=ref, result="pass"),
        "block_task": c.BlockTask(task=ref, reason=words()),
        "not_applicable": c.SetNotApplicable(task=ref, reason=words()),
        "reassign_task": c.ReassignTask(task=ref, to=None),
        "reopen_task": c.ReopenTask(task=ref, reason=words()),
    }
    assert bodies.keys() == FROM.keys()
    return {act for act, body in bodies.items() if refusal(world, body, name) in _OF_WHAT_IS_GIVEN}


class AnyOffer(AnyRun):
    """The same people as in any run, and somebody who looks at its page after each thing that happens."""

    @invariant()
    def what_is_offered_is_taken_and_nothing_else(self) -> None:
        agrees(self.world)


TestAnyOffer = AnyOffer.TestCase
TestAnyOffer.settings = settings(max_examples=12, stateful_step_count=40)


def test_a_task_that_cannot_be_undone_leaves_no_rollback() -> None:
    world = started(FINAL_PLAN)
    agrees(world)
    to_grey(world)
    agrees(world)
    assert "rollback" not in offered(world)
    assert {"amend", "promote", "promote_full", "retry", "hold", "abort"} == offered(world)


def test_a_failed_shift_and_a_retry_do_not_let_the_build_be_replaced() -> None:
    world = started(PLAN)
    world.setting.measured["errors"] = 0.0
    world.setting.broken = True
    world.follow()
    for ref, by in (("uat.check", "dev1"), ("docs.write", "dev1")):
        world.act(c.CompleteTask(task=ref), by)
    world.act(c.VerifyTask(task="uat.check", result="pass"), "dev2")
    to_grey(world)
    agrees(world)
    assert not world.traffic
    world.act(c.RetryRollout(reason=words()), "rm")
    agrees(world)
    assert "new_build" not in offered(world)
