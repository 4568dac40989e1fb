"""Approvals: who may decide, when the rules are met, and what a changed subject does to decisions."""

from __future__ import annotations

from collections.abc import Sequence

from golive.asking import approval_page, ask_to_decide, close_request
from golive.clocks import start_clock
from golive.commands import Decide
from golive.engine import COMPARES_WHAT_IS_STALE, EXPIRES_BY_RULE, HOLDS_UNSIGNABLE, LOOKS_UP
from golive.expiry import expired_words, start_expiry, what_is_over
from golive.holding import hold_for_manager
from golive.looking_up import known_now, look_up
from golive.recording import DecisionView
from golive.run import Run
from golive.signers import covered, rule_views, standing, waiting_for
from golive.standing import before_traffic
from golive.state import ApprovalState
from golive.subject import difference, part_digests, subject_of, whole_digest
from golive.task_graph import open_again, reopen, task_page
from golive.tasks import traffic_moved_on
from golive.template import Stage
from golive.template_approvals import Approval
from golive.template_rollouts import ApprovalStep
from golive.vocabulary import FINISHED, ApprovalStateName
from golive.words import N_, Words, say
from golive.working_time import add_working

# -- asking --------------------------------------------------------------------------------------------------


def ask_ready(run: Run, stage: Stage) -> None:
    """Ask for the approvals of a stage whose time has come."""
    for approval in stage.approvals:
        ref = f"{stage.id}.{approval.key}"
        state = run.state.approvals[ref]
        if state.again and state.state != "pending" and _ready(run, stage, approval) and known_now(run, ref):
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
    """Ask for decisions on the subject as it now is.

    Of the former decisions those stand that cover nothing which has changed, and none after a rejection, a return or an
    expiry.
    """
    ref = f"{stage.id}.{approval.key}"
    state = run.approval(ref)
    if state.state != "stale":
        let_go(state, state.decisions)
        state.planned = None
    elif run.state.engine >= COMPARES_WHAT_IS_STALE:
        _let_go_of_changed(run, stage, approval)
    if not standing(state):
        state.planned = None  # nobody has signed the plan as it was
    state.again, state.redo, state.round = False, None, state.round + 1
    state.glass_broken_by = state.confirmed_at = None
    open_for_decisions(run, approval, state)
    _bind(run, stage, approval, ref, state)
    names = waiting_for(run, approval, state)
    run.emit(
        "ApprovalRequested",
        f"approval:{ref}",
        title=approval.title,
        waiting_for=names,
        round=state.round,
        subject=state.digest,
    )
    ask_to_decide(run, ref, names)
    if not judge(run, stage, approval):
        hold_if_nobody_can(run, ref)
        if state.looked_at != run.now:
            look_up(run, ref, "ask")


def _let_go_of_changed(run: Run, stage: Stage, approval: Approval) -> None:
    """Let the decisions go that cover what has changed since it was last asked: more may change until it is again."""
    ref = f"{stage.id}.{approval.key}"
    state = run.approval(ref)
    changed = difference(state.parts, part_digests(subject_of(run, stage, approval)))
    gone = [each for each in standing(state) if covered(approval, each) & set(changed)]
    if gone:
        let_go(state, gone)
        run.emit("DecisionsStale", f"approval:{ref}", title=approval.title, changed=tuple(changed))


def hold_if_nobody_can(run: Run, ref: str) -> None:
    """Hold the run for the release manager when an approval is open and nobody is left who could give it."""
    _, approval = run.index.approvals[ref]
    state = run.state.approvals[ref]
    if (
        run.state.engine >= HOLDS_UNSIGNABLE
        and state.state == "pending"
        and not waiting_for(run, approval, state)
    ):
        hold_for_manager(run, say(N_("nobody is left who could sign “{title}”"), title=approval.title))


def open_for_decisions(run: Run, approval: Approval, state: ApprovalState) -> None:
    """Let decisions be taken from now on, and start the clock of those who are asked."""
    calendar = run.plan.calendar
    state.state, state.requested_at = "pending", run.now
    state.clock = (
        start_clock(run.plan, run.now, add_working(calendar, run.now, approval.due)) if approval.due else None
    )
    start_expiry(run, approval, state)


def _bind(run: Run, stage: Stage, approval: Approval, ref: str, state: ApprovalState) -> None:
    subject = subject_of(run, stage, approval)
    state.parts = part_digests(subject)
    state.digest = whole_digest(state.parts)
    state.seen[state.digest] = dict(state.parts)
    run.subjects[ref] = subject


# -- following decisions -------------------------------------------------------------------------------------


def follow(run: Run, stage: Stage, approval: Approval, act: Decide) -> None:
    """Go on as the decision that was just taken demands."""
    ref = act.approval
    if act.decision == "returned" and act.task:
        close(run, ref, "returned")
        title = run.index.task(act.task).title
        run.emit("ApprovalReturned", f"approval:{ref}", title=approval.title, task=title)
        _send_back(run, ref, act.task, act.comment)
    elif act.decision == "rejected" and _vetoes(approval, run.state.approvals[ref]):
        reject(run, stage, approval, act.comment)
    elif not judge(run, stage, approval) and not waiting_for(run, approval, run.state.approvals[ref]):
        _follow_the_last(run, stage, approval)


def _follow_the_last(run: Run, stage: Stage, approval: Approval) -> None:
    """Everybody has decided, and it is not met: a no of somebody is a no; where nobody said no, somebody is missing."""
    ref = f"{stage.id}.{approval.key}"
    all_agree = all(each.decision == "approved" for each in standing(run.state.approvals[ref]))
    if all_agree and run.state.engine >= LOOKS_UP:
        hold_if_nobody_can(run, ref)
    else:
        reject(run, stage, approval)


