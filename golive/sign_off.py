"""Approvals: who may decide, when the rules are met, and what a changed subject does to decisions."""

from __future__ import annotations

from golive.clocks import start_clock
from golive.commands import Actor, Decide
from golive.errors import Conflict, Invalid, NotFound, Refused
from golive.names import public_id
from golive.recording import DecisionView
from golive.run import Run
from golive.signers import barred, eligible, rule_views, waiting_for
from golive.standing import returnable, why_not
from golive.state import ApprovalState, HoldState
from golive.subject import difference, part_digests, subject_of, whole_digest
from golive.task_graph import open_again, reopen, task_page
from golive.tasks import traffic_moved_on
from golive.template import Approval, ApprovalStep, Stage
from golive.vocabulary import FINISHED, ApprovalStateName
from golive.words import N_, Sentence, Words, say
from golive.working_time import add_working

# -- asking --------------------------------------------------------------------------------------------------


def ask_ready(run: Run, stage: Stage) -> None:
    """Ask for the approvals of a stage whose time has come."""
    for approval in stage.approvals:
        ref = f"{stage.id}.{approval.key}"
        state = run.state.approvals[ref]
        if state.again and state.state != "pending" and _ready(run, stage, approval):
            request(run, stage, approval)


def _ready(run: Run, stage: Stage, approval: Approval) -> bool:
    if any(run.stage(need).state not in ("passed", "skipped") for need in run.index.before[stage.id]):
        return False
    if not _reached(run, stage, approval):
        return False
    redo = run.state.approvals[f"{stage.id}.{approval.key}"].redo
    if redo is not None and run.state.tasks[redo].state not in FINISHED:
        return False
    if approval.after is None:
        return run.stage(stage.id).remaining == 0
    return all(run.state.tasks[ref].state in FINISHED for ref in approval.after)


def _reached(run: Run, stage: Stage, approval: Approval) -> bool:
    """Tell whether a rollout that has a step for this approval has come to that step."""
    steps = stage.rollout.steps if stage.rollout else ()
    if not any(isinstance(step, ApprovalStep) and step.approval == approval.key for step in steps):
        return True
    rollout = run.stage(stage.id).rollout
    if rollout is None or rollout.phase != "approving":
        return False
    step = steps[rollout.step]
    return isinstance(step, ApprovalStep) and step.approval == approval.key


def request(run: Run, stage: Stage, approval: Approval) -> None:
    """Ask for decisions on the subject as it now is; former decisions no longer stand."""
    ref = f"{stage.id}.{approval.key}"
    state = run.approval(ref)
    state.decisions = [decision.model_copy(update={"stale": True}) for decision in state.decisions]
    state.state, state.again, state.redo, state.round = "pending", False, None, state.round + 1
    state.requested_at = run.now
    _bind(run, stage, approval, ref, state)
    calendar = run.plan.calendar
    state.clock = (
        start_clock(run.plan, run.now, add_working(calendar, run.now, approval.due)) if approval.due else None
    )
    state.expires_at = add_working(calendar, run.now, approval.expires_in) if approval.expires_in else None
    names = waiting_for(run, approval, state)
    run.emit(
        "ApprovalRequested",
        f"approval:{ref}",
        title=approval.title,
        waiting_for=names,
        round=state.round,
        subject=state.digest,
    )
    run.tell(names, say(N_("Please decide on “{title}”."), title=approval.title), approval_page(run, ref))


def approval_page(run: Run, ref: str) -> str:
    """Return the path of an approval's page."""
    return f"/approvals/{public_id(run.state.run_id, ref)}"


def _bind(run: Run, stage: Stage, approval: Approval, ref: str, state: ApprovalState) -> None:
    subject = subject_of(run, stage, approval)
    state.parts = part_digests(subject)
    state.digest = whole_digest(state.parts)
    state.seen[state.digest] = dict(state.parts)
    run.subjects[ref] = subject


# -- deciding ------------------------------------------------------------------------------------------------


def check_decide(run: Run, actor: Actor, act: Decide) -> None:
    """Raise why `actor` may not decide so, on this digest, now."""
    try:
        _, approval = run.index.approvals[act.approval]
    except KeyError:
        raise NotFound(
            "unknown_approval", N_("This run has no approval “{approval}”."), approval=act.approval
        ) from None
    state = run.state.approvals[act.approval]
    if state.state != "pending":
        raise Conflict(
            "approval_closed",
            N_("“{title}” is {state}; nobody is asked now."),
            title=approval.title,
            state=state.state,
        )
    _check_person(run, actor, approval, state)
    _check_digest(act, approval, state)
    _check_words(run, act, approval)


