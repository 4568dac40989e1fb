"""What `record` is told: the events since the last batch, with the present facts of all that changed."""

from __future__ import annotations

from golive import service_lock
from golive.events import Event
from golive.expiry import next_expiry
from golive.explain import approval_wait, blocked_by, stage_waits, task_wait
from golive.gates import gate_view
from golive.recording import AmendedPlan, ApprovalChange, Batch, RunChange, StageView, Start, TaskChange
from golive.rollout import view as rollout_view
from golive.run import Run
from golive.signers import panel_of, rule_views, waiting_for
from golive.stages import Processes

MOST = 400
"""Events, and changed tasks, in one batch: the opening of 1,000 tasks stays far below Temporal's payload limit."""
MOST_BYTES = 512 * 1024
"""What people wrote and showed, in one batch: eight long acts at once together would exceed that limit of 2 MiB."""


def take_batch(run: Run, processes: Processes, start: Start | None) -> Batch | None:
    """Return the next batch and forget what it holds; None when there is nothing to record."""
    count = _fitting(run)
    events, run.events = run.events[:count], run.events[count:]
    lock = service_lock.request(run, events)
    if not (events or run.changed_tasks or run.changed_approvals or lock):
        return None
    tasks = _changed_with(run, events)
    for ref in tasks:
        del run.changed_tasks[ref]
    approvals, run.changed_approvals = run.changed_approvals, {}
    amended, run.amended = run.amended, None
    return Batch(
        run_id=run.state.run_id,
        start=start,
        events=tuple(events),
        run=run_change(run, processes),
        tasks=tuple(task_change(run, ref) for ref in tasks),
        approvals=tuple(approval_change(run, ref) for ref in approvals),
        lock=lock,
        amended=AmendedPlan(version=run.state.plan_version, plan=amended) if amended else None,
        after=events[0].seq - 1 if events else run.state.seq,
    )


def _fitting(run: Run) -> int:
    """Return how many events fit into the next batch: at least one, however much was written."""
    left = MOST_BYTES
    for count, event in enumerate(run.events[:MOST]):
        left -= sum(len(words.text.encode()) for words in event.words.values())
        left -= _given_bytes(run, event.object.removeprefix("task:"))
        if left < 0:
            return max(count, 1)
    return min(len(run.events), MOST)


def _given_bytes(run: Run, ref: str) -> int:
    given = run.given.get(ref)
    if given is None:
        return 0
    pieces = [*(given.get("evidence") or ()), *(given.get("items") or {}).values()]
    return sum(len(piece.model_dump_json().encode()) for piece in pieces)


def _changed_with(run: Run, events: list[Event]) -> list[str]:
    """Return the changed tasks that these events are about, and those that no later event is about."""
    now = {event.object for event in events}
    later = {event.object for event in run.events} - now
    return [ref for ref in run.changed_tasks if f"task:{ref}" not in later][:MOST]


def run_change(run: Run, processes: Processes) -> RunChange:
    """Return the present facts of the run."""
    state = run.state
    return RunChange(
        state=state.state,
        title=run.title,
        stages=tuple(
            StageView(
                id=stage.id,
                process=stage.process,
                title=stage.title,
                state=state.stages[stage.id].state,
                opened_at=state.stages[stage.id].opened_at,
                ended_at=state.stages[stage.id].ended_at,
                gates=tuple(gate_view(run, stage, gate) for gate in stage.gates),
                rollout=rollout_view(run, stage),
            )
            for stage in run.plan.stages
        ),
        blocked_by=blocked_by(run, processes),
        waits=tuple(stage_waits(run, processes)),
        builds=tuple(state.builds),
        hold_reason=state.hold.words if state.hold else None,
        started_at=state.started_at or run.now,
        ended_at=state.ended_at,
        weight=state.weight,
    )


def task_change(run: Run, ref: str) -> TaskChange:
    """Return the present facts of a task, with the evidence if it has just been given."""
    task = run.state.tasks[ref]
    given = run.given.pop(ref, {})
    return TaskChange(
        ref=ref,
        state=task.state,
        assignee=task.assignee,
        opened_at=task.opened_at,
        due_at=task.clock.due_at if task.clock else None,
        overdue=task.overdue,
        done_by=task.done_by,
        done_at=task.done_at,
        verified_by=task.verified_by,
        reason=task.reason,
        wait=task_wait(run, ref),
        evidence=given.get("evidence"),
        items=given.get("items"),
    )


def approval_change(run: Run, ref: str) -> ApprovalChange:
    """Return the present facts of an approval, with its subject if it has just been bound to one."""
    _, plan = run.index.approvals[ref]
    state = run.state.approvals[ref]
    return ApprovalChange(
        ref=ref,
        state=state.state,
        requested_at=state.requested_at,
        due_at=state.clock.due_at if state.clock else None,
        expires_at=next_expiry(run, ref),
        digest=state.digest,
        subject=run.subjects.pop(ref, None),
        rules=rule_views(run, plan, state),
        decisions=tuple(state.decisions),
        waiting_for=waiting_for(run, plan, state),
        wait=approval_wait(run, ref),
        panel=panel_of(state),
    )