def judge(run: Run, stage: Stage, approval: Approval) -> bool:
    """Grant an approval whose rules are all met; tell whether they are."""
    ref = f"{stage.id}.{approval.key}"
    met = is_met(run, approval, run.state.approvals[ref])
    if met:
        grant(run, stage, approval)
    return met


def is_met(run: Run, approval: Approval, state: ApprovalState) -> bool:
    """Tell whether the decisions that stand meet every rule."""
    return all(view.met for view in rule_views(run, approval, state))


def grant(run: Run, stage: Stage, approval: Approval) -> None:
    """Let an approval be approved."""
    ref = f"{stage.id}.{approval.key}"
    close(run, ref, "approved")
    run.emit("ApprovalGranted", f"approval:{ref}", title=approval.title)


def _vetoes(approval: Approval, state: ApprovalState) -> bool:
    """Tell whether the last decision is under a rule that vetoes, as that of whom a signer added does."""
    last, rules = state.decisions[-1], approval.rules
    if last.under is None:
        return any(rule.veto for rule in rules if rule.source in last.functions)
    return any(n >= len(rules) or rules[n].veto for n in last.under)


def reject(run: Run, stage: Stage, approval: Approval, why: Words | None = None) -> None:
    """Follow a veto: back to the task that the template names, or hold the run for the release manager."""
    ref = f"{stage.id}.{approval.key}"
    close(run, ref, "rejected")
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


def close(run: Run, ref: str, state: ApprovalStateName, *, news: str | None = None) -> None:
    """End what is awaited, and tell those who are kept informed; `news` is what, where the state does not say it."""
    closed = run.approval(ref)
    closed.state = state
    closed.stop_clocks()
    title = run.index.approvals[ref][1].title
    said = _BROKEN if closed.glass_broken_by else _CLOSED[state]
    close_request(run, ref, say(said, title=title, who=run.actor.name))
    run.tell(tuple(closed.informed), say(news or _NEWS[state], title=title), approval_page(run, ref))


_NEWS: dict[ApprovalStateName, str] = {
    "approved": N_("“{title}” is approved."),
    "rejected": N_("“{title}” is rejected."),
    "returned": N_("“{title}” was returned."),
    "expired": N_("“{title}” expired without a decision, which is not a yes."),
    "stale": N_("“{title}” is asked again: what it is about has changed."),
}
"""What those hear who are kept informed of an approval."""
_CLOSED: dict[ApprovalStateName, str] = {
    "approved": N_("“{title}” is approved, last by {who}; nothing is awaited of you in it any more."),
    "rejected": N_("“{title}” was rejected by {who}; nothing is awaited of you in it any more."),
    "returned": N_("“{title}” was returned by {who}; you are asked again when the task has been done again."),
    "expired": N_(
        "“{title}” expired without a decision, which is not a yes; nobody can decide on it any more."
    ),
    "stale": N_("What “{title}” is about was changed by {who}; you are asked again, about what it is then."),
}
_BROKEN = N_("“{title}” was granted by {who}, who broke the glass; nothing is awaited of you in it any more.")
"""What those hear who had been asked to decide."""


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
        if run.state.shifted is not None and before_traffic(run.index, stage):
            continue  # traffic has moved on it: what follows is a way back, no new signature
        parts = part_digests(subject_of(run, stage, approval))
        changed = difference(state.parts, parts)
        if changed:
            _follow_change(run, stage, approval, changed)


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


def _follow_change(run: Run, stage: Stage, approval: Approval, changed: list[str]) -> None:
    """Ask again about a subject that has changed, unless what was approved are other parts than those."""
    ref = f"{stage.id}.{approval.key}"
    state = run.state.approvals[ref]
    gone = [each for each in standing(state) if covered(approval, each) & set(changed)]
    if state.state != "approved" or gone or state.glass_broken_by is not None:
        ask_anew(run, ref, changed, gone)


def ask_anew(run: Run, ref: str, changed: Sequence[str], gone: Sequence[DecisionView]) -> None:
    """Let what was asked or granted be asked again, since parts of it have `changed`, without the decisions `gone`."""
    stage, approval = run.index.approvals[ref]
    state = run.approval(ref)
    close(run, ref, "stale")
    state.again = True
    let_go(state, gone)
    run.emit("DecisionsStale", f"approval:{ref}", title=approval.title, changed=tuple(changed))
    open_again(run, stage)


def let_go(state: ApprovalState, gone: Sequence[DecisionView]) -> None:
    """Let decisions no longer stand. They are kept for ever."""
    state.decisions = [
        decision.model_copy(update={"stale": True}) if decision in gone else decision
        for decision in state.decisions
    ]


def expire(run: Run, ref: str) -> None:
    """Close an approval of which a rule was not met in time; it never approves by silence."""
    stage, approval = run.index.approvals[ref]
    over = what_is_over(run, ref)
    close(run, ref, "expired")
    about = f"approval:{ref}"
    for asks, awaited in over.rules if run.state.engine >= EXPIRES_BY_RULE else ():
        run.emit("RuleExpired", about, title=approval.title, rule=asks, awaited=awaited or ("–",))
    run.emit("ApprovalExpired", about, title=approval.title)
    if over.then == "reject":
        reject(run, stage, approval)
    else:
        hold_for_manager(run, expired_words(run, approval, over))


def ask_again(run: Run) -> None:
    """Let what was rejected or has expired be asked again, as the release manager does by resuming."""
    for ref, state in run.state.approvals.items():
        if state.state in ("rejected", "expired"):
            run.approval(ref).again = True
