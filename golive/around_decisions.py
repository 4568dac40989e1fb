"""What people do about an approval beside deciding: withdraw a decision (撤回), remind (催办), inform (抄送)."""

from __future__ import annotations

from datetime import timedelta

from golive.asking import approval_page, ask_silently, ask_to_decide, request_of
from golive.commands import Actor, Inform, RemindSigners, Withdraw
from golive.deciding import asked, known
from golive.engine import CAPS_LISTS
from golive.errors import Conflict, need_words
from golive.looking_up import look_up
from golive.plan import moment
from golive.reauthentication import check_authenticated, proof
from golive.run import Run
from golive.sign_off import is_met, open_for_decisions
from golive.signers import standing, waiting_for
from golive.standing import gate_closed
from golive.words import N_, say

MOST_INFORMED = 200
"""People who can be kept informed of one approval."""
REMIND_EVERY = timedelta(minutes=30)
"""How long after a reminder the next one can be asked for: more would teach people to look away."""


def check_withdraw(run: Run, actor: Actor, act: Withdraw) -> None:
    """Raise why `actor` cannot take back a decision: there is none, or the gate has opened on it."""
    need_words(act.reason)
    stage, approval, state = known(run, act.approval)
    if not any(decision.by == actor.name for decision in standing(state)):
        raise Conflict(
            "not_decided",
            N_("{who} has no decision on “{title}” that stands, so there is nothing to withdraw."),
            who=actor.name,
            title=approval.title,
        )
    if not gate_closed(stage, approval, state.state, run.stage(stage.id).state):
        raise Conflict(
            "gate_opened",
            N_(
                "“{title}” is {state} and the run has gone on from it: {manager} can hold, roll back or abort the run "
                "instead."
            ),
            title=approval.title,
            state=state.state,
            manager=run.plan.release_manager,
        )
    check_authenticated(run, actor, approval)


def withdraw(run: Run, actor: Actor, act: Withdraw) -> None:
    """Let the actor's decision no longer stand; what was granted by it is asked again."""
    _, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    state.decisions = [
        each.model_copy(update={"stale": True, "withdrawn": True})
        if each.by == actor.name and not each.stale
        else each
        for each in state.decisions
    ]
    run.emit(
        "DecisionWithdrawn",
        f"approval:{act.approval}",
        words={"reason": act.reason},
        title=approval.title,
        **proof(actor),
    )
    state.glass_broken_by = state.confirmed_at = None
    if state.state == "approved" and not is_met(run, approval, state):
        open_for_decisions(run, approval, state)
    awaited = waiting_for(run, approval, state)
    ask_silently(run, act.approval, [name for name in awaited if name == actor.name])
    ask_to_decide(run, act.approval, [name for name in awaited if name != actor.name])


def check_remind(run: Run, act: RemindSigners) -> None:
    """Raise why nobody is reminded: nobody is awaited, or they were reminded a short while ago."""
    approval, state = asked(run, act.approval)[1:]
    if not waiting_for(run, approval, state):
        raise Conflict("nobody_awaited", N_("Nobody is awaited for “{title}” now."), title=approval.title)
    again = state.reminded_at + REMIND_EVERY if state.reminded_at else run.now
    if again > run.now:
        raise Conflict(
            "reminded_lately",
            N_(
                "Those awaited for “{title}” were reminded a short while ago; you can remind them again from {at}."
            ),
            title=approval.title,
            at=moment(again),
            facts={"again_at": again.isoformat()},
        )


def remind(run: Run, actor: Actor, act: RemindSigners) -> None:
    """Remind those whose decision is awaited."""
    _, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    state.reminded_at = run.now
    names = waiting_for(run, approval, state)
    run.emit("SignersReminded", f"approval:{act.approval}", title=approval.title, to=names)
    told = say(N_("{who} reminds you: please decide on “{title}”."), who=actor.name, title=approval.title)
    run.tell(names, told, approval_page(run, act.approval), asks=request_of(run, act.approval))
    look_up(run, act.approval, "again")


def check_inform(run: Run, act: Inform) -> None:
    """Raise when there is no such approval in the run, or so many are kept informed of it that nobody would read it."""
    _, approval, state = known(run, act.approval)
    if run.state.engine >= CAPS_LISTS and len({*state.informed, *act.people}) > MOST_INFORMED:
        raise Conflict(
            "too_many_informed",
            N_("At most {most} people can be kept informed of “{title}”; {there} are already."),
            most=MOST_INFORMED,
            title=approval.title,
            there=len(state.informed),
        )


def inform(run: Run, actor: Actor, act: Inform) -> None:
    """Tell people of the approval now, and of what becomes of it later."""
    _, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    state.informed = list(dict.fromkeys([*state.informed, *act.people]))
    run.emit(
        "PeopleInformed",
        f"approval:{act.approval}",
        words={"comment": act.comment} if act.comment else {},
        title=approval.title,
        people=act.people,
    )
    told = say(
        N_("{who} keeps you informed of “{title}”; you need not decide."),
        who=actor.name,
        title=approval.title,
    )
    run.tell(act.people, told, approval_page(run, act.approval))
