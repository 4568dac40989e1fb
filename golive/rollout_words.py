"""A rollout in words: what its steps do, and what is watched meanwhile."""

from __future__ import annotations

from golive.template import Analysis, ApprovalStep, Bake, CheckStep, Condition, Pause, SetWeight, Step
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
    """Say what a metric must be, and how often it is measured."""
    wanted = _wanted(analysis)
    if analysis.interval is None:
        return say(N_("{wanted}, measured once"), wanted=wanted)
    return say(N_("{wanted}, measured every {interval}"), wanted=wanted, interval=str(analysis.interval))


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
