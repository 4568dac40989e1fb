"""Brings a run to another plan: what the change touches is opened again, everything else stays as it stands."""

from __future__ import annotations

from collections.abc import Sequence

from golive import dates, sign_off
from golive.asking import ask_to_decide, close_request
from golive.looking_up import forget_looks, look_up
from golive.plan import Plan
from golive.plan_changes import Signable, changed_checks, checks_of, same_rules, same_work
from golive.recording import DecisionView
from golive.run import Index, Run
from golive.signers import covered, seats_of, standing, waiting_for
from golive.sources import all_named
from golive.standing import before_traffic
from golive.state import ApprovalState, StageState, TaskState
from golive.subject import planned
from golive.task_graph import lock_again, open_again, open_ready_tasks, reopen
from golive.template import Stage
from golive.vocabulary import ACTIVE, FINISHED
from golive.waivers import end_waivers
from golive.words import N_, say


def follow_plan(run: Run, plan: Plan) -> None:
    """Let the run follow `plan`, at once. `amendable.check_amendable` must have passed."""
    before, now, moved = run.index, Index(plan), dates.planned_dates(run)
    signed = {ref: planned(run, *run.index.approvals[ref]) for ref in before.approvals}
    awaited = {ref: waiting_for(run, a, run.state.approvals[ref]) for ref, (_, a) in before.approvals.items()}
    end_waivers(run, _checks_touched(before, now))
    _drop(run, now)
    _add(run, now)
    former = run.plan
    forget_looks(run)
    run.follow(plan)
    run.state.plan_version += 1
    _count(run)
    _open_stages(run, before)
    _work_again(run, before, former)
    dates.move_dates(run, former, moved)
    _keep_signed(run, before, former, signed)
    sign_off.refresh(run, everything=True)
    _follow_people(run, former, awaited)
    _tell_the_read_model(run)


def _checks_touched(before: Index, now: Index) -> set[str]:
    """Return the checks, `STAGE/GATE.CHECK`, that are gone or judged otherwise."""
    touched: set[str] = set()
    for stage in before.stages.values():
        later = now.stages.get(stage.id)
        keys = changed_checks(stage, later) if later else checks_of(stage)
        touched.update(f"{stage.id}/{key}" for key in keys)
    return touched


# -- what is gone and what is new ----------------------------------------------------------------------------


def _drop(run: Run, now: Index) -> None:
    """Forget what the plan does not have any more; SQL keeps it, marked."""
    state = run.state
    for ref in [ref for ref in state.tasks if _kind(run.index, ref) != _kind(now, ref)]:
        del state.tasks[ref]
    for ref in [ref for ref in state.approvals if ref not in now.approvals]:
        title = run.index.approvals[ref][1].title
        close_request(run, ref, say(N_("“{title}” is in the plan of the run no more."), title=title))
        del state.approvals[ref]
    for stage_id in [stage_id for stage_id in state.stages if stage_id not in now.stages]:
        del state.stages[stage_id]
    for stage_id, stage in state.stages.items():
        for key in changed_checks(run.index.stages[stage_id], now.stages[stage_id]):
            stage.checks.pop(key, None)


def _kind(index: Index, ref: str) -> str | None:
    if ref in index.tasks:
        return "task"
    return "back_out" if ref in index.back_out else None


def _add(run: Run, now: Index) -> None:
    for stage_id in now.stages:
        run.state.stages.setdefault(stage_id, StageState())
    for ref in (*now.tasks, *now.back_out):
        run.state.tasks.setdefault(ref, TaskState())
    for ref in now.approvals:
        run.state.approvals.setdefault(ref, ApprovalState())


def _count(run: Run) -> None:
    """Count anew what tasks wait for, and what stages have left, as at the start."""
    tasks = run.state.tasks
    for stage in run.plan.stages:
        refs = [f"{stage.id}.{task.key}" for task in stage.tasks]
        run.stage(stage.id).remaining = sum(tasks[ref].state not in FINISHED for ref in refs)
        for task, ref in zip(stage.tasks, refs, strict=True):
            tasks[ref].unmet = sum(tasks[need].state not in FINISHED for need in task.needs)


# -- stages and tasks ----------------------------------------------------------------------------------------


def _open_stages(run: Run, before: Index) -> None:
    """Open again what had passed and has more to do, or to judge, than before."""
    for stage in run.plan.stages:
        former = before.stages.get(stage.id)
        if former is not None and _has_more(former, stage):
            open_again(run, stage)


def _has_more(former: Stage, stage: Stage) -> bool:
    tasks, approvals = {task.key for task in former.tasks}, {each.key for each in former.approvals}
    exits = checks_of(stage, "exit")
    return (
        any(task.key not in tasks for task in stage.tasks)
        or any(each.key not in approvals for each in stage.approvals)
        or any(key in exits for key in changed_checks(former, stage))
    )


def _work_again(run: Run, before: Index, former: Plan) -> None:
    """Open again what was done and is asked for otherwise, and let tasks wait for what they need now."""
    for ref, (_, task) in run.index.tasks.items():
        if ref not in before.tasks:
            continue
        if not same_work(before.tasks[ref][1], task):
            _ask_again(run, ref, before)
        _give_back(run, ref, former)
    for ref in run.index.tasks:
        if run.state.tasks[ref].state == "open" and run.state.tasks[ref].unmet:
            lock_again(run, ref)
    for stage in run.plan.stages:
        if run.stage(stage.id).state == "open":
            open_ready_tasks(run, stage)


