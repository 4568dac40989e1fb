"""The rows that a run begins with: header, people, every task and approval of its plan, all locked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from golive.canonical import digest
from golive.names import public_id
from golive.plan import Plan
from golive.recording import Build, RuleView, Start
from golive.template import Stage, Task
from golive.template_approvals import Rule, Whom


def start_digest(start: Start) -> str:
    """Return what identifies a start: the digest of all it says, without the signature."""
    return digest(start.model_dump(mode="json", exclude={"signature"}))


def run_row(start: Start, at: datetime) -> dict[str, Any]:
    """Return the header. What the run's first RunChange says replaces the second half at once."""
    plan = start.plan
    return header_of(plan) | {
        "id": start.run_id,
        "service": plan.release.service,
        "environment": plan.release.environment,
        "version": plan.release.version,
        "workflow": plan.workflow,
        "release_manager": plan.release_manager,
        "started_by": start.actor.name,
        "start_actor": start.actor.model_dump(mode="json"),
        "engine": start.engine,
        "start_digest": start_digest(start),
        "start_at": plan.start_at,
        "state": "scheduled" if plan.start_at and plan.start_at > at else "running",
        "weight": 0,
        "stages": [],
        "waits": [],
        "builds": [Build(n=1, release=plan.release, at=at, by=start.actor.name).model_dump(mode="json")],
        "started_at": at,
    }


def header_of(plan: Plan) -> dict[str, Any]:
    """Return what of the header an amendment of the plan can change."""
    return {
        "title": plan.title,
        "template": plan.template,
        "template_version": plan.template_version,
        "template_title": plan.template_title.model_dump(mode="json"),
        "plan": plan.model_dump(mode="json"),
        "go_live_at": plan.go_live_at,
    }


def people_rows(run_id: str, plan: Plan) -> list[dict[str, Any]]:
    """Return who does the tasks of which function, in the plan's order."""
    return [
        {"run_id": run_id, "function": function, "name": name, "position": n}
        for function in plan.people
        for n, name in enumerate(plan.doers(function))
    ]


def task_rows(run_id: str, plan: Plan) -> list[dict[str, Any]]:
    """Return every task of the plan, those of a rollback included, in the plan's order."""
    return [
        _task_row(run_id, stage, task, position=position, back_out=back_out)
        for position, (stage, task, back_out) in enumerate(_tasks(plan))
    ]


def approval_rows(run_id: str, plan: Plan) -> list[dict[str, Any]]:
    """Return every approval of the plan, in the plan's order."""
    planned = [(stage, approval) for stage in plan.stages for approval in stage.approvals]
    return [
        {
            "id": public_id(run_id, ref := f"{stage.id}.{approval.key}"),
            "run_id": run_id,
            "ref": ref,
            "position": position,
            "stage": stage.id,
            "key": approval.key,
            "title": approval.title.model_dump(mode="json"),
            "meaning": approval.meaning,
            "reauthenticate": approval.reauthenticate,
            "state": "locked",
            "rules": [_unmet(rule).model_dump(mode="json") for rule in approval.rules],
            "decisions": [],
            "applied": (row := plan.applied.get(ref)) and row.model_dump(mode="json"),
        }
        for position, (stage, approval) in enumerate(planned)
    ]


def _unmet(rule: Rule) -> RuleView:
    return RuleView(**rule.model_dump(include={*Whom.model_fields}), mode=rule.mode, min=rule.min, met=False)


def _tasks(plan: Plan) -> Iterator[tuple[Stage, Task, bool]]:
    for stage in plan.stages:
        yield from ((stage, task, False) for task in stage.tasks)
        yield from ((stage, task, True) for task in stage.on_rollback)


def _task_row(run_id: str, stage: Stage, task: Task, *, position: int, back_out: bool) -> dict[str, Any]:
    ref = f"{stage.id}.{task.key}"
    needs = (need if "." in need else f"{stage.id}.{need}" for need in task.needs)
    return {
        "id": public_id(run_id, ref),
        "run_id": run_id,
        "ref": ref,
        "position": position,
        "stage": stage.id,
        "key": task.key,
        "title": task.title.model_dump(mode="json"),
        "description": task.description and task.description.model_dump(mode="json"),
        "function": task.function,
        "priority": task.priority,
        "verify": task.verify,
        "back_out": back_out,
        "depends_on": [public_id(run_id, need) for need in needs],
        "requires": [need.model_dump(mode="json") for need in task.requires],
        "items": [item.model_dump(mode="json") for item in task.items],
        "state": "locked",
        "overdue": False,
        "evidence": [],
        "item_results": {},
    }
