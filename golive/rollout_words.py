"""A rollout in words: what its steps do, and what is watched meanwhile."""

from __future__ import annotations

from golive.span import Span
from golive.template_rollouts import (
    Analysis,
    ApprovalStep,
    Bake,
    CheckStep,
    Condition,
    Pause,
    Rollout,
    SetWeight,
    Step,
)
from golive.words import N_, Sentence, say


def step_words(step: Step) -> Sentence:
    """Say what a step does."""
    match step:
        case SetWeight():
            return say(N_("{weight} % to the new version"), weight=step.weight)
        case Pause(duration=None):
            return say(N_("pause until a person promotes"))
        case Pause():
            return say(N_("pause for {duration}"), duration=str(step.duration))
        case Bake():
            return say(N_("bake for {duration}"), duration=str(step.duration))
        case CheckStep():
            return say(N_("check health"))
        case ApprovalStep():
            return say(N_("wait for the approval “{approval}”"), approval=step.approval)


def analysis_words(analysis: Analysis) -> Sentence:
    """Say what a metric must be, how often it is measured, and how often it may be otherwise."""
    said = say(N_("{wanted}; {often}"), wanted=_wanted(analysis), often=_often(analysis))
    if analysis.initial_delay != Span():
        said = say(N_("{said}, first after {delay}"), said=said, delay=str(analysis.initial_delay))
    for msgid, limit, default in (
        (N_("{said}, up to {limit} failures allowed"), analysis.failure_limit, 0),
        (N_("{said}, up to {limit} inconclusive results allowed"), analysis.inconclusive_limit, 0),
        (N_("{said}, up to {limit} errors in a row allowed"), analysis.consecutive_error_limit, 4),
    ):
        said = say(msgid, said=said, limit=limit) if limit != default else said
    return say(N_("{said} (shown, never counted)"), said=said) if analysis.dry_run else said


def policy_words(rollout: Rollout) -> tuple[Sentence, ...]:
    """Say what a rollout does by itself: on bad health, and when another run holds the service."""
    unhealthy = {
        "rollback": N_("when health is bad, traffic goes back by itself"),
        "hold": N_("when health is bad, the run is held for a person"),
    }
    conflict = {
        "queue": N_("when another run holds the service, this one waits"),
        "supersede": N_("when another run holds the service, that one is superseded"),
        "refuse": N_("when another run holds the service, this one stops"),
    }
    health = (
        unhealthy[rollout.on_unhealthy]
        if rollout.metrics
        else N_("nothing is measured: people look at each step")
    )
    return say(health), say(conflict[rollout.on_conflict])


def _often(analysis: Analysis) -> Sentence:
    if analysis.interval is None:
        return say(N_("measured once"))
    every = say(N_("measured every {interval}"), interval=str(analysis.interval))
    if analysis.count is None:
        return every
    return say(N_("{every}, {count} times"), every=every, count=analysis.count)


def _wanted(analysis: Analysis) -> Sentence:
    success, failure = _written(analysis.success), _written(analysis.failure)
    if failure is None:
        return say(N_("{metric} must be {success}"), metric=analysis.metric, success=success or "")
    if success is None:
        return say(N_("{metric} must not be {failure}"), metric=analysis.metric, failure=failure)
    return say(
        N_("{metric} must be {success} and must not be {failure}"),
        metric=analysis.metric,
        success=success,
        failure=failure,
    )


def _written(condition: Condition | None) -> str | None:
    return f"{condition.compare} {condition.threshold:g}" if condition else None
