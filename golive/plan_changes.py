"""What an amendment changes: its class, and which stages, tasks, checks and approvals it touches.

Minor is what people, dates and words are: a release manager changes them, with a reason. Everything else, which is
what was signed or will be, is major and takes the functions that sign in the run. So a plan is compared without what is
minor, and a field that is added to plans is major until it is named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from golive.parameters import Value
from golive.plan import AppliedRow, Plan
from golive.run import Index
from golive.template import Check, Gate, Ladder, Stage, Task
from golive.template_approvals import Approval
from golive.vocabulary import AmendmentClass
from golive.words import Text

FROZEN = ("template", "workflow", "release", "release_manager", "start_at", "lessons")
"""What no amendment changes: the facts of the start. Another artifact is a new build."""
_UNSAID = Text(en="", zh="")


def class_of(before: Plan, now: Plan) -> AmendmentClass:
    """Return how weighty a change of the plan is; nobody chooses it."""
    return "minor" if _weight(before) == _weight(now) else "major"


# -- without what is minor -----------------------------------------------------------------------------------


def _weight(plan: Plan) -> Plan:
    """Return a plan without what is minor. The template's version counts by what it changes; parameters are signed."""
    return plan.model_copy(
        update={
            "people": {},
            "found": {},
            "sign_only": (),
            "do_only": (),
            "go_live_at": None,
            "title": "",
            "template_title": _UNSAID,
            "template_version": 0,
            "template_hash": "",
            "ladder": Ladder(),
            "stages": tuple(stage_weight(stage) for stage in plan.stages),
        }
    )


def stage_weight(stage: Stage) -> Stage:
    """Return a stage without what is minor."""
    return stage.model_copy(
        update={
            "title": _UNSAID,
            "description": None,
            "observe": None,
            "tasks": tuple(_task(task) for task in stage.tasks),
            "on_rollback": tuple(_task(task) for task in stage.on_rollback),
            "approvals": tuple(
                each.model_copy(update={"title": _UNSAID, "due": None}) for each in stage.approvals
            ),
            "gates": tuple(_gate(gate) for gate in stage.gates),
        }
    )


def _task(task: Task) -> Task:
    return task.model_copy(update={"title": _UNSAID, "description": None, "due": None, "priority": "P2"})


def _gate(gate: Gate) -> Gate:
    return gate.model_copy(update={"title": _UNSAID, "checks": tuple(_check(check) for check in gate.checks)})


def _check(check: Check) -> Check:
    return check.model_copy(update={"title": _UNSAID, "countermeasures": ()})


# -- what is touched -----------------------------------------------------------------------------------------


def same_work(before: Task, now: Task) -> bool:
    """Tell whether a task asks for the same as before, so that what was done for it stands."""
    order = {"needs": (), "per_build": False}
    return _task(before).model_copy(update=order) == _task(now).model_copy(update=order)


def same_rules(before: Approval, now: Approval) -> bool:
    """Tell whether the same signatures are asked for, proved alike, so that those given count as they did."""
    return (before.rules, before.distinct, before.reauthenticate) == (
        now.rules,
        now.distinct,
        now.reauthenticate,
    )


class Signable:
    """What is signed of a plan beside rollouts, evidence and the words of gates, which are parts of their own."""

    def __init__(self, index: Index, plan: Plan) -> None:
        self._index = index
        self._chosen = plan.parameters, plan.applied

    @cached_property
    def _stages(self) -> Mapping[str, Stage]:
        left_out = {"rollout": None, "approvals": ()}
        return {
            stage.id: stage_weight(stage).model_copy(update=left_out) for stage in self._index.stages.values()
        }

    def of(self, ref: str) -> tuple[Approval, dict[str, Value], AppliedRow | None, dict[str, Stage]]:
        """Return an approval, whose due time is not signed, by which values and row, and the stages it is about."""
        own, approval = self._index.approvals[ref]
        about = self._index.before[own.id] | {own.id}
        stages = {each: stage for each, stage in self._stages.items() if each in about}
        parameters, applied = self._chosen
        return approval.model_copy(update={"due": None}), parameters, applied.get(ref), stages


def checks_of(stage: Stage | None, on: str | None = None) -> dict[str, Check]:
    """Return the checks of a stage's gates, those on `entry` or `exit` alone if asked, by `GATE.CHECK`."""
    gates = stage.gates if stage else ()
    return {
        f"{gate.key}.{check.key}": check for gate in gates if on in (None, gate.on) for check in gate.checks
    }


def changed_checks(before: Stage, now: Stage) -> list[str]:
    """Return the checks, `GATE.CHECK`, that are new, gone, on the other side of the stage, or judged otherwise."""
    found = []
    for on in ("entry", "exit"):
        former, checks = checks_of(before, on), checks_of(now, on)
        for key in {**former, **checks}:
            was, is_now = former.get(key), checks.get(key)
            if was is None or is_now is None or _check(was) != _check(is_now):
                found.append(key)
    return list(dict.fromkeys(found))