def _check_person(run: Run, actor: Actor, approval: Approval, state: ApprovalState) -> None:
    if any(decision.by == actor.name and not decision.stale for decision in state.decisions):
        raise Conflict(
            "already_decided",
            N_("You have already decided on “{title}”; a sign-off needs distinct persons: {others}."),
            title=approval.title,
            others=", ".join(waiting_for(run, approval, state)) or "—",
        )
    why = why_not(
        actor.name, actor.functions, approval.rules, run.plan.members, lambda rule: barred(run, rule)
    )
    if not why:
        return
    raise Refused(
        "may_not_sign",
        N_("{who} may not sign “{title}”: {who} {why}. Awaited: {others}."),
        who=actor.name,
        title=approval.title,
        why=why[0],
        others=", ".join(waiting_for(run, approval, state)) or "—",
    )


def _check_digest(act: Decide, approval: Approval, state: ApprovalState) -> None:
    if act.digest == state.digest:
        return
    known = state.seen.get(act.digest)
    if known is None:
        raise Conflict(
            "stale_subject",
            N_(
                "“{title}” was never shown with this digest; read it and decide on the digest that it has now."
            ),
            facts={"digest": state.digest, "changed": []},
            title=approval.title,
        )
    changed = difference(known, state.parts)
    raise Conflict(
        "stale_subject",
        N_(
            "“{title}” is now about another subject than the one you saw ({changed}); read it again and decide on it."
        ),
        facts={"digest": state.digest, "changed": changed},
        title=approval.title,
        changed=", ".join(changed),
    )


def _check_words(run: Run, act: Decide, approval: Approval) -> None:
    if act.decision != "approved" and not (act.comment and act.comment.text.strip()):
        raise Invalid(
            "reason_missing", N_("Say in the comment why you do not approve “{title}”."), title=approval.title
        )
    if act.decision == "approved" and act.meaning == "rejected":
        raise Invalid(
            "meaning", N_("An approval cannot mean “rejected”; use approved, reviewed or responsible.")
        )
    if act.decision == "returned":
        _check_return(run, act, approval)


def _check_return(run: Run, act: Decide, approval: Approval) -> None:
    """Refuse a return to what has not been done, is not signed here, or is under traffic already."""
    states = {ref: task.state for ref, task in run.state.tasks.items()}
    able = returnable(run.index, act.approval, states, shifted=run.state.shifted is not None)
    if act.task not in able:
        raise Invalid(
            "task_missing",
            N_("Name the task that “{title}” is returned to, as STAGE.TASK; it can be one of: {tasks}."),
            title=approval.title,
            tasks=", ".join(able[:20]) or "—",
        )


def decide(run: Run, actor: Actor, act: Decide) -> None:
    """Keep the decision for ever, and follow it."""
    stage, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    functions = tuple(
        rule.function
        for rule in approval.rules
        if actor.name in eligible(run, rule, [actor.name]) and rule.function in actor.functions
    )
    event = run.emit(
        "DecisionMade",
        f"approval:{act.approval}",
        words={"comment": act.comment} if act.comment else {},
        digest=act.digest,
        title=approval.title,
        decision=act.decision,
        meaning=act.meaning,
        functions=functions,
        parts=dict(state.parts),
        round=state.round,
    )
    state.decisions.append(
        DecisionView(
            id=event.command_id or f"{run.state.run_id}-{event.seq}",
            by=actor.name,
            functions=functions,
            decision=act.decision,
            meaning=act.meaning,
            digest=act.digest,
            at=run.now,
            seq=event.seq,
        )
    )
    _follow(run, stage, approval, act)


def _follow(run: Run, stage: Stage, approval: Approval, act: Decide) -> None:
    ref = act.approval
    if act.decision == "returned" and act.task:
        _close(run, ref, "returned")
        title = run.index.task(act.task).title
        run.emit("ApprovalReturned", f"approval:{ref}", title=approval.title, task=title)
        _send_back(run, ref, act.task, act.comment)
    elif act.decision == "rejected" and _vetoes(approval, run.state.approvals[ref]):
        reject(run, stage, approval, act.comment)
    elif all(view.met for view in rule_views(run, approval, run.state.approvals[ref])):
        _close(run, ref, "approved")
        run.emit("ApprovalGranted", f"approval:{ref}", title=approval.title)
    elif not waiting_for(run, approval, run.state.approvals[ref]):
        reject(run, stage, approval)  # everybody has decided, and it can no longer be met


