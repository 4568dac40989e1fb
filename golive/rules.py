"""The rules of a run: one pure function per thing that can reach it. Everything else calls these.

begin      a plan becomes a run
check      why an act is refused, if it is; changes nothing
apply      an act happens
advance    the clock has moved
...        an effect reports: `answered`, `shifted`, `returned`, `watched`, `measured`, `looked`, `reported`, `told`
"""

from __future__ import annotations

from datetime import datetime

from golive import (
    acts,
    amendment,
    break_glass,
    ending,
    looked_up,
    panel,
    service_lock,
    stages,
    waivers,
)
from golive import commands as c
from golive.act_table import HANDLERS
from golive.asking import keep_requests
from golive.directory import Directory
from golive.effects import (
    LookUp,
    Measure,
    Measured,
    Notify,
    ReportWritten,
    ReturnTraffic,
    Shifted,
    ShiftTraffic,
    Verdict,
    Watch,
    WriteReport,
)
from golive.engine import ENDS_STAGES_FIRST
from golive.errors import Conflict, Refused
from golive.expiry import next_expiry
from golive.gates import measured as judge_measured
from golive.ladders import ring
from golive.permissions import REQUIRED
from golive.recording import Build, Recorded, Start
from golive.run import Run
from golive.stages import Processes, settle
from golive.state import ApprovalState, RunState, StageState, TaskState
from golive.words import N_


def begin(start: Start, now: datetime) -> Run:
    """Return the run of an authenticated start, scheduled and with nothing opened yet."""
    state = RunState(run_id=start.run_id, started_by=start.actor.name, engine=start.engine)
    state.started_at = now
    state.builds = [Build(n=1, release=start.plan.release, at=now, by=start.actor.name)]
    for stage in start.plan.stages:
        state.stages[stage.id] = StageState(remaining=len(stage.tasks))
        for task in stage.tasks:
            state.tasks[f"{stage.id}.{task.key}"] = TaskState(unmet=len(task.needs))
        for task in stage.on_rollback:
            state.tasks[f"{stage.id}.{task.key}"] = TaskState()
        for approval in stage.approvals:
            state.approvals[f"{stage.id}.{approval.key}"] = ApprovalState()
    run = Run(state, start.plan, now)
    run.actor, run.command_id = start.actor, start.command_id
    run.emit(
        "RunStarted",
        title=start.plan.title,
        template=start.plan.template,
        version=start.plan.template_version,
    )
    state.ledger.append(ledger_id(start.command_id))
    run.changed_approvals.update(dict.fromkeys(state.approvals))
    run.actor = c.GOLIVE
    return run


def ledger_id(command_id: str) -> str:
    """Return the 96 bits of a command id that the ledger keeps: enough to tell acts apart, short for 1,000 tasks."""
    return command_id[:24]


# -- acts ----------------------------------------------------------------------------------------------------


def check(run: Run, command: c.Command, now: datetime) -> None:
    """Raise why the act is refused `now`. Changes nothing: what the run takes for now is put back."""
    before, run.now = run.now, now
    try:
        _check(run, command)
    finally:
        run.now = before


def _check(run: Run, command: c.Command) -> None:
    actor, body = command.actor, command.body
    if run.state.ended:
        raise Conflict(
            "run_ended", N_("The run has ended {state}; it takes no more acts."), state=run.state.state
        )
    if run.state.closing:
        raise Conflict(
            "run_ended",
            N_("The run is ending and its final report is being written; it takes no more acts."),
        )
    _check_actor(run, actor, body.do)
    if run.state.ending is not None and body.do not in _WHILE_ENDING:
        raise Conflict("run_ending", N_("The run is ending: {cause}."), cause=run.state.ending.cause)
    if isinstance(body, c.NewBuild):
        acts.check_new_build(run, body)
    else:
        HANDLERS[type(body)].check(run, actor, body)


_WHILE_ENDING = [
    "start_task",
    "complete_task",
    "verify_task",
    "block_task",
    "not_applicable",
    "reassign_task",
    "comment",
    "abort",
    "rollback",
    "add_lesson",
    "add_action",
    "close_action",
]


def _check_actor(run: Run, actor: c.Actor, act: str) -> None:
    if not actor.enabled:
        raise Refused("disabled", N_("{who} is disabled; ask an administrator."), who=actor.name)
    needed = REQUIRED[act]
    if actor.kind != "system" and not set(needed) & set(actor.roles):
        raise Refused(
            "role_missing",
            N_(
                "{who} may not do this; it needs the role {roles}. Of those who take part it is asked of: {others}; an "
                "administrator grants it."
            ),
            who=actor.name,
            roles=" / ".join(needed),
            others=", ".join(run.plan.holders(needed)) or "—",
        )


def apply(run: Run, command: c.Command, now: datetime, processes: Processes) -> int:
    """Let the act happen, all at once, and return the number of its event. `check` must have passed."""
    run.now, run.actor, run.command_id = now, command.actor, command.id
    body, number = command.body, run.state.seq + 1
    if isinstance(body, c.NewBuild):
        acts.replace_build(run, command.actor, body, processes)
    else:
        HANDLERS[type(body)].act(run, command.actor, body)
    run.command_id = None
    run.state.ledger.append(ledger_id(command.id))
    _settle(run, processes)
    run.actor = c.GOLIVE
    return number


# -- the clock -----------------------------------------------------------------------------------------------


def advance(run: Run, now: datetime, processes: Processes) -> None:
    """Do what is due: reminders, escalations, expiries, the ends of pauses, and what they let happen."""
    run.now, run.command_id = now, None
    _start_if_due(run)
    if run.state.state == "running" or run.state.ending is not None:
        ring(run)
    _settle(run, processes)


