"""Is what golive holds what the people were told? Pure; every violation is one sentence.

An acknowledged act is in the journal once, under the receipt's number and hash, in the order in which people got their
answers, and in the workflow's state and history; the journal has no act that nobody sent; journal, read model and
workflow agree; every history replays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from golive.rules import ledger_id
from golive.state import RunState, TaskState
from tests.chaos.client import TEXTS, Sent
from tests.chaos.found import Columns, Found, JournalLine, ReadModel, Workflow

ACTIONS = {
    "start": {"TaskStarted"},
    "complete": {"TaskCompleted"},
    "verify": {"TaskVerified", "TaskSentBack"},
    "decisions": {"DecisionMade"},
    "comments": {"Commented"},
    "lessons": {"LessonAdded"},
    "actions": {"ActionAdded"},
    "promote": {"RolloutPromoted"},
    "hold": {"RunHeld"},
    "resume": {"RunResumed"},
    "runs": {"RunStarted"},
}
"""What the journal calls an act, by the last word of its path."""

AWAY = 503


def check_run(sent: Sequence[Sent], found: Found, *, must_end: bool = True) -> list[str]:
    """Return what is wrong with a run, as sentences; nothing when all is as it must be."""
    told = [
        *_answers(sent),
        *_acts_are_recorded(sent, found.journal),
        *_recorded_was_sent(sent, found.journal),
        *_order(sent, found.journal),
        *_numbers(found.journal),
        *_workflow(sent, found, must_end=must_end),
        *_read_model(found),
    ]
    if found.audit:
        told.append(f"the chain does not verify: {found.audit}")
    return [f"run {found.run_id}: {sentence}" for sentence in told]


def check_whole(
    sent: Sequence[Sent], admin: Sequence[JournalLine], streams: Collection[str], found: Iterable[str]
) -> list[str]:
    """Return what is wrong beyond single runs: `found` are the runs that were looked at."""
    started = {act.run_id: act for act in sent if act.path == "/runs"}
    looked_at = set(found)
    told = [
        f"run {name} is in the journal, and nobody started it"
        for name in {*streams} - {*started} - {"golive"}
    ]
    told += [
        f"the start of run {run_id} was acknowledged, and there is no such run"
        for run_id, act in started.items()
        if act.acknowledgement and run_id not in looked_at
    ]
    return [
        *told,
        *_answers(act for act in sent if act.run_id is None),
        *_users(sent, admin),
        *_numbers(admin),
    ]


# -- what people were told -------------------------------------------------------------------------------------


def _name(act: Sent) -> str:
    return f"{act.who}'s POST {act.path} [{act.key}]"


def _answers(sent: Iterable[Sent]) -> Iterator[str]:
    for act in sent:
        acknowledged = [answer for answer in act.answers if answer.acknowledges]
        if any(first.body != other.body for first, other in pairwise(acknowledged)):
            yield f"{_name(act)} got two answers"
        if acknowledged and act.refusal:
            yield f"{_name(act)} was acknowledged and refused ({act.refusal.body})"
        for answer in act.answers:
            if answer.status > AWAY or 500 <= answer.status < AWAY:
                yield f"{_name(act)} was answered {answer.status}: {answer.body}"


def _receipt(act: Sent) -> tuple[int, str] | None:
    """Return number and hash as they were told; a run's start tells neither."""
    answer = act.acknowledgement
    return (answer.body["seq"], answer.body["hash"]) if answer and "hash" in answer.body else None


# -- journal ---------------------------------------------------------------------------------------------------


def _acts_are_recorded(sent: Sequence[Sent], journal: Sequence[JournalLine]) -> Iterator[str]:
    rows: dict[str | None, list[JournalLine]] = defaultdict(list)
    for row in journal:
        rows[row.command_id].append(row)
    for act in sent:
        mine = rows[act.command_id]
        if act.refusal and mine:
            yield f"{_name(act)} was refused, and is in the journal as number {mine[0].seq}"
        if act.acknowledgement and len(mine) != 1:
            yield f"{_name(act)} was acknowledged, and is in the journal {len(mine)} times"
        elif act.acknowledgement:
            yield from _as_told(act, mine[0])


def _as_told(act: Sent, row: JournalLine) -> Iterator[str]:
    told = _receipt(act)
    if told and told != (row.seq, row.hash):
        yield f"{_name(act)} was told number {told[0]}, hash {told[1]!r}; the journal has {row.seq}, {row.hash!r}"
    if act.read_back is not None and act.read_back != row.hash:
        yield f"{_name(act)} was acknowledged, and the next read did not show it"
    *_, about, word = ("", *act.path.split("/"))
    if row.action not in ACTIONS.get(word, {row.action}):
        yield f"{_name(act)} is in the journal as {row.action}"
    if row.object.startswith(("task:", "approval:")) and not about.endswith(
        f".{row.object.partition(':')[2]}"
    ):
        yield f"{_name(act)} is in the journal for {row.object}"