def _vetoes(approval: Approval, state: ApprovalState) -> bool:
    functions = state.decisions[-1].functions
    return any(rule.veto for rule in approval.rules if rule.function in functions)


def reject(run: Run, stage: Stage, approval: Approval, why: Words | None = None) -> None:
    """Follow a veto: back to the task that the template names, or hold the run for the release manager."""
    ref = f"{stage.id}.{approval.key}"
    _close(run, ref, "rejected")
    run.emit("ApprovalRejected", f"approval:{ref}", title=approval.title)
    if approval.back_to and not traffic_moved_on(run, approval.back_to):
        _send_back(run, ref, approval.back_to, why)
    else:
        hold_for_manager(run, say(N_("“{title}” was rejected"), title=approval.title))


def _send_back(run: Run, ref: str, task: str, why: Words | None) -> None:
    """Open the task again; when it is done, the approval is asked for again."""
    state, title = run.approval(ref), run.index.task(task).title
    state.again, state.redo = True, task
    run.emit("TaskReopened", f"task:{task}", title=title)
    reopen(run, task, why.digest if why else None)
    assignee = run.state.tasks[task].assignee
    to = (assignee,) if assignee else run.plan.doers(run.index.task(task).function)
    run.tell(to, say(N_("“{title}” was sent back to you."), title=title), task_page(run, task))


def hold_for_manager(run: Run, cause: Sentence) -> None:
    """Stop the run for the release manager, who resumes, replaces the build, rolls back or aborts."""
    if run.state.state == "running":
        run.state.state = "held"
        run.state.hold = HoldState(by="golive", at=run.now, cause=cause)
        run.emit("RunHeld", cause=cause)
        told = say(N_("The run is held: {cause}."), cause=cause)
        run.tell((run.plan.release_manager,), told, f"/runs/{run.state.run_id}")


def _close(run: Run, ref: str, state: ApprovalStateName) -> None:
    closed = run.approval(ref)
    closed.state = state
    closed.clock, closed.expires_at = None, None


# -- a changed subject, and time -----------------------------------------------------------------------------


def refresh(run: Run, *, everything: bool = False) -> None:
    """Compare what is asked or granted with its subject as it now is; what changed is asked again.

    Only approvals that cover what was touched are compared, unless `everything` is.
    """
    touched, run.touched = run.touched, {}
    for ref, (stage, approval) in run.index.approvals.items() if touched or everything else ():
        state = run.state.approvals[ref]
        if state.state not in ("pending", "approved") or not (
            everything or _covers(run, stage, approval, touched)
        ):
            continue
        parts = part_digests(subject_of(run, stage, approval))
        changed = difference(state.parts, parts)
        if changed:
            _make_stale(run, stage, approval, changed)


def _covers(run: Run, stage: Stage, approval: Approval, touched: dict[str, None]) -> bool:
    before = run.index.before[stage.id]
    for ref in touched:
        if ref in before or ref == stage.id or ref in (approval.after or ()):
            return True
        if ref in run.index.tasks:
            owner = run.index.tasks[ref][0].id
            if owner in before or (approval.after is None and owner == stage.id):
                return True
    return False


def _make_stale(run: Run, stage: Stage, approval: Approval, changed: list[str]) -> None:
    ref = f"{stage.id}.{approval.key}"
    _close(run, ref, "stale")
    state = run.approval(ref)
    state.again = True
    state.decisions = [decision.model_copy(update={"stale": True}) for decision in state.decisions]
    run.emit("DecisionsStale", f"approval:{ref}", title=approval.title, changed=changed)
    open_again(run, stage)


def expire(run: Run, ref: str) -> None:
    """Close an approval that nobody decided in time; it never approves by silence."""
    stage, approval = run.index.approvals[ref]
    _close(run, ref, "expired")
    run.emit("ApprovalExpired", f"approval:{ref}", title=approval.title)
    if approval.on_expiry == "reject":
        reject(run, stage, approval)
    else:
        hold_for_manager(run, say(N_("“{title}” expired without a decision"), title=approval.title))


def ask_again(run: Run) -> None:
    """Let what was rejected or has expired be asked again, as the release manager does by resuming."""
    for ref, state in run.state.approvals.items():
        if state.state in ("rejected", "expired"):
            run.approval(ref).again = True