def _ask_again(run: Run, ref: str, before: Index) -> None:
    """Let a task that is asked for otherwise begin anew if it was done, and with its function if that is another."""
    state, task = run.task(ref), run.index.task(ref)
    if before.task(ref).function != task.function:
        state.assignee = None
        state.state = "open" if state.state in ACTIVE else state.state
    if state.state in (*FINISHED, "to_verify"):
        run.emit("TaskReopened", f"task:{ref}", title=task.title)
        reopen(run, ref)


def _give_back(run: Run, ref: str, former: Plan) -> None:
    """Offer a task to its function again when whoever had it was taken out of that."""
    state, task = run.state.tasks[ref], run.index.task(ref)
    who = state.assignee
    removed = who in former.members(task.function) and who not in run.plan.members(task.function)
    if removed and state.state in ACTIVE:
        run.task(ref).assignee, state.state = None, "open"
        run.emit("TaskReassigned", f"task:{ref}", title=task.title, to=task.function)


# -- approvals -----------------------------------------------------------------------------------------------


def _keep_signed(run: Run, before: Index, plan: Plan, signed: dict[str, dict[str, object]]) -> None:
    """Let what was signed of the plan stand where it was not touched, and fall where it was."""
    former, signable = Signable(before, plan), Signable(run.index, run.plan)
    for ref, (stage, approval) in run.index.approvals.items():
        if ref not in before.approvals:
            continue
        state = run.state.approvals[ref]
        if signable.of(ref) == former.of(ref) or _under_traffic(run, stage):
            stands = state.state in ("pending", "approved") or standing(state)
            state.planned = signed[ref] if stands else None
            continue
        state.planned = None
        if not same_rules(before.approvals[ref][1], approval):
            _begin_anew(run, ref)
        elif state.state not in ("pending", "approved"):
            _let_go(run, ref, [each for each in standing(state) if "plan" in covered(approval, each)])


def _under_traffic(run: Run, stage: Stage) -> bool:
    """Tell whether what was signed for a stage stands, because traffic has moved on it."""
    return run.state.shifted is not None and before_traffic(run.index, stage)


def _begin_anew(run: Run, ref: str) -> None:
    """Let every decision go: they were counted under rules that are no longer asked."""
    state = run.approval(ref)
    if state.state in ("pending", "approved"):
        sign_off.ask_anew(run, ref, ("plan",), standing(state))
    else:
        _let_go(run, ref, standing(state))


def _let_go(run: Run, ref: str, gone: Sequence[DecisionView]) -> None:
    """Let decisions on an approval that is not open go, and say so in the journal, by which receipts are judged."""
    if gone:
        sign_off.let_go(run.approval(ref), gone)
        title = run.index.approvals[ref][1].title
        run.emit("DecisionsStale", f"approval:{ref}", title=title, changed=("plan",))


def _follow_people(run: Run, former: Plan, awaited: dict[str, tuple[str, ...]]) -> None:
    """Let decisions of those go who were taken out, and ask those who came in."""
    for ref, (stage, approval) in run.index.approvals.items():
        state = run.state.approvals[ref]
        sources = [rule.source for rule in approval.rules]
        others = [each for each in sources if _signers(former, each) != _signers(run.plan, each)]
        if not others or _under_traffic(run, stage):
            continue
        state.found = {source: names for source, names in state.found.items() if source not in others}
        seats = seats_of(run, approval, state, [each.by for each in standing(state)])
        able = {name for each in seats for name in each.able}
        gone = [each for each in standing(state) if each.by not in able]
        if state.state == "pending":
            _let_leavers_go(run, ref, gone)
            _ask_the_new(run, ref, awaited.get(ref, ()))
        elif _falls(run, ref):
            sign_off.ask_anew(run, ref, ("plan",), gone)


def _let_leavers_go(run: Run, ref: str, gone: Sequence[DecisionView]) -> None:
    """Let the decisions of those go who were taken out. The journal tells of each, since receipts are judged by it."""
    _, approval = run.index.approvals[ref]
    sign_off.let_go(run.approval(ref), gone)
    asked = all_named([rule.source for rule in approval.rules])
    why = say(N_("does not act in {functions} in this run"), functions=asked)
    for each in gone:
        run.emit("SignerLeft", f"approval:{ref}", title=approval.title, who=each.by, why=why)


def _falls(run: Run, ref: str) -> bool:
    """Tell whether an approval was granted by its rules and no longer would be."""
    state = run.state.approvals[ref]
    granted = state.state == "approved" and state.glass_broken_by is None
    return granted and not sign_off.is_met(run, run.index.approvals[ref][1], state)


def _signers(plan: Plan, function: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return plan.members(function), plan.signers(function)


def _ask_the_new(run: Run, ref: str, awaited: tuple[str, ...]) -> None:
    stage, approval = run.index.approvals[ref]
    state = run.approval(ref)
    if sign_off.is_met(run, approval, state):
        sign_off.grant(run, stage, approval)
        return
    names = waiting_for(run, approval, state)
    ask_to_decide(run, ref, [name for name in names if name not in awaited])
    sign_off.hold_if_nobody_can(run, ref)
    look_up(run, ref, "again")


def _tell_the_read_model(run: Run) -> None:
    """Let the rows of everything that waits be written again: whom it waits for, and until when."""
    for ref in run.docket.awaited():
        run.changed_tasks[ref] = None
    for ref in run.index.approvals:
        run.changed_approvals[ref] = None
