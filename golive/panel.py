"""Who signs changes while an approval is open: seats are handed over for a time (转交), signers added (加签)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from golive.asking import ask_to_decide
from golive.commands import Actor, AddSigners, Delegate
from golive.deciding import asked
from golive.errors import Conflict, Invalid, Refused, need_words
from golive.people import SIGNS
from golive.plan import moment
from golive.recording import AddedSigner, Delegation
from golive.run import Run
from golive.sign_off import hold_if_nobody_can
from golive.signers import asked_of, barred, eligible, members_of, seats_of, standing, waiting_for
from golive.sources import all_named, holds
from golive.state import ApprovalState
from golive.template_approvals import Approval
from golive.words import N_

MOST_ADDED = 20
"""Signers who can be added to one approval."""

# -- handing a seat over -------------------------------------------------------------------------------------


def check_delegate(run: Run, actor: Actor, act: Delegate) -> None:
    """Raise why `actor` may not hand over their seat so, or take it back."""
    need_words(act.reason)
    _, approval, state = asked(run, act.approval)
    if act.to is None:
        _check_took_back(actor, approval, state)
        return
    _check_undecided(actor, approval, state)
    _check_times(run, act)
    own = _own_functions(run, actor, approval, state)
    if not own:
        raise Refused(
            "seat_missing",
            N_(
                "{who} has no seat of their own in “{title}”: only who is asked in person hands over, and only once. "
                "Awaited: {others}."
            ),
            who=actor.name,
            title=approval.title,
            others=_others(run, approval, state),
        )
    if _handed(actor, state):
        raise Conflict(
            "already_delegated",
            N_("{who} has already handed “{title}” over; take it back first."),
            who=actor.name,
            title=approval.title,
        )
    _check_can_sign(run, act.to, approval, state)
    if not _taken_over(own, act.to):
        raise Invalid(
            "not_in_function",
            N_("{who} does not belong to {functions}; hand over to somebody who does."),
            who=act.to.name,
            functions=all_named(own),
        )


def _check_took_back(actor: Actor, approval: Approval, state: ApprovalState) -> None:
    handed = _handed(actor, state)
    if not handed:
        raise Conflict(
            "not_delegated",
            N_("{who} has not handed “{title}” over, so there is nothing to take back."),
            who=actor.name,
            title=approval.title,
        )
    if any(decision.on_behalf_of == actor.name for decision in standing(state)):
        raise Conflict(
            "already_decided",
            N_("{to} has already decided on “{title}” for {who}."),
            to=handed[0].to,
            title=approval.title,
            who=actor.name,
        )


def _handed(actor: Actor, state: ApprovalState) -> list[Delegation]:
    return [each for each in state.delegations if each.by == actor.name and each.stands != "over"]


def _check_undecided(actor: Actor, approval: Approval, state: ApprovalState) -> None:
    if any(actor.name in (decision.by, decision.on_behalf_of) for decision in standing(state)):
        raise Conflict(
            "already_decided",
            N_("You have already decided on “{title}”; withdraw that first."),
            title=approval.title,
        )


def _check_times(run: Run, act: Delegate) -> None:
    if act.until is None or act.until <= max(run.now, act.since or run.now):
        raise Invalid(
            "delegation_times",
            N_("Say until when the decision is handed over: a time after {start}."),
            start=moment(max(run.now, act.since or run.now)),
        )


def _own_functions(run: Run, actor: Actor, approval: Approval, state: ApprovalState) -> list[str]:
    """Return the sources for which somebody is asked by themselves, neither for another nor added."""
    return [
        rule.source
        for rule in approval.rules
        if actor.name in members_of(run, state, rule.source)
        and holds(rule.source, actor.functions, actor.groups)
        and actor.name in eligible(run, rule, state, [actor.name])
    ]


def _taken_over(sources: Iterable[str], to: Actor) -> list[str]:
    """Return for which of these `to` can stand in: who belongs to the function or group, and for a person anybody."""
    return [source for source in sources if holds(source, to.functions, to.groups)]


def _check_can_sign(run: Run, person: Actor, approval: Approval, state: ApprovalState) -> None:
    """Refuse whoever could not sign for others either: disabled, without the role, barred, or asked already."""
    if not person.enabled or SIGNS not in person.roles:
        raise Invalid(
            "not_a_signer",
            N_(
                "{who} cannot sign: that needs an enabled account with the role {role}, which an administrator grants."
            ),
            who=person.name,
            role=SIGNS,
        )
    work = [ref for rule in approval.rules for ref in rule.exclude_doers_of]
    if why := barred(run, work).get(person.name):
        raise Conflict(
            "may_not_sign",
            N_("{who} may not sign “{title}”: {who} {why}. Name somebody who does not stand so close to it."),
            who=person.name,
            title=approval.title,
            why=why,
        )
    if person.name in asked_names(run, approval, state):
        raise Conflict(
            "already_asked",
            N_("{who} is asked about “{title}” anyway, and one person signs once."),
            who=person.name,
            title=approval.title,
        )


def asked_names(run: Run, approval: Approval, state: ApprovalState) -> set[str]:
    """Return everybody who is asked about an approval, now or later."""
    members = {name for rule in approval.rules for name in asked_of(run, state, rule.source)}
    seats = seats_of(run, approval, state, [decision.by for decision in standing(state)])
    stand_ins = {each.to for each in state.delegations if each.stands != "over"}
    return members | stand_ins | {name for each in seats for name in each.able}


def delegate(run: Run, actor: Actor, act: Delegate) -> None:
    """Hand the seat over, from now on or later, or take it back."""
    _, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    about, reason = f"approval:{act.approval}", {"reason": act.reason}
    if act.to is None or act.until is None:
        (handed,) = _handed(actor, state)
        _replace(state, handed, "over")
        run.emit(_over(handed), about, words=reason, title=approval.title, by=handed.by, to=handed.to)
        return
    functions = _taken_over(_own_functions(run, actor, approval, state), act.to)
    since = act.since or run.now
    used = {(made.on_behalf_of, made.by) for made in standing(state)}
    state.delegations = [
        each for each in state.delegations if each.stands != "over" or (each.by, each.to) in used
    ]
    state.delegations.append(
        Delegation(by=actor.name, to=act.to.name, functions=tuple(functions), since=since, until=act.until)
    )
    run.emit(
        "DecisionDelegated",
        about,
        words=reason,
        title=approval.title,
        to=act.to.name,
        since=since,
        until=act.until,
        functions=tuple(functions),
    )
    turn(run, act.approval)


def _over(handed: Delegation) -> str:
    """Return what happened when it is over: one that never began took nothing from anybody."""
    return "DelegationDropped" if handed.stands == "planned" else "DelegationEnded"


def turn(run: Run, ref: str) -> None:
    """Let what was handed over begin and end by the clock."""
    _, approval = run.index.approvals[ref]
    state = run.state.approvals[ref]
    for each in list(state.delegations):
        if each.stands == "planned" and each.since <= run.now < each.until:
            _replace(run.approval(ref), each, "running")
            run.emit("DelegationBegan", f"approval:{ref}", title=approval.title, by=each.by, to=each.to)
            ask_to_decide(run, ref, [name for name in waiting_for(run, approval, state) if name == each.to])
        elif each.stands != "over" and each.until <= run.now:
            _replace(run.approval(ref), each, "over")
            run.emit(_over(each), f"approval:{ref}", title=approval.title, by=each.by, to=each.to)
            ask_to_decide(run, ref, [name for name in waiting_for(run, approval, state) if name == each.by])
            hold_if_nobody_can(run, ref)


def _replace(state: ApprovalState, one: Delegation, stands: str) -> None:
    state.delegations = [
        each.model_copy(update={"stands": stands}) if each is one else each for each in state.delegations
    ]


def turns(state: ApprovalState) -> Iterable[datetime]:
    """Yield when what was handed over begins or ends."""
    for each in state.delegations:
        if each.stands != "over":
            yield each.since if each.stands == "planned" else each.until


# -- adding signers ------------------------------------------------------------------------------------------


def check_add_signers(run: Run, actor: Actor, act: AddSigners) -> None:
    """Raise why `actor` may not have these people sign as well."""
    need_words(act.reason)
    _, approval, state = asked(run, act.approval)
    if any(each.name == actor.name for each in state.added):
        raise Refused(
            "added_signer",
            N_("{who} was added as a signer, and who was added adds nobody. Who can: {others}."),
            who=actor.name,
            others=", ".join(_who_adds(run, approval, state)) or "—",
        )
    if not any(actor.name in seats.able for seats in seats_of(run, approval, state, [actor.name])):
        raise Refused(
            "may_not_sign",
            N_("{who} is not asked about “{title}”, and only a signer can add signers. Awaited: {others}."),
            who=actor.name,
            title=approval.title,
            others=_others(run, approval, state),
        )
    if act.place == "before":
        _check_undecided(actor, approval, state)
    if len(state.added) + len(act.people) > MOST_ADDED:
        raise Conflict("too_many_signers", N_("At most {most} signers can be added."), most=MOST_ADDED)
    for n, person in enumerate(act.people):
        _check_can_sign(run, person, approval, state)
        if any(person.name == other.name for other in act.people[:n]):
            raise Invalid("named_twice", N_("{who} is named twice."), who=person.name)


def _who_adds(run: Run, approval: Approval, state: ApprovalState) -> list[str]:
    """Return who has a seat by the rules of the plan, their own or somebody's."""
    added = {each.name for each in state.added}
    able = (name for seats in seats_of(run, approval, state) for name in seats.able)
    return [name for name in dict.fromkeys(able) if name not in added]


def _others(run: Run, approval: Approval, state: ApprovalState) -> str:
    return ", ".join(waiting_for(run, approval, state)) or "—"


def add_signers(run: Run, actor: Actor, act: AddSigners) -> None:
    """Have these people sign as well."""
    _, approval = run.index.approvals[act.approval]
    state = run.approval(act.approval)
    names = tuple(person.name for person in act.people)
    state.added += [AddedSigner(by=actor.name, name=name, place=act.place) for name in names]
    run.emit(
        "SignersAdded",
        f"approval:{act.approval}",
        words={"reason": act.reason},
        title=approval.title,
        people=names,
        place=act.place,
    )
    ask_to_decide(run, act.approval, [name for name in waiting_for(run, approval, state) if name in names])
