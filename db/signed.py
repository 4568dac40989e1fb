"""What an approval's digest covers, as people read it: the work with its evidence, and the gates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from db.reading import task_views
from db.session import Session
from db.tables import runs, tasks
from db.views import ApprovalView, TaskView
from db.waivers import WaiverView, waivers_signed
from db.words import seals, unseal
from golive.evidence import waiver_digest, work_digest
from golive.recording import GateView, StageView
from golive.words import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedWork:
    """A task whose evidence is signed. `as_signed` false: it has changed since the subject was put together."""

    task: TaskView
    as_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedGate:
    """A gate whose definition and state are signed, with what it observed; `as_signed` as for work."""

    stage: Text
    gate: GateView
    as_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What the subject of an approval says beyond release, plan and rollout, which it holds in full."""

    work: tuple[SignedWork, ...]
    gates: tuple[SignedGate, ...]
    waivers: tuple[WaiverView, ...]


async def signed(session: Session, approval: ApprovalView) -> Signed | None:
    """Return what the subject of `approval` covers, in the plan's order; None before it is asked for."""
    if approval.subject is None:
        return None
    covered = {row["task"]: row for row in approval.subject["evidence"]}
    mine = tasks.c.run_id == approval.run_id
    found = select(tasks).where(mine, tasks.c.ref.in_(covered)).order_by(tasks.c.position)
    rows = (await session.execute(found)).all()
    work = tuple(
        SignedWork(task=task, as_signed=_as_covered(row, covered[row.ref]))
        for row, task in zip(rows, await task_views(session, rows), strict=True)
    )
    stages = (await session.execute(select(runs.c.stages).where(runs.c.id == approval.run_id))).scalar_one()
    known = {stage["id"]: StageView.model_validate(stage) for stage in stages}
    gates = [gate for part in approval.subject["gates"] for gate in _gates(known[part["stage"]], part)]
    waived = await waivers_signed(session, approval.run_id, approval.subject.get("waivers", ()))
    return Signed(work=work, gates=tuple(gates), waivers=waived)


def _gates(stage: StageView, part: dict[str, Any]) -> Iterator[SignedGate]:
    for gate, state in zip(stage.gates, part["state"], strict=True):
        yield SignedGate(stage=stage.title, gate=gate, as_signed=gate.state == state)


def _as_covered(row: Row[Any], covered: dict[str, Any]) -> bool:
    return bool(row.state == covered["state"] and _digest_of(row) == covered["evidence"])


def _digest_of(row: Row[Any]) -> str:
    """Return the digest that a signature covers of what the row now holds."""
    if row.reason and not row.evidence and not row.item_results:
        return waiver_digest(row.reason)
    items = {
        name: {"result": item["result"], "remark": None, "evidence": [], **_sealed(item)}
        for name, item in row.item_results.items()
    }
    return work_digest(_sealed(row.evidence), items)


def _sealed(value: Any) -> Any:
    """Return stored facts in which free text stands as its digest, as it is signed."""
    return unseal(value, {digest: digest for digest in seals(value)})
