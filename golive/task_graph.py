"""The task graph: what opens when, when it is due, and what finishing or reopening it does to the others."""

from __future__ import annotations

from datetime import datetime

from golive.clocks import start_clock
from golive.names import public_id
from golive.run import Run
from golive.state import TaskState
from golive.template import Stage, Task
from golive.vocabulary import ACTIVE, FINISHED, Digest
from golive.working_time import add_working, before_working


def open_ready_tasks(run: Run, stage: Stage) -> None:
    """Open those tasks of a stage that wait for nothing any more."""
    for task in stage.tasks:
        open_if_ready(run, f"{stage.id}.{task.key}")


def open_if_ready(run: Run, ref: str) -> None:
    """Open a locked task whose stage is open and whose needs are finished."""
    stage, _ = run.index.tasks[ref]
    state = run.state.tasks[ref]
    if state.state == "locked" and state.unmet == 0 and run.stage(stage.id).state == "open":
        open_task(run, ref)


def open_task(run: Run, ref: str) -> None:
    """Open a task for its function and start its clock."""
    plan, state = run.index.task(ref), run.task(ref)
    state.state = "open"
    state.opened_at = run.now
    _set_due(run, ref, plan, state)
    run.emit(
        "TaskOpened",
        f"task:{ref}",
        title=plan.title,
        function=plan.function,
        due_at=state.clock and state.clock.due_at,
    )


def _set_due(run: Run, ref: str, plan: Task, state: TaskState, since: datetime | None = None) -> None:
    """Start the clock of a task. One that is done again counts `since` then: it is not overdue at once."""
    due_at = due_time(run, ref, plan, since)
    if due_at is not None:
        state.clock = start_clock(run.plan, run.now, due_at)
        run.clocked[ref] = None


def due_time(run: Run, ref: str, plan: Task, since: datetime | None = None) -> datetime | None:
    """Return when an open task is due by the plan, if its date is known; one that is done again counts `since` then."""
    due = plan.due
    if due is None:
        return None
    origin = since or _entry(run, ref)
    if due.before_go_live:
        at = run.plan.go_live_at
        return before_working(run.plan.calendar, at, due.within.days) if at else None
    if due.after:
        done_at = run.state.tasks[due.after].done_at
        if done_at is None:
            return None
        origin = max(origin, done_at) if since else done_at
    return add_working(run.plan.calendar, origin, due.within)


def _entry(run: Run, ref: str) -> datetime:
    """Return when the stage of a task was entered; a back-out task counts from the rollback, which is now."""
    stage = run.index.tasks[ref][0] if ref in run.index.tasks else None
    return (stage and run.stage(stage.id).opened_at) or run.now


def finish(run: Run, ref: str) -> None:
    """Follow a task that became done or not applicable: stop its clock, open what waited for it."""
    state = run.task(ref)
    run.touched[ref] = None
    state.clock, state.overdue = None, False
    run.clocked.pop(ref, None)
    if ref in run.index.back_out:
        _open_next_back_out(run, ref)
        return
    run.stage(run.index.tasks[ref][0].id).remaining -= 1
    for waiting in run.index.dependents[ref]:
        run.state.tasks[waiting].unmet -= 1
        open_if_ready(run, waiting)
    for waiting in run.index.due_after[ref]:
        later = run.state.tasks[waiting]
        if later.state in ACTIVE and later.clock is None:
            _set_due(run, waiting, run.index.task(waiting), run.task(waiting))


def _open_next_back_out(run: Run, ref: str) -> None:
    for waiting in run.index.dependents[ref]:
        later = run.task(waiting)
        later.unmet -= 1
        if later.state == "locked" and later.unmet == 0:
            open_task(run, waiting)


def open_again(run: Run, stage: Stage) -> None:
    """Open a stage again that had passed."""
    stands = run.stage(stage.id)
    if stands.state == "passed":
        stands.state, stands.ended_at = "open", None
        run.emit("StageReopened", f"stage:{stage.id}", stage=stage.title)


def reopen(run: Run, ref: str, why: Digest | None = None) -> None:
    """Open a task again without its former evidence, its stage with it, and lock what has not begun and needs it.

    `why` is the digest of what somebody said to it; it stands with the task until that is done.
    """
    stage, plan = run.index.tasks[ref]
    state, stands = run.task(ref), run.stage(stage.id)
    open_again(run, stage)
    if state.state in FINISHED:
        stands.remaining += 1
        for waiting in run.index.dependents[ref]:
            later = run.state.tasks[waiting]
            later.unmet += 1
            if later.state == "open":
                lock_again(run, waiting)
    run.clocked.pop(ref, None)
    run.touched[ref] = None
    fresh = TaskState(
        unmet=state.unmet, assignee=state.assignee, state="locked" if state.unmet else "open", reason=why
    )
    run.state.tasks[ref] = fresh
    run.given[ref] = {"evidence": (), "items": {}}
    if fresh.state == "open":
        fresh.opened_at = run.now
        _set_due(run, ref, plan, fresh, since=run.now)


def lock_again(run: Run, ref: str) -> None:
    """Lock a task that nobody has begun, since it waits for others again."""
    state = run.task(ref)
    state.state, state.clock, state.overdue = "locked", None, False
    run.clocked.pop(ref, None)


def task_page(run: Run, ref: str) -> str:
    """Return the path of a task's page."""
    return f"/tasks/{public_id(run.state.run_id, ref)}"