def _start_if_due(run: Run) -> None:
    if run.state.state == "scheduled" and (run.plan.start_at is None or run.plan.start_at <= run.now):
        run.state.state = "running"
        if run.plan.lessons and not any(stage.opened_at for stage in run.state.stages.values()):
            run.emit("LessonsShown", count=len(run.plan.lessons))


def _settle(run: Run, processes: Processes) -> None:
    _start_if_due(run)
    if run.moving:
        waivers.turn(run)
        amendment.turn(run)
    settle(run, processes)
    if run.state.ending is not None:
        amendment.close(run)
    ending.advance(run)
    if run.state.ending is not None and run.state.ending.traffic == "wanted" and not run.state.lock.held:
        service_lock.want(run)
    keep_requests(run)
    _close(run)


def _close(run: Run) -> None:
    """Write the final report once nothing is left to do; the run ends when it is written."""
    state = run.state
    if state.closing or state.ended or not break_glass.reviewed(run):
        return
    if state.ending is not None and ending.done(run):
        state.closing = "aborted"
    elif state.hold is None and all(stage.state in ("passed", "skipped") for stage in state.stages.values()):
        state.closing = "completed"
    else:
        return
    waivers.close(run)
    amendment.close(run)
    if state.engine >= ENDS_STAGES_FIRST:
        _end_stages(run)
    if state.lock.held or state.lock.wanted:
        service_lock.give_back(run)
    key = f"{state.run_id}/report/final"
    run.ask(WriteReport(key=key, run_id=state.run_id, stage="final", outcome=state.closing))


def next_due(run: Run, processes: Processes) -> datetime | None:
    """Return the next moment at which something is due by the clock, or None."""
    state = run.state
    moments = [state.lock.look_at if state.lock.wanted else None]
    if state.ending is not None:
        moments.append(state.ending.confirm_at if state.ending.traffic == "returned" else None)
        moments.append(run.docket.next_ring())
    elif state.state == "scheduled":
        moments.append(run.plan.start_at)
    elif run.moving:
        moments.append(run.docket.next_ring())
        moments += waivers.turns(run)
        moments.append(state.amendment.expires_at if state.amendment else None)
        for ref, approval in state.approvals.items():
            if approval.state == "pending":
                moments += [next_expiry(run, ref), approval.clock.next_at if approval.clock else None]
                moments += panel.turns(approval)
        for stage in run.plan.stages:
            moments += stages.next_due(run, stage, processes[stage.process])
    return min((moment for moment in moments if moment is not None), default=None)


# -- what effects report -------------------------------------------------------------------------------------


def answered(run: Run, answer: Recorded, now: datetime, processes: Processes) -> None:
    """Follow what `record` said about the service lock."""
    run.now = now
    if answer.lock_holder is not None:
        service_lock.answered(run, answer)
        _settle(run, processes)


def shifted(run: Run, effect: ShiftTraffic, result: Shifted, now: datetime, processes: Processes) -> None:
    """Follow a shift of traffic."""
    run.now = now
    stage = run.index.stages[effect.stage]
    processes[stage.process].shifted(run, stage, effect, result)
    _settle(run, processes)


def returned(run: Run, effect: ReturnTraffic, result: Shifted, now: datetime, processes: Processes) -> None:
    """Follow the return of traffic to stable."""
    run.now = now
    ending.returned(run, effect, result)
    _settle(run, processes)


def watched(run: Run, effect: Watch, result: Verdict, now: datetime, processes: Processes) -> None:
    """Follow the verdict of a watch."""
    run.now = now
    stage = run.index.stages[effect.stage]
    processes[stage.process].watched(run, stage, effect, result)
    _settle(run, processes)


def measured(run: Run, effect: Measure, result: Measured, now: datetime, processes: Processes) -> None:
    """Follow the measurement of a gate's check."""
    run.now = now
    judge_measured(run, effect, result)
    _settle(run, processes)


def told(run: Run, effect: Notify, outcome: str, now: datetime) -> None:
    """Journal what became of a notification; where nobody was told anything there is nothing to keep."""
    run.now = now
    if effect.to:
        run.emit("NotificationSent", to=effect.to, outcome=outcome, key=effect.key)


def looked(run: Run, effect: LookUp, directory: Directory, now: datetime, processes: Processes) -> None:
    """Follow what the directory says of those who sign."""
    run.now = now
    if not run.state.ended:
        looked_up.looked(run, effect, directory)
        _settle(run, processes)


def reported(
    run: Run, effect: WriteReport, result: ReportWritten, now: datetime, processes: Processes
) -> None:
    """Follow a written report; the final one ends the run."""
    run.now = now
    run.emit("ReportWritten", kind=effect.stage, report=result.digest)
    if effect.stage == "final":
        _end(run)
        return
    for stage in run.plan.stages:
        if run.stage(stage.id).state == "open":
            processes[stage.process].reported(run, stage, effect, result)
    _settle(run, processes)


def _end_stages(run: Run) -> None:
    state = run.state
    for stage in run.plan.stages:
        if state.stages[stage.id].state == "locked":
            state.stages[stage.id].state = "skipped"
            run.emit("StageSkipped", f"stage:{stage.id}", stage=stage.title)
        elif state.stages[stage.id].state == "open":
            state.stages[stage.id].state, state.stages[stage.id].ended_at = "failed", run.now
            run.emit("StageFailed", f"stage:{stage.id}", stage=stage.title)


def _end(run: Run) -> None:
    _end_stages(run)
    state = run.state
    state.state = "completed" if state.closing == "completed" else "aborted"
    state.ended_at = run.now
    run.emit("RunCompleted" if state.state == "completed" else "RunAborted")
