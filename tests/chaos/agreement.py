"""Do workflow, journal and read model say the same of a run? Pure, as check.py, of which it is a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from golive.rules import ledger_id
from golive.state import ApprovalState, RunState, TaskState
from tests.chaos.client import Sent, name_of
from tests.chaos.found import Columns, Found, JournalLine, ReadModel, Workflow

# -- workflow --------------------------------------------------------------------------------------------------


def in_the_workflow(sent: Sequence[Sent], found: Found, *, must_end: bool) -> Iterator[str]:
    """Say where the workflow differs from the journal and from what people were told."""
    workflow = found.workflow
    if workflow is None:
        yield "Temporal does not know it"
        return
    yield from (f"the history does not replay: {sentence}" for sentence in workflow.unlike)
    yield from (f"it does not come to rest: {sentence}" for sentence in workflow.busy)
    if workflow.state is None:
        yield f"the workflow, {workflow.status}, does not tell its state"
        return
    if workflow.status != ("completed" if workflow.state.ended else "running"):
        yield f"the workflow is {workflow.status}, while its state is {workflow.state.state}"
    if must_end and not workflow.state.ended:
        blocked = found.model and found.model.run["blocked_by"]
        yield f"it has not ended: {workflow.state.state}, blocked by {blocked}"
    yield from _accepted(sent, workflow)
    yield from _state(found.journal, workflow.state)


def _accepted(sent: Sequence[Sent], workflow: Workflow) -> Iterator[str]:
    """Every acknowledged act is in Temporal's history. A start may have been answered from SQL alone."""
    for act in sent:
        if act.acknowledgement and act.path != "/runs" and act.command_id not in workflow.accepted:
            yield f"{name_of(act)} was acknowledged, and Temporal never accepted it"


def _state(journal: Sequence[JournalLine], state: RunState) -> Iterator[str]:
    last = journal[-1].seq if journal else 0
    if state.seq != last:
        yield f"the workflow's last number is {state.seq}, the journal's {last}"
    recorded = [ledger_id(row.command_id) for row in journal if row.command_id]
    if state.ledger != recorded:
        yield from _ledger(journal, state)
    decided = {(made.seq, made.by) for approval in state.approvals.values() for made in approval.decisions}
    if decided != (written := {(row.seq, row.actor) for row in journal if row.action == "DecisionMade"}):
        yield f"the workflow knows the decisions {sorted(decided)}, the journal {sorted(written)}"
    for ref, row in _last_of_tasks(journal).items():
        task = state.tasks.get(ref)
        if task is None or not _follows(task, row):
            yield f"task {ref} is {_shown(task)} in the workflow after {row.action} by {row.actor}"


def _ledger(journal: Sequence[JournalLine], state: RunState) -> Iterator[str]:
    recorded = {ledger_id(row.command_id): row for row in journal if row.command_id}
    for known, times in Counter(state.ledger).items():
        if times > 1:
            yield f"the workflow applied the act {known} {times} times"
        if known not in recorded:
            yield f"the workflow applied the act {known}, which is not in the journal"
    for known, row in recorded.items():
        if known not in state.ledger:
            yield f"number {row.seq} ({row.action} by {row.actor}) is in the journal, and the workflow does not know it"
    if sorted(state.ledger) == sorted(recorded):
        yield "the workflow applied the acts in another order than that of the journal"


def _last_of_tasks(journal: Sequence[JournalLine]) -> dict[str, JournalLine]:
    tasks = [row for row in journal if row.object.startswith("task:") and row.action.startswith("Task")]
    return {row.object.partition(":")[2]: row for row in tasks}


def _follows(task: TaskState, row: JournalLine) -> bool:
    """Tell whether a task stands as its last row says; rows that only tell about it leave it open how."""
    match row.action:
        case "TaskOpened":
            return task.state == "open"
        case "TaskStarted":
            return task.state == "in_progress" and task.assignee == row.actor
        case "TaskCompleted":
            return task.state in ("done", "to_verify") and task.done_by == row.actor
        case "TaskVerified":
            return task.state == "done" and task.verified_by == row.actor
    return True


def _shown(task: TaskState | None) -> str:
    if task is None:
        return "not there"
    return f"{task.state} (assignee {task.assignee}, done by {task.done_by}, verified by {task.verified_by})"


# -- read model ------------------------------------------------------------------------------------------------


def in_the_read_model(found: Found) -> Iterator[str]:
    """Say where the read model differs from journal and workflow."""
    model, state = found.model, found.workflow.state if found.workflow else None
    if model is None:
        yield "the read model does not have it"
        return
    for numbers, action in (
        (model.lessons, "LessonAdded"),
        (model.actions, "ActionAdded"),
        (model.comments, "Commented"),
    ):
        written = tuple(row.seq for row in found.journal if row.action == action)
        if numbers != written:
            yield f"the read model has {action} of the numbers {numbers}, the journal of {written}"
    if state is not None:
        yield from _rows_follow(model, state)


def _rows_follow(model: ReadModel, state: RunState) -> Iterator[str]:
    yield from _differences("the run", model.run, _run_columns(state))
    stages = {stage["id"]: stage["state"] for stage in model.run["stages"]}
    if stages != (now := {name: stage.state for name, stage in state.stages.items()}):
        yield f"the read model has the stages {stages}, the workflow {now}"
    for kind, rows, wanted in (
        ("task", model.tasks, {ref: _task_columns(task) for ref, task in state.tasks.items()}),
        ("approval", model.approvals, {ref: _approval_columns(one) for ref, one in state.approvals.items()}),
    ):
        if {*rows} != {*wanted}:
            yield f"read model and workflow do not have the same {kind}s: {sorted({*rows} ^ {*wanted})}"
        for ref in {*rows} & {*wanted}:
            yield from _differences(f"{kind} {ref}", rows[ref], wanted[ref])


def _differences(what: str, row: Columns, wanted: Columns) -> Iterator[str]:
    for column, value in wanted.items():
        if row[column] != value:
            yield f"{what}: the read model has {column} = {row[column]!r}, the workflow {value!r}"


def _run_columns(state: RunState) -> Columns:
    return {
        "state": state.state,
        "weight": state.weight,
        "version": state.release.version,
        "builds": [build.model_dump(mode="json") for build in state.builds],
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "hold_reason": state.hold.words.digest if state.hold and state.hold.words else None,
    }


def _task_columns(task: TaskState) -> Columns:
    return {
        "state": task.state,
        "assignee": task.assignee,
        "opened_at": task.opened_at,
        "due_at": task.clock.due_at if task.clock else None,
        "overdue": task.overdue,
        "done_by": task.done_by,
        "done_at": task.done_at,
        "verified_by": task.verified_by,
        "reason": task.reason,
    }


def _approval_columns(approval: ApprovalState) -> Columns:
    return {
        "state": approval.state,
        "requested_at": approval.requested_at,
        "due_at": approval.clock.due_at if approval.clock else None,
        "expires_at": approval.expires_at,
        "digest": approval.digest,
        "decisions": [decision.model_dump(mode="json") for decision in approval.decisions],
    }
