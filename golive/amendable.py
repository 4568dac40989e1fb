"""What can not be amended any more, in words: what lies behind, and what traffic has moved on."""

from __future__ import annotations

from collections.abc import Iterator

from golive.errors import Conflict
from golive.plan import Plan
from golive.plan_changes import FROZEN, changed_checks, checks_of, same_work, stage_weight
from golive.possible import FINAL
from golive.run import Index, Run
from golive.standing import before_traffic
from golive.state import RolloutState
from golive.template import Stage
from golive.template_rollouts import Rollout
from golive.words import N_, Sentence, say

SHOWN = 10
"""Refusals that are told at once."""


def check_amendable(run: Run, plan: Plan) -> None:
    """Raise Conflict (`not_amendable`) for everything in `plan` that the run can not follow any more."""
    if found := list(_in_the_way(run, plan))[:SHOWN]:
        first = found[0]
        raise Conflict("not_amendable", first.msgid, facts={}, also=found[1:], **first.args)


def _in_the_way(run: Run, plan: Plan) -> Iterator[Sentence]:
    if any(getattr(run.plan, name) != getattr(plan, name) for name in FROZEN):
        yield say(
            N_(
                "An amendment changes neither the release nor who started the run, from which template and when; "
                "another artifact is a new build, and another process is another run."
            )
        )
    now = Index(plan)
    for stage in run.plan.stages:
        if run.stage(stage.id).state != "locked":
            yield from _in_stage(run, stage, now.stages.get(stage.id))
        elif stage.id in now.stages and now.stages[stage.id].process != stage.process:
            yield _other_process(stage)
    yield from _beyond_return(run, now)


def _other_process(stage: Stage) -> Sentence:
    return say(
        N_("“{stage}” stays the process that it is; plan a stage of another id instead."), stage=stage.title
    )


def _in_stage(run: Run, stage: Stage, now: Stage | None) -> Iterator[Sentence]:
    """Yield what is wrong with a stage that was reached."""
    if now is None:
        yield say(N_("“{stage}” has begun, so it stays in the plan."), stage=stage.title)
        return
    if now.process != stage.process:
        yield _other_process(stage)
    entered = checks_of(stage, "entry"), checks_of(now, "entry")
    if any(key in each for key in changed_checks(stage, now) for each in entered):
        yield say(
            N_("“{stage}” has begun, so what is judged before it begins stays as it was."), stage=stage.title
        )
    moved = run.state.shifted is not None and before_traffic(run.index, stage)
    if moved and _signed(stage) != _signed(now):
        yield say(
            N_(
                "Traffic has moved on “{stage}”: what was signed for it stays as it is. Roll back, or fix it forward "
                "in another run."
            ),
            stage=stage.title,
        )
    rollout = run.stage(stage.id).rollout
    if stage.rollout and now.rollout and rollout is not None and rollout.step >= 0:
        yield from _behind(stage, stage.rollout, now.rollout, rollout)


def _signed(stage: Stage) -> Stage:
    """Return what of a stage traffic has moved on; the steps of its rollout are judged one by one."""
    return stage_weight(stage).model_copy(update={"rollout": None})


def _behind(stage: Stage, before: Rollout, now: Rollout, stands: RolloutState) -> Iterator[Sentence]:
    """Yield what changes the part of a rollout under way that lies behind, or by which it is watched."""
    behind = len(before.steps) if stands.phase == "done" else stands.step + 1
    ends = stands.phase == "done" and len(now.steps) != len(before.steps)
    if ends or before.steps[:behind] != now.steps[:behind]:
        yield say(
            N_("The first {n} steps of the rollout of “{stage}” lie behind; only those to come can change."),
            n=behind,
            stage=stage.title,
        )
    if before.model_copy(update={"steps": now.steps}) != now:
        yield say(
            N_("The rollout of “{stage}” is under way, so how it is watched stays as it is."),
            stage=stage.title,
        )


def _beyond_return(run: Run, now: Index) -> Iterator[Sentence]:
    """Yield each point of no return that was passed and would be another, or none."""
    for ref, (_, task) in run.index.tasks.items():
        if not task.point_of_no_return or run.state.tasks[ref].state not in FINAL:
            continue
        if ref not in now.tasks or not same_work(task, now.tasks[ref][1]):
            yield say(N_("“{task}” is done and cannot be undone, so it stays in the plan."), task=task.title)
