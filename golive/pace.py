"""Adapts a plan's stages to how it is run: shortened to seconds for a demo, or without metrics, by people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from golive.calendar import Calendar
from golive.plan import Plan
from golive.span import Span
from golive.template import Due, Ladder, Stage, Task
from golive.template_approvals import Approval, Rule
from golive.template_rollouts import Analysis, ApprovalStep, Bake, CheckStep, Pause, Rollout, SetWeight, Step

FULL = 100
DEMO_DAY = 60
"""Seconds that a working day takes in a demo."""
_WAIT, _OBSERVE, _INTERVAL, _DELAY = Span(seconds=3), Span(seconds=3), Span(seconds=1), Span(seconds=1)
_COUNT = 2
_EXPIRY = 15 * 60
"""Seconds for which an approval waits at least: a demo must not expire while its audience reads."""
_DUE = 5
_SHIFT_TIMEOUT = 2


def without_metrics(stage: Stage) -> Stage:
    """Return the stage for an installation that measures nothing: a person looks at each step of its rollout.

    Each bake and check becomes an open pause, pauses in a row become one, and a weight below 100 % that
    nothing would wait at gets one.
    """
    if stage.rollout is None:
        return stage
    steps: list[Step] = []
    for step in stage.rollout.steps:
        if isinstance(step, SetWeight) and steps and not _looked_at(steps):
            steps.append(Pause())
        seen = Pause() if isinstance(step, Bake | CheckStep) else step
        if not (steps and seen == steps[-1] == Pause()):
            steps.append(seen)
    if not _looked_at(steps):
        steps.append(Pause())
    rollout = stage.rollout.model_copy(update={"steps": tuple(steps), "analyses": (), "metrics": False})
    return stage.model_copy(update={"rollout": rollout})


def _looked_at(steps: Sequence[Step]) -> bool:
    """Tell whether a person is asked since the last weight, or that weight was none or all of the traffic."""
    for step in reversed(steps):
        if isinstance(step, ApprovalStep) or step == Pause():
            return True
        if isinstance(step, SetWeight):
            return step.weight in {0, FULL}
    return True


def at_demo_pace(plan: Plan) -> Plan:
    """Return the plan with every wait shortened to seconds, as an audience can follow it."""
    return plan.model_copy(
        update={
            "pace": "demo",
            "calendar": demo_calendar(plan.calendar),
            "ladder": demo_ladder(plan.ladder, plan.calendar),
            "stages": tuple(in_demo(stage, plan.calendar) for stage in plan.stages),
            "shift_timeout": _SHIFT_TIMEOUT,
        }
    )


def demo_calendar(calendar: Calendar) -> Calendar:
    """Return the calendar in which every second counts."""
    return calendar.model_copy(update={"always": True})


def demo_ladder(ladder: Ladder, calendar: Calendar) -> Ladder:
    """Return the ladder on which what is overdue is told again after a demo's day."""
    day = working_seconds(calendar)
    return ladder.model_copy(update={"overdue_every": _scaled(ladder.overdue_every, day, _DUE)})


def in_demo(stage: Stage, calendar: Calendar) -> Stage:
    """Return the stage with each wait shortened: a working day to a minute, a bake to seconds."""
    day = working_seconds(calendar)
    update = {
        "tasks": tuple(_task(task, day) for task in stage.tasks),
        "on_rollback": tuple(_task(task, day) for task in stage.on_rollback),
        "approvals": tuple(_approval(approval, day) for approval in stage.approvals),
        "rollout": stage.rollout and _rollout(stage.rollout),
        "observe": stage.observe and _shorter(stage.observe, _OBSERVE),
    }
    return stage.model_copy(update=update)


def working_seconds(calendar: Calendar) -> int:
    """Return how many seconds a working day has."""
    if calendar.always:
        return 24 * 3600
    day = datetime(2000, 1, 1)  # noqa: DTZ001 - any day: only the difference of two times of day counts
    spans = [datetime.combine(day, h.end) - datetime.combine(day, h.start) for h in calendar.hours]
    return int(sum(spans, timedelta()).total_seconds())


def _task(task: Task, day: int) -> Task:
    if task.due is None:
        return task
    within = _scaled(task.due.within, day, _DUE)
    # "Ten working days before" the go-live of a demo would lie before its start.
    return task.model_copy(update={"due": Due(within=within, after=task.due.after)})


def _approval(approval: Approval, day: int) -> Approval:
    due, expiry = approval.due, approval.expires_in
    return approval.model_copy(
        update={
            "due": due and _scaled(due, day, _DUE),
            "expires_in": expiry and _scaled(expiry, day, _EXPIRY),
            "rules": tuple(_rule(rule, day) for rule in approval.rules),
        }
    )


def _rule(rule: Rule, day: int) -> Rule:
    return rule.model_copy(update={"expires_in": rule.expires_in and _scaled(rule.expires_in, day, _EXPIRY)})


def _scaled(span: Span, day: int, least: int) -> Span:
    return Span(seconds=max(least, round((span.days + span.seconds / day) * DEMO_DAY)))


def _rollout(rollout: Rollout) -> Rollout:
    steps = tuple(_step(step) for step in rollout.steps)
    analyses = tuple(_analysis(analysis) for analysis in rollout.analyses)
    return rollout.model_copy(update={"steps": steps, "analyses": analyses})


def _step(step: Step) -> Step:
    if isinstance(step, Pause | Bake) and step.duration is not None:
        return step.model_copy(update={"duration": _shorter(step.duration, _WAIT)})
    return step


def _analysis(analysis: Analysis) -> Analysis:
    update = {
        "interval": analysis.interval and _INTERVAL,
        "initial_delay": _shorter(analysis.initial_delay, _DELAY),
        "count": analysis.count and min(analysis.count, _COUNT),
    }
    return analysis.model_copy(update=update)


def _shorter(span: Span, most: Span) -> Span:
    return min(span, most, key=lambda each: each.on_the_clock)
