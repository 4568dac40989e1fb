"""The life of a stage, which is the same for every process: locked, open, passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from golive import service_lock
from golive.gates import forget_measured, judge_gates, next_judgement
from golive.looking_up import confirmed
from golive.process import Process
from golive.run import Run
from golive.sign_off import ask_ready, refresh
from golive.task_graph import open_again, open_ready_tasks
from golive.template import Stage
from golive.template_rollouts import ApprovalStep
from golive.words import N_, say

Processes = Mapping[str, Process]


def settle(run: Run, processes: Processes) -> None:
    """Let every stage go as far as it can, until nothing more happens.

    Stages stand in topological order, so the second pass finds nothing unless something moved back.
    """
    before = -1
    while run.moving and before != run.state.seq:
        before = run.state.seq
        refresh(run)
        for stage in run.plan.stages:
            _advance(run, stage, processes[stage.process])


def _advance(run: Run, stage: Stage, process: Process) -> None:
    """Open, work, pass; each only while the run goes on, since any of them may stop it."""
    for step in (_try_to_open, _work, _try_to_pass):
        if run.moving:
            step(run, stage, process)


def _try_to_open(run: Run, stage: Stage, process: Process) -> None:
    if run.stage(stage.id).state == "locked" and needs_met(run, stage) and judge_gates(run, stage, "entry"):
        _open(run, stage, process)


def _work(run: Run, stage: Stage, process: Process) -> None:
    if run.stage(stage.id).state == "open":
        judge_gates(run, stage, "exit", measure=False)
        ask_ready(run, stage)
        if needs_met(run, stage):
            process.advance(run, stage)


def _try_to_pass(run: Run, stage: Stage, process: Process) -> None:
    if run.stage(stage.id).state == "open" and _may_pass(run, stage, process):
        _pass(run, stage)


def needs_met(run: Run, stage: Stage) -> bool:
    """Tell whether every stage before this one has passed, and has not been opened again since."""
    return all(run.stage(need).state in ("passed", "skipped") for need in run.index.before[stage.id])


def _open(run: Run, stage: Stage, process: Process) -> None:
    state = run.stage(stage.id)
    state.state, state.opened_at = "open", run.now
    run.emit("StageOpened", f"stage:{stage.id}", stage=stage.title)
    open_ready_tasks(run, stage)
    process.enter(run, stage)


def _may_pass(run: Run, stage: Stage, process: Process) -> bool:
    return (
        only_gates_left(run, stage)
        and judge_gates(run, stage, "exit")
        and process.finished(run, stage)
        and _all_confirmed(run, stage)
    )


def _all_confirmed(run: Run, stage: Stage) -> bool:
    """Tell whether all who signed here can still sign; every approval that is not sure of it asks at once.

    What a rollout has gone on from is no longer asked: traffic has moved on it.
    """
    steps = stage.rollout.steps if stage.rollout else ()
    passed = {step.approval for step in steps if isinstance(step, ApprovalStep)}
    left = [approval for approval in stage.approvals if approval.key not in passed]
    sure = [confirmed(run, f"{stage.id}.{approval.key}") for approval in left]
    return all(sure)


def only_gates_left(run: Run, stage: Stage) -> bool:
    """Tell whether tasks and approvals are through, so that metrics of the exit gates are measured."""
    if not needs_met(run, stage) or run.stage(stage.id).remaining:
        return False
    approvals = (run.state.approvals[f"{stage.id}.{approval.key}"] for approval in stage.approvals)
    return all(approval.state == "approved" for approval in approvals)


def next_due(run: Run, stage: Stage, process: Process) -> list[datetime]:
    """Return the moments at which the clock lets the stage go on: only those at which it does go on."""
    state, ready = run.stage(stage.id).state, needs_met(run, stage)
    if state == "locked":
        return next_judgement(run, stage, "entry", measure=True) if ready else []
    if state != "open":
        return []
    due = process.due(run, stage) if ready else None
    moments = next_judgement(run, stage, "exit", measure=only_gates_left(run, stage))
    return moments if due is None else [*moments, due]


def _pass(run: Run, stage: Stage) -> None:
    state = run.stage(stage.id)
    state.state, state.ended_at = "passed", run.now
    run.touched[stage.id] = None
    run.emit("StagePassed", f"stage:{stage.id}", stage=stage.title)
    if stage.rollout and all(
        run.stage(other.id).state in ("passed", "skipped") for other in run.plan.stages if other.rollout
    ):
        service_lock.give_back(run)


def new_build(run: Run, processes: Processes) -> None:
    """Let every stage that was reached follow a new build: what was measured on the former one does not count."""
    for stage in run.plan.stages:
        if run.stage(stage.id).state not in ("open", "passed"):
            continue
        if forget_measured(run, stage):
            open_again(run, stage)
        processes[stage.process].new_build(run, stage)
    run.tell(
        run.plan.everybody(),
        say(
            N_("“{title}” has a new build: {version}."),
            title=run.title,
            version=run.state.release.version,
        ),
        f"/runs/{run.state.run_id}",
    )