def _recorded_was_sent(sent: Sequence[Sent], journal: Sequence[JournalLine]) -> Iterator[str]:
    known = {act.command_id: act for act in sent}
    for row in journal:
        act = known.get(row.command_id or "")
        if act is None and (row.actor_kind == "person" or row.command_id):
            yield f"number {row.seq} ({row.action}) of {row.actor} is in the journal, and nobody sent it"
        elif act is not None and row.actor != act.who:
            yield f"{_name(act)} is in the journal as an act of {row.actor}"
    said = Counter(key for row in journal for key in _keys(row, known.values()))
    for act in sent:
        if said[act.key] > 1:
            yield f"what {_name(act)} says is in the journal {said[act.key]} times"


def _keys(row: JournalLine, sent: Iterable[Sent]) -> set[str]:
    """Return the keys of the acts whose own text the row holds."""
    marked = {text.rpartition("[")[2].rstrip("]") for text in row.said}
    return {act.key for act in sent if act.key in marked and any(name in act.body for name in TEXTS)}


def _order(sent: Sequence[Sent], journal: Sequence[JournalLine]) -> Iterator[str]:
    """An act that was sent after another one was acknowledged has the greater number."""
    numbers = {row.command_id: row.seq for row in journal}
    acknowledged = [
        (act, act.acknowledgement.at, numbers[act.command_id])
        for act in sent
        if act.acknowledgement and act.command_id in numbers
    ]
    for act, _, seq in acknowledged:
        for other, told_at, later in acknowledged:
            if told_at < act.since and later > seq:
                yield f"{_name(act)} is number {seq}, though {_name(other)}, {later}, was acknowledged before it"


def _numbers(journal: Sequence[JournalLine]) -> Iterator[str]:
    numbers = [row.seq for row in journal]
    if not numbers:
        yield "the journal is empty"
    elif numbers != list(range(1, len(numbers) + 1)):
        yield f"the numbers of the journal have gaps or repetitions: {len(numbers)} rows up to {numbers[-1]}"


def _users(sent: Sequence[Sent], admin: Sequence[JournalLine]) -> Iterator[str]:
    added = Counter(row.object for row in admin if row.action == "UserAdded" and row.actor_kind == "person")
    invited = {f"user:{act.body['name']}": act for act in sent if act.path == "/users"}
    for name, act in invited.items():
        if added[name] > 1 or (act.acknowledgement and not added[name]):
            yield f"{_name(act)} added {name} {added[name]} times"
    for name in {*added} - {*invited}:
        yield f"{name} was added, and nobody asked for it"


# -- workflow --------------------------------------------------------------------------------------------------


def _workflow(sent: Sequence[Sent], found: Found, *, must_end: bool) -> Iterator[str]:
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
            yield f"{_name(act)} was acknowledged, and Temporal never accepted it"


def _state(journal: Sequence[JournalLine], state: RunState) -> Iterator[str]:
    last = journal[-1].seq if journal else 0
    if state.seq != last:
        yield f"the workflow's last number is {state.seq}, the journal's {last}"
    recorded = [ledger_id(row.command_id) for row in journal if row.command_id]
    if state.ledger != recorded:
        yield from _ledger(journal, state)
    decided = {
        (seq, by) for approval in state.approvals.values() for seq, by in _decisions(approval.decisions)
    }
    if decided != (written := {(row.seq, row.actor) for row in journal if row.action == "DecisionMade"}):
        yield f"the workflow knows the decisions {sorted(decided)}, the journal {sorted(written)}"
    for ref, row in _last_of_tasks(journal).items():
        if not _follows(state.tasks[ref], row):
            yield f"task {ref} is {_shown(state.tasks[ref])} in the workflow after {row.action} by {row.actor}"


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


def _decisions(decisions: Iterable[Any]) -> Iterator[tuple[int, str]]:
    for decision in decisions:
        yield decision.seq, decision.by


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


def _shown(task: TaskState) -> str:
    return f"{task.state} (assignee {task.assignee}, done by {task.done_by}, verified by {task.verified_by})"


# -- read model ------------------------------------------------------------------------------------------------


def _read_model(found: Found) -> Iterator[str]:
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
        "reason": task.reason.digest if task.reason else None,
    }


def _approval_columns(approval: Any) -> Columns:
    return {
        "state": approval.state,
        "requested_at": approval.requested_at,
        "due_at": approval.clock.due_at if approval.clock else None,
        "expires_at": approval.expires_at,
        "digest": approval.digest,
        "decisions": [decision.model_dump(mode="json") for decision in approval.decisions],
    }
