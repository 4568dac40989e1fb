"""A person's decision on an approval: whether they may take it so, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from golive.asking import ask_to_decide, request_of
from golive.commands import Actor, Decide
from golive.engine import EXPIRES_BY_RULE
from golive.errors import Conflict, Invalid, NotFound, Refused
from golive.expiry import next_expiry
from golive.plan import moment
from golive.policy import Seats
from golive.reauthentication import check_authenticated, proof
from golive.recording import DecisionView
from golive.run import Run
from golive.sign_off import follow
from golive.signers import comes_after, seated, seats_of, standing, waiting_for
from golive.sources import holds
from golive.standing import handed_over, returnable
from golive.state import ApprovalState
from golive.subject import difference
from golive.template import Stage
from golive.template_approvals import Approval
from golive.words import N_, say


def check_decide(run: Run, actor: Actor, act: Decide) -> None:
    """Raise why `actor` may not decide so, on this digest, now."""
    _, approval, state = asked(run, act.approval)
    _check_person(run, actor, approval, state)
    check_digest(act.digest, approval, state)
    _check_words(run, act, approval)
    check_authenticated(run, actor, approval)


def asked(run: Run, ref: str) -> tuple[Stage, Approval, ApprovalState]:
    """Return an approval that decisions are awaited for. Raises NotFound, and Conflict when nobody is asked now."""
    stage, approval, state = known(run, ref)
    if state.state != "pending":
        raise not_open(approval, state)
    expires_at = next_expiry(run, ref)
    if run.moving and run.state.engine >= EXPIRES_BY_RULE and expires_at and expires_at <= run.now:
        msgid = N_("“{title}” expired at {at}; nobody is asked now.")
        raise Conflict("approval_closed", msgid, title=approval.title, at=moment(expires_at))
    return stage, approval, state


def not_open(approval: Approval, state: ApprovalState) -> Conflict:
    """Return the refusal of an act on an approval that nobody is asked for now; it says who decided last."""
    made = [each.by for each in state.decisions if each.decision == state.state and not each.withdrawn]
    if made:
        return Conflict(
            "approval_closed",
            N_("“{title}” is {state}, last by {who}; nobody is asked now."),
            title=approval.title,
            state=state.state,
            who=made[-1],
        )
    return Conflict(
        "approval_closed",
        N_("“{title}” is {state}; nobody is asked now."),
        title=approval.title,
        state=state.state,
    )


def known(run: Run, ref: str) -> tuple[Stage, Approval, ApprovalState]:
    """Return an approval of the run. Raises NotFound."""
    if ref not in run.index.approvals:
        raise NotFound("unknown_approval", N_("This run has no approval “{approval}”."), approval=ref)
    return *run.index.approvals[ref], run.state.approvals[ref]


def _check_person(run: Run, actor: Actor, approval: Approval, state: ApprovalState) -> None:
    if any(actor.name in (decision.by, decision.on_behalf_of) for decision in standing(state)):
        raise Conflict(
            "already_decided",
            N_("You have already decided on “{title}”; a sign-off needs distinct persons: {others}."),
            title=approval.title,
            others=", ".join(waiting_for(run, approval, state)) or "—",
        )
    rules = seats_of(run, approval, state, [actor.name])
    why = seated(run, approval, state).why_not(actor.name, actor.functions, actor.groups)
    if why or not _held(approval, rules, actor):
        raise Refused(
            "may_not_sign",
            N_("{who} may not sign “{title}”: {who} {why}. Awaited: {others}."),
            who=actor.name,
            title=approval.title,
            why=why[0] if why else say(N_("has no seat in it now")),
            others=", ".join(name for name in waiting_for(run, approval, state) if name != actor.name) or "—",
        )
    _check_turn(actor, approval, state, rules)


def _check_turn(actor: Actor, approval: Approval, state: ApprovalState, rules: Sequence[Seats]) -> None:
    """Refuse who must wait for others: one decision counts under all rules, so it comes after all who come first."""
    if earlier := comes_after(state, rules, actor.name):
        raise Conflict(
            "not_your_turn",
            N_("“{title}” is signed one after the other: {who} decides after {others}."),
            title=approval.title,
            who=actor.name,
            others=", ".join(earlier),
        )


def _held(approval: Approval, seated: Sequence[Seats], actor: Actor) -> list[int]:
    """Return the rules, by number, under which `actor` may sign: with the functions and groups that they have now."""
    rules = approval.rules
    return [
        n
        for n, seats in enumerate(seated)
        if actor.name in seats.able
        and (n >= len(rules) or holds(rules[n].source, actor.functions, actor.groups))
    ]


def check_digest(digest: str, approval: Approval, state: ApprovalState) -> None:
    """Raise Conflict unless `digest` is of the subject as it now is, with what changed since it was shown."""
    if digest == state.digest:
        return
    known = state.seen.get(digest)
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
    # Later engines ask whoever is awaited when the act is through, and close the requests of others.
    awaited = waiting_for(run, approval, state) if request_of(run, act.approval) is None else None
    _let_go_of_plans(state, actor.name)
    held = _held(approval, seats_of(run, approval, state, [actor.name]), actor)
    functions = tuple(approval.rules[n].source for n in held if n < len(approval.rules))
    behalf = _on_behalf_of(state, actor.name, functions, run.now)
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
        **({} if behalf is None else {"on_behalf_of": behalf}),
        **proof(actor),
    )
    state.decisions.append(
        DecisionView(
            id=event.command_id or f"{run.state.run_id}-{event.seq}",
            by=actor.name,
            on_behalf_of=behalf,
            functions=functions,
            under=tuple(held),
            decision=act.decision,
            meaning=act.meaning,
            digest=act.digest,
            at=run.now,
            seq=event.seq,
            authenticated=actor.authenticated,
        )
    )
    state.confirmed_at = None
    follow(run, stage, approval, act)
    if awaited is not None:
        now = waiting_for(run, approval, state)
        ask_to_decide(run, act.approval, [name for name in now if name not in awaited])


def _on_behalf_of(state: ApprovalState, name: str, functions: Sequence[str], now: datetime) -> str | None:
    """Return for whom `name` decides: whoever handed over the seat that they fill, if somebody did."""
    handed = handed_over(state.delegations, state.decisions, now)
    return next((by for (by, function), to in handed.items() if to == name and function in functions), None)


def _let_go_of_plans(state: ApprovalState, name: str) -> None:
    """End what somebody meant to hand over later: they decide themselves now."""
    state.delegations = [each for each in state.delegations if each.by != name or each.stands != "planned"]
