"""What an amendment would do to a run, found by doing it to a copy: shown before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import AwareDatetime

from golive.model import Fact
from golive.plan import Plan
from golive.run import Index, Run
from golive.signers import standing
from golive.taking_effect import follow_plan
from golive.template import Stage
from golive.vocabulary import FINISHED, UserName
from golive.words import Text


class Touched(Fact):
    """A stage, task, gate or approval that changes. `people` are those whose decisions on it become stale."""

    ref: str
    title: Text
    people: tuple[UserName, ...] = ()


class Moved(Fact):
    """A time that moves, None where there is none: when a task or approval is due, or `go_live` is planned."""

    ref: str
    title: Text | None = None
    before: AwareDatetime | None = None
    now: AwareDatetime | None = None


class Impact(Fact):
    """What happens when the amendment takes effect: what is new, gone or open again, and which dates move."""

    new_stages: tuple[Touched, ...] = ()
    gone_stages: tuple[Touched, ...] = ()
    reopened_stages: tuple[Touched, ...] = ()
    new_tasks: tuple[Touched, ...] = ()
    gone_tasks: tuple[Touched, ...] = ()
    reopened_tasks: tuple[Touched, ...] = ()
    gates: tuple[Touched, ...] = ()
    new_approvals: tuple[Touched, ...] = ()
    gone_approvals: tuple[Touched, ...] = ()
    asked_again: tuple[Touched, ...] = ()
    dates: tuple[Moved, ...] = ()


def impact_of(run: Run, plan: Plan) -> Impact:
    """Return what following `plan` would do to the run as it stands now. Changes nothing."""
    then = Run(run.state.model_copy(deep=True), run.plan, run.now)
    follow_plan(then, plan)
    return _compared(run, then)


def _compared(run: Run, then: Run) -> Impact:
    before, now = run.index, then.index
    stages = {stage.id: stage.title for stage in before.stages.values()}
    stages_now = {stage.id: stage.title for stage in now.stages.values()}
    tasks, tasks_now = _tasks(before), _tasks(now)
    approvals = {ref: each.title for ref, (_, each) in before.approvals.items()}
    approvals_now = {ref: each.title for ref, (_, each) in now.approvals.items()}
    return Impact(
        new_stages=_missing(stages_now, stages),
        gone_stages=_missing(stages, stages_now),
        reopened_stages=tuple(_reopened_stages(run, then)),
        new_tasks=_missing(tasks_now, tasks),
        gone_tasks=_missing(tasks, tasks_now),
        reopened_tasks=tuple(_reopened_tasks(run, then)),
        gates=tuple(_gates(run, then)),
        new_approvals=_missing(approvals_now, approvals),
        gone_approvals=_missing(approvals, approvals_now),
        asked_again=tuple(_asked_again(run, then)),
        dates=tuple(_moved(run, then)),
    )


def _tasks(index: Index) -> dict[str, Text]:
    return {ref: task.title for ref, (_, task) in (*index.tasks.items(), *index.back_out.items())}


def _missing(titles: dict[str, Text], among: Iterable[str]) -> tuple[Touched, ...]:
    known = set(among)
    return tuple(Touched(ref=ref, title=title) for ref, title in titles.items() if ref not in known)


def _reopened_stages(run: Run, then: Run) -> Iterator[Touched]:
    for stage in then.plan.stages:
        former = run.state.stages.get(stage.id)
        if former and former.state == "passed" and then.stage(stage.id).state == "open":
            yield Touched(ref=stage.id, title=stage.title)


def _reopened_tasks(run: Run, then: Run) -> Iterator[Touched]:
    for ref, (_, task) in then.index.tasks.items():
        former, state = run.state.tasks.get(ref), then.state.tasks[ref].state
        done = former is not None and former.state in (*FINISHED, "to_verify")
        if done and state not in (*FINISHED, "to_verify"):
            yield Touched(ref=ref, title=task.title)


def _gates(run: Run, then: Run) -> Iterator[Touched]:
    """Yield the gates of stages that were reached of which a check was judged and is judged anew, or is new."""
    for stage in then.plan.stages:
        if stage.id in run.state.stages and then.stage(stage.id).state != "locked":
            for gate in stage.gates:
                if any(_anew(run, then, stage, f"{gate.key}.{check.key}") for check in gate.checks):
                    yield Touched(ref=f"{stage.id}/{gate.key}", title=gate.title)


def _anew(run: Run, then: Run, stage: Stage, key: str) -> bool:
    planned = {
        f"{gate.key}.{check.key}" for gate in run.index.stages[stage.id].gates for check in gate.checks
    }
    return key not in planned or (
        key in run.stage(stage.id).checks and key not in then.stage(stage.id).checks
    )


def _asked_again(run: Run, then: Run) -> Iterator[Touched]:
    """Yield the approvals that become stale or lose decisions, with whose."""
    for ref, (_, approval) in then.index.approvals.items():
        former = run.state.approvals.get(ref)
        if former is None:
            continue
        still = {each.id for each in standing(then.state.approvals[ref])}
        people = tuple(each.by for each in standing(former) if each.id not in still)
        if people or (then.state.approvals[ref].state == "stale" and former.state != "stale"):
            yield Touched(ref=ref, title=approval.title, people=people)


def _moved(run: Run, then: Run) -> Iterator[Moved]:
    if run.plan.go_live_at != then.plan.go_live_at:
        yield Moved(ref="go_live", before=run.plan.go_live_at, now=then.plan.go_live_at)
    for ref, title in _tasks(then.index).items():
        if ref in run.state.tasks:
            was, now = run.state.tasks[ref].clock, then.state.tasks[ref].clock
            if was and now and was.due_at != now.due_at:
                yield Moved(ref=ref, title=title, before=was.due_at, now=now.due_at)
    for ref, (_, approval) in then.index.approvals.items():
        if ref in run.state.approvals:
            was, now = run.state.approvals[ref].clock, then.state.approvals[ref].clock
            if was and now and was.due_at != now.due_at:
                yield Moved(ref=ref, title=approval.title, before=was.due_at, now=now.due_at)
