"""What an amendment changes: its class, and which stages, tasks, checks and approvals it touches.

Minor is what people, dates and words are: a release manager changes them, with a reason. Everything else, which is
what was signed or will be, is major and takes the functions that sign in the run.
"""

from __future__ import annotations

from typing import Any

from golive.plan import Plan
from golive.run import Index
from golive.template import Approval, Check, Stage, Task
from golive.vocabulary import AmendmentClass

_TASK = {"title": True, "description": True, "due": True, "priority": True}
_APPROVAL = {"title": True, "due": True}
_CHECK = {"title": True, "countermeasures": True}
_STAGE: dict[str, Any] = {
    "title": True,
    "description": True,
    "observe": True,
    "tasks": {"__all__": _TASK},
    "on_rollback": {"__all__": _TASK},
    "approvals": {"__all__": _APPROVAL},
    "gates": {"__all__": {"title": True, "checks": {"__all__": _CHECK}}},
}
_PLAN: dict[str, Any] = {
    **dict.fromkeys(
        (
            "people",
            "found",
            "applied",
            "sign_only",
            "do_only",
            "go_live_at",
            "title",
            "template_title",
            "template_version",
            "template_hash",
            "parameters",
            "ladder",
        ),
        True,
    ),
    "stages": {"__all__": _STAGE},
}
"""What is minor. Parameters and the template's version count by what they change in the rest, which is major."""
FROZEN = ("template", "workflow", "release", "release_manager", "start_at", "lessons")
"""What no amendment changes: the facts of the start. Another artifact is a new build."""


def class_of(before: Plan, now: Plan) -> AmendmentClass:
    """Return how weighty a change of the plan is; nobody chooses it."""
    return "minor" if _weight(before) == _weight(now) else "major"


def _weight(plan: Plan) -> dict[str, Any]:
    return plan.model_dump(exclude=_PLAN)


def stage_weight(stage: Stage, *, rollout: bool = True, approvals: bool = True) -> dict[str, Any]:
    """Return what of a stage is major, by request without its rollout and its approvals."""
    left_out = {name: True for name, kept in (("rollout", rollout), ("approvals", approvals)) if not kept}
    return stage.model_dump(exclude={**_STAGE, **left_out})


def same_work(before: Task, now: Task) -> bool:
    """Tell whether a task asks for the same as before, so that what was done for it stands."""
    asked = {**_TASK, "needs": True, "per_build": True}
    return before.model_dump(exclude=asked) == now.model_dump(exclude=asked)


def same_condition(before: Check, now: Check) -> bool:
    """Tell whether a check judges the same in the same way, so that its verdict stands."""
    return before.model_dump(exclude=_CHECK) == now.model_dump(exclude=_CHECK)


def same_rules(before: Approval, now: Approval) -> bool:
    """Tell whether the same signatures are asked for, so that those given count as they did."""
    return (before.rules, before.distinct) == (now.rules, now.distinct)


def touches(before: Index, now: Index, ref: str) -> bool:
    """Tell whether what somebody signs by the approval `ref` is another: itself, or the stages that it is about.

    Its due time is not signed. Rollouts, evidence and the words of gates are parts of their own of what is signed.
    """
    (former, asked), (stage, asks) = before.approvals[ref], now.approvals[ref]
    dates = {"due"}
    if asked.model_dump(exclude=dates) != asks.model_dump(exclude=dates):
        return True
    return _about(before, former) != _about(now, stage)


def _about(index: Index, own: Stage) -> dict[str, Any]:
    about = index.before[own.id] | {own.id}
    return {
        each: stage_weight(index.stages[each], rollout=False, approvals=False)
        for each in index.stages
        if each in about
    }


def checks_of(stage: Stage | None, on: str | None = None) -> dict[str, Check]:
    """Return the checks of a stage's gates, those on `entry` or `exit` alone if asked, by `GATE.CHECK`."""
    gates = stage.gates if stage else ()
    return {
        f"{gate.key}.{check.key}": check for gate in gates if on in (None, gate.on) for check in gate.checks
    }


def changed_checks(before: Stage, now: Stage) -> list[str]:
    """Return the checks, `GATE.CHECK`, that are judged otherwise now, those on the other side of the stage included."""
    found = []
    for on in ("entry", "exit"):
        former, checks = checks_of(before, on), checks_of(now, on)
        for key in {**former, **checks}:
            was, is_now = former.get(key), checks.get(key)
            if was is None or is_now is None or not same_condition(was, is_now):
                found.append(key)
    return list(dict.fromkeys(found))
