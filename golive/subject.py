"""The subject of an approval: exactly what a person signs, in parts that each have a digest."""

from __future__ import annotations

from typing import Any, get_args

from golive.canonical import digest
from golive.gates import gate_view
from golive.run import Run
from golive.state import WaiverState
from golive.template import Stage
from golive.template_approvals import Approval
from golive.vocabulary import Part
from golive.waivers import counted, in_force_of

PARTS: tuple[Part, ...] = get_args(Part)


def subject_of(run: Run, stage: Stage, approval: Approval) -> dict[str, Any]:
    """Return what is signed: a JSON object with the parts named in `PARTS`; without waivers there is no such part.

    Evidence and gates are those of the stages before this one, and within it of the tasks that the approval comes
    after. Of a gate the definition and the state are signed, not the measured value or time, which change while
    people read.
    """
    before = run.index.before[stage.id]
    stages = [other for other in run.plan.stages if other.id in before or other.id == stage.id]
    waived = [_waiver(each) for each in in_force_of(run, before)]
    return {
        "release": run.state.release.model_dump(mode="json"),
        "plan": planned(run, stage, approval),
        "evidence": _evidence(run, stages, stage, approval),
        "gates": [_gates(run, other) for other in stages if other.id in before and other.gates],
        "rollout": [
            {"stage": other.id} | other.rollout.model_dump(mode="json")
            for other in run.plan.stages
            if other.rollout
        ],
    } | ({"waivers": waived} if waived else {})


def planned(run: Run, stage: Stage, approval: Approval) -> dict[str, Any]:
    """Return what of the plan is signed: as it is, or as it was before amendments that this approval is not about."""
    kept = run.state.approvals[f"{stage.id}.{approval.key}"].planned
    if kept is not None:
        return kept
    plan, version = run.plan, run.state.plan_version
    return {
        "template": plan.template,
        "version": plan.template_version,
        "hash": plan.template_hash,
        "parameters": plan.parameters,
        "approval": approval.model_dump(mode="json"),
    } | ({"amended": version} if version > 1 else {})


def _evidence(run: Run, stages: list[Stage], own: Stage, approval: Approval) -> list[dict[str, Any]]:
    covered = after_tasks(own, approval)
    rows = []
    for stage in stages:
        for task in stage.tasks:
            ref = f"{stage.id}.{task.key}"
            state = run.state.tasks[ref]
            if (stage.id != own.id or ref in covered) and state.evidence:
                rows.append({"task": ref, "state": state.state, "evidence": state.evidence})
    return rows


def _gates(run: Run, stage: Stage) -> dict[str, Any]:
    return {
        "stage": stage.id,
        "gates": [gate.model_dump(mode="json") for gate in stage.gates],
        "states": [
            [check.key, counted(run, stage, f"{gate.key}.{check.key}")]
            for gate in stage.gates
            for check in gate.checks
        ],
        "state": [gate_view(run, stage, gate).state for gate in stage.gates],
    }


def _waiver(waiver: WaiverState) -> dict[str, Any]:
    return waiver.model_dump(mode="json", include=_SIGNED_OF_A_WAIVER)


_SIGNED_OF_A_WAIVER = {"check", "by", "decided_by", "reason", "risk", "mitigation", "starts_at", "ends_at"}


def after_tasks(stage: Stage, approval: Approval) -> tuple[str, ...]:
    """Return the tasks that an approval comes after: those it names, or all of its stage."""
    if approval.after is not None:
        return approval.after
    return tuple(f"{stage.id}.{task.key}" for task in stage.tasks)


def part_digests(subject: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each part that there is."""
    return {part: digest(subject[part]) for part in PARTS if part in subject}


def whole_digest(parts: dict[str, str]) -> str:
    """Return the one digest that people are shown and sign: that of the digests of all parts."""
    return digest(parts)


def difference(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return the parts that changed."""
    return [part for part in PARTS if before.get(part) != now.get(part)]
