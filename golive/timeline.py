"""When what a plan asks for begins and is over: each in its turn, and as long as it is allowed to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from types import MappingProxyType

from golive.plan import Plan
from golive.span import Span
from golive.template import Stage, Task
from golive.template_approvals import Approval
from golive.template_rollouts import Analysis, ApprovalStep, Bake, CheckStep, Pause, Rollout, SetWeight, Step
from golive.wait_graph import waits_of
from golive.working_time import add_working, before_working

Node = str
"""What waits and is waited for (`golive.wait_graph`): a stage's opening `uat`, its end `uat.`, a task `uat.test`."""


class Timeline:
    """Walks what waits for what, in order. `ready` is when each node can begin, `done` when it is over.

    What has `happened` was over when it was; what has not is over at `now` at the earliest.
    """

    def __init__(
        self,
        plan: Plan,
        start: datetime,
        happened: Mapping[Node, datetime] = MappingProxyType({}),
        now: datetime | None = None,
    ) -> None:
        self.plan = plan
        self.ready: dict[str, datetime] = {}
        self.done: dict[str, datetime] = {}
        work = _by_ref(plan)
        waits = waits_of(plan.stages)
        for node in TopologicalSorter(waits).static_order():
            self.ready[node] = max((self.done[each] for each in waits[node]), default=start)
            self.done[node] = happened.get(node) or max(self._over(node, work), now or start)

    def _over(self, node: str, work: Mapping[str, Task | Approval | Stage]) -> datetime:
        ready = self.ready[node]
        match work.get(node):
            case Task() as task:
                return max(ready, self.due(task, self.done[node.rpartition(".")[0]]) or ready)
            case Approval(due=Span() as due):
                return add_working(self.plan.calendar, ready, due)
            case Stage() as stage:
                return max(ready, self.done[stage.id] + self._on_the_clock(stage))
            case _:
                return ready

    def due(self, task: Task, entered: datetime) -> datetime | None:
        """Return when a task of a stage that is entered at `entered` is due, as far as that is known beforehand."""
        due, calendar = task.due, self.plan.calendar
        if due is None:
            return None
        if due.before_go_live:
            planned = self.plan.go_live_at
            return before_working(calendar, planned, due.within.days) if planned else None
        origin = self.done.get(due.after, entered) if due.after else entered
        return add_working(calendar, origin, due.within)

    def _on_the_clock(self, stage: Stage) -> timedelta:
        if stage.rollout is None:
            return stage.observe.on_the_clock if stage.observe else timedelta()
        return length_of(stage.rollout, stage.rollout.steps)


def _by_ref(plan: Plan) -> dict[str, Task | Approval | Stage]:
    """Return what each node of the wait graph is; a stage stands for its end, `id.`."""
    known: dict[str, Task | Approval | Stage] = {}
    for stage in plan.stages:
        known[f"{stage.id}."] = stage
        known |= {f"{stage.id}.{task.key}": task for task in stage.tasks}
        known |= {f"{stage.id}.{approval.key}": approval for approval in stage.approvals}
    return known


def step_lengths(rollout: Rollout) -> tuple[timedelta, ...]:
    """Return how long each step of a rollout takes when nobody waits."""
    return tuple(_step_length(rollout, step) for step in rollout.steps)


def length_of(rollout: Rollout, steps: Sequence[Step]) -> timedelta:
    """Return how long some steps take when nobody waits."""
    return sum((_step_length(rollout, step) for step in steps), timedelta())


def _step_length(rollout: Rollout, step: Step) -> timedelta:
    match step:
        case Pause(duration=Span() as duration) | Bake(duration=duration):
            return duration.on_the_clock
        case CheckStep():
            return max((once(analysis) for analysis in rollout.analyses), default=timedelta())
        case SetWeight() | Pause() | ApprovalStep():
            return timedelta()


def once(analysis: Analysis) -> timedelta:
    """Return how long a check of its own takes: all its measurements, one when no count is given."""
    between = analysis.interval.on_the_clock if analysis.interval else timedelta()
    return analysis.initial_delay.on_the_clock + between * ((analysis.count or 1) - 1)
