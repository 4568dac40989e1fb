"""A person's decision on an approval: whether they may take it so, and what becomes of it."""

from __future__ import annotations

from golive.commands import Actor, Decide
from golive.errors import Conflict, Invalid, NotFound, Refused
from golive.recording import DecisionView
from golive.run import Run
from golive.sign_off import follow
from golive.signers import barred, eligible, waiting_for
from golive.standing import returnable, why_not
from golive.state import ApprovalState
from golive.subject import difference
from golive.template import Approval
from golive.words import N_


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
    follow(run, stage, approval, act)
