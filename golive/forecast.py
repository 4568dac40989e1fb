"""What a plan foresees: when each stage opens and ends, who is asked, how traffic moves.

Work is foreseen to take until it is due, an approval likewise; what has no due time takes none. People are
asked in working time; bakes, pauses and observation run on the clock. A pause for a person takes no time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from pydantic import AwareDatetime

from golive.feasibility import signers
from golive.model import Fact
from golive.plan import Plan, moment
from golive.policy import needed
from golive.rollout_words import step_words
from golive.sources import named
from golive.template import Stage, Task
from golive.template_approvals import Approval
from golive.template_rollouts import Rollout, SetWeight
from golive.timeline import Node, Timeline, length_of
from golive.vocabulary import Pace
from golive.words import N_, Sentence, Text, say
from golive.working_time import add_working

FULL = 100


class StageForecast(Fact):
    """When a stage is expected to open and to end."""

    stage: str
    process: str
    title: Text
    opens_at: AwareDatetime
    ends_at: AwareDatetime


class Asked(Fact):
    """What is going to be asked of whom: `count` of `people`. `at` is None for what only a rollback asks."""

    ref: str
    what: Literal["task", "verify", "approval", "back_out"]
    stage: str
    title: Text
    asks: Sentence
    function: str | None
    count: int
    people: tuple[str, ...]
    at: AwareDatetime | None
    due_at: AwareDatetime | None


class RolloutForecast(Fact):
    """How a rollout is going to move, in seconds.

    `shortest` are all its steps when nobody waits, `to_full` those until 100 % of the traffic, None when it
    stays below. `to_rollback` is the longest time from when a failure begins to show in what is measured
    until traffic is back on stable; None when that takes a person.
    """

    stage: str
    title: Text
    steps: tuple[Sentence, ...]
    shortest: int
    to_full: int | None
    to_rollback: int | None


class Preview(Fact):
    """A plan with its dates. `shortest_to_full` are the seconds from the start to 100 % when nobody waits."""

    template: str
    template_version: int
    title: str
    pace: Pace
    start: AwareDatetime
    go_live_at: AwareDatetime | None
    first_traffic_at: AwareDatetime | None
    ends_at: AwareDatetime
    stages: tuple[StageForecast, ...]
    asked: tuple[Asked, ...]
    rollouts: tuple[RolloutForecast, ...]
    shortest_to_full: int | None
    notes: tuple[Sentence, ...]


def expected(
    plan: Plan,
    start: datetime,
    happened: Mapping[Node, datetime] = MappingProxyType({}),
    now: datetime | None = None,
) -> tuple[StageForecast, ...]:
    """Return when each stage is expected to open and end in a run from `start`, in the plan's order.

    With what has `happened` by `now`, that is what is expected from there on.
    """
    timeline = Timeline(plan, _begin(plan, start), happened, now)
    return tuple(
        StageForecast(
            stage=stage.id,
            process=stage.process,
            title=stage.title,
            opens_at=timeline.done[stage.id],
            ends_at=timeline.done[f"{stage.id}."],
        )
        for stage in plan.stages
    )


def preview(plan: Plan, start: datetime) -> Preview:
    """Return what is printed before a start: dates, who is asked, how traffic moves, what to know."""
    begin = _begin(plan, start)
    stages = expected(plan, start)
    moves = [stage.id for stage in plan.stages if stage.rollout]
    first_traffic = min((each.opens_at for each in stages if each.stage in moves), default=None)
    return Preview(
        template=plan.template,
        template_version=plan.template_version,
        title=plan.title,
        pace=plan.pace,
        start=begin,
        go_live_at=plan.go_live_at,
        first_traffic_at=first_traffic,
        ends_at=max(each.ends_at for each in stages),
        stages=stages,
        asked=tuple(_asked(plan, Timeline(plan, begin))),
        rollouts=tuple(_rollouts(plan)),
        shortest_to_full=_shortest_to_full(plan),
        notes=tuple(_notes(plan, first_traffic)),
    )


def _begin(plan: Plan, start: datetime) -> datetime:
    return max(start, plan.start_at) if plan.start_at else start


# -- who is asked --------------------------------------------------------------------------------------------


def _asked(plan: Plan, timeline: Timeline) -> Iterator[Asked]:
    for stage in plan.stages:
        for task in stage.tasks:
            ready = timeline.ready[f"{stage.id}.{task.key}"]
            due = timeline.due(task, timeline.done[stage.id])
            yield (asked := _of_task(plan, stage, task, ready, due))
            if task.verify:
                done = timeline.done[asked.ref]
                yield asked.model_copy(update={"what": "verify", "at": done, "due_at": None})
        for approval in stage.approvals:
            yield from _of_approval(plan, stage, approval, timeline)
        for task in stage.on_rollback:
            yield _of_task(plan, stage, task)


def _of_task(
    plan: Plan, stage: Stage, task: Task, at: datetime | None = None, due_at: datetime | None = None
) -> Asked:
    return Asked(
        ref=f"{stage.id}.{task.key}",
        what="task" if at else "back_out",
        stage=stage.id,
        title=task.title,
        asks=named(task.function),
        function=task.function,
        count=1,
        people=plan.doers(task.function),
        at=at,
        due_at=due_at,
    )


def _of_approval(plan: Plan, stage: Stage, approval: Approval, timeline: Timeline) -> Iterator[Asked]:
    ref = f"{stage.id}.{approval.key}"
    ready = timeline.ready[ref]
    for rule in approval.rules:
        able = signers(plan, rule)
        yield Asked(
            ref=ref,
            what="approval",
            stage=stage.id,
            title=approval.title,
            asks=named(rule.source),
            function=rule.function,
            count=needed(rule.mode, rule.min, len(able)),
            people=tuple(able),
            at=ready,
            due_at=add_working(plan.calendar, ready, approval.due) if approval.due else None,
        )


# -- how traffic moves ---------------------------------------------------------------------------------------


def _rollouts(plan: Plan) -> Iterator[RolloutForecast]:
    for stage in plan.stages:
        if rollout := stage.rollout:
            yield RolloutForecast(
                stage=stage.id,
                title=stage.title,
                steps=tuple(step_words(step) for step in rollout.steps),
                shortest=_seconds(length_of(rollout, rollout.steps)),
                to_full=_to_full(rollout),
                to_rollback=_to_rollback(rollout, plan.shift_timeout),
            )


def _to_full(rollout: Rollout) -> int | None:
    for n, step in enumerate(rollout.steps):
        if isinstance(step, SetWeight) and step.weight == FULL:
            return _seconds(length_of(rollout, rollout.steps[:n]))
    return None


def _to_rollback(rollout: Rollout, shift_timeout: int) -> int | None:
    """Return the longest time to a rollback that needs nobody, for a failure that every measurement shows.

    It begins right after a measurement; the next ones fail as often as is tolerated; then the step ends, and
    the next step counts anew after its initial delay. Analyses that stop before their step promise nothing.
    """
    if rollout.on_unhealthy != "rollback" or not rollout.metrics:
        return None
    watching = [
        (analysis, analysis.interval.on_the_clock)
        for analysis in rollout.analyses
        if analysis.interval and analysis.count is None and not analysis.dry_run
    ]
    if not watching:
        return None
    longest = max(
        between * (2 * analysis.failure_limit + 1) + analysis.initial_delay.on_the_clock
        for analysis, between in watching
    )
    return _seconds(longest) + shift_timeout


def _shortest_to_full(plan: Plan) -> int | None:
    """Return the seconds from the start to 100 % when nobody waits, over the stages that come before."""
    ends: dict[str, int] = {}
    full: list[int] = []
    for stage in plan.stages:
        opens = max((ends[need] for need in stage.needs), default=0)
        length = length_of(stage.rollout, stage.rollout.steps) if stage.rollout else timedelta()
        observed = stage.observe.on_the_clock if stage.observe else timedelta()
        ends[stage.id] = opens + _seconds(length + observed)
        to_full = _to_full(stage.rollout) if stage.rollout else None
        if to_full is not None:
            full.append(opens + to_full)
    return min(full, default=None)


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


# -- what to know beforehand ---------------------------------------------------------------------------------


def _notes(plan: Plan, first_traffic: datetime | None) -> Iterator[Sentence]:
    if any(stage.rollout and not stage.rollout.metrics for stage in plan.stages):
        yield say(N_("Nothing is measured here: every step of the rollout pauses for a person."))
    if plan.go_live_at and first_traffic and first_traffic > plan.go_live_at:
        yield say(
            N_("Traffic moves first at {expected}, after the planned go-live at {planned}."),
            expected=moment(first_traffic),
            planned=moment(plan.go_live_at),
        )
    if not plan.release.authors and any(stage.approvals for stage in plan.stages):
        yield say(N_("Who made the artifact is unknown, so nobody is kept from signing for it."))
    for ref, approval in (
        (f"{stage.id}.{approval.key}", approval) for stage in plan.stages for approval in stage.approvals
    ):
        if row := plan.applied.get(ref):
            yield say(N_("“{title}” is decided by table: {why}."), title=approval.title, why=row.why)
    for task in (task for stage in plan.stages for task in stage.tasks if task.point_of_no_return):
        yield say(
            N_("Once “{task}” is done there is no way back: a rollback is refused then."), task=task.title
        )
    if plan.pace == "demo":
        yield say(N_("The pace is demo: every wait is shortened to seconds."))
