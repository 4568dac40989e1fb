"""What the directory answers about an approval: who can sign now, who no longer may, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from golive.asking import approval_page, ask_to_decide
from golive.directory import Directory
from golive.effects import LookUp
from golive.looking_up import look_up
from golive.panel import asked_names
from golive.plan import moment
from golive.policy import can_be_met
from golive.recording import DecisionView, Delegation
from golive.run import Run
from golive.sign_off import close, hold_if_nobody_can, is_met, judge
from golive.signers import asked_of, barred, seats_of, standing, waiting_for
from golive.sources import able, can_sign, holds, members, named
from golive.standing import before_traffic
from golive.state import ApprovalState
from golive.task_graph import open_again
from golive.template_approvals import Approval, Rule
from golive.words import N_, Sentence, say


def looked(run: Run, effect: LookUp, directory: Directory) -> None:
    """Follow an answer of the directory. One that nobody awaits any more changes nothing.

    Where somebody has decided since it was asked whom it was not asked about, it is asked again.
    """
    if effect.approval not in run.index.approvals or run.approval(effect.approval).looking != effect.key:
        return
    state = run.approval(effect.approval)
    state.looking = None
    if {each.by for each in standing(state)} - {*effect.names, *directory.by_name}:
        look_up(run, effect.approval, effect.why)
    elif state.state == "approved":
        _look_at_granted(run, effect, directory)
    else:
        _look_at_asked(run, effect, directory)


def _look_at_granted(run: Run, effect: LookUp, directory: Directory) -> None:
    """Confirm what was granted, or ask once more where too few are left who may sign.

    What was granted by breaking the glass stands, and so does what traffic has moved on: only ways back are left then.
    """
    ref = effect.approval
    stage, approval = run.index.approvals[ref]
    state = run.approval(ref)
    moved = run.state.shifted is not None and before_traffic(run.index, stage)
    if state.glass_broken_by is None and not moved and _let_go_of_leavers(run, ref, directory):
        _find(run, approval, state, directory)
        if not is_met(run, approval, state):
            _ask_again(run, ref)
            return
    if effect.why == "open":
        state.confirmed_at = run.now


def _look_at_asked(run: Run, effect: LookUp, directory: Directory) -> None:
    """Keep who can sign, and ask whoever is left of an open approval; one that is not open yet is asked for now."""
    ref = effect.approval
    _, approval = run.index.approvals[ref]
    state = run.approval(ref)
    awaited = waiting_for(run, approval, state)
    _find(run, approval, state, directory)
    _let_go_of_leavers(run, ref, directory)
    away = _let_deputies_stand_in(run, ref, directory)
    if effect.why == "ask":
        _tell_of_gaps(run, ref, away, directory)
    if state.state == "pending":
        _go_on(run, ref, awaited)
    else:
        state.looked_at = run.now


def _find(run: Run, approval: Approval, state: ApprovalState, directory: Directory) -> None:
    """Keep who can sign under each rule."""
    people = directory.by_name
    state.found = {
        rule.source: tuple(
            name for name in _members(run, rule, directory) if able(rule.source, people.get(name))
        )
        for rule in approval.rules
    }


def _members(run: Run, rule: Rule, directory: Directory) -> tuple[str, ...]:
    if rule.function is not None:
        return run.plan.members(rule.function)
    return members(rule, run.plan.release_manager, run.state.release.authors, directory)


def _go_on(run: Run, ref: str, awaited: Iterable[str]) -> None:
    """Ask those who are awaited now and were not before; what is met or can be met by nobody is followed."""
    stage, approval = run.index.approvals[ref]
    if judge(run, stage, approval):
        return
    state = run.state.approvals[ref]
    ask_to_decide(run, ref, [name for name in waiting_for(run, approval, state) if name not in awaited])
    hold_if_nobody_can(run, ref)


# -- who no longer may -----------------------------------------------------------------------------------------


def _let_go_of_leavers(run: Run, ref: str, directory: Directory) -> bool:
    """Let decisions count only where those who took them can still sign; tell whether any counts for less."""
    _, approval = run.index.approvals[ref]
    state, gone = run.approval(ref), False
    for decision in standing(state):
        left = _left(run, approval, decision, directory)
        if left is not None:
            gone = True
            state.decisions = [left if each is decision else each for each in state.decisions]
            why = _why(approval, decision, directory)
            run.emit(
                "SignerLeft",
                f"approval:{ref}",
                title=approval.title,
                who=decision.by,
                why=why,
                stale=left.stale,
            )
    return gone


def _left(run: Run, approval: Approval, decision: DecisionView, directory: Directory) -> DecisionView | None:
    """Return what is left of a decision, None when nothing has changed about it."""
    rules = approval.rules
    under = tuple(range(len(rules))) if decision.under is None else decision.under
    still = tuple(
        n
        for n in under
        if (_signs(decision, directory) if n >= len(rules) else _sits(run, rules[n], decision, directory))
    )
    if still == under:
        return None
    return decision.model_copy(update={"under": still, "stale": not still})


def _signs(decision: DecisionView, directory: Directory) -> bool:
    person = directory.by_name.get(decision.by)
    return person is not None and can_sign(person)


def _sits(run: Run, rule: Rule, decision: DecisionView, directory: Directory) -> bool:
    """Tell whether who decided could do so under a rule now: as one of those it asks, or for one of them."""
    there = {decision.by, decision.on_behalf_of} & set(_members(run, rule, directory))
    return bool(there) and able(rule.source, directory.by_name.get(decision.by))


def _why(approval: Approval, decision: DecisionView, directory: Directory) -> Sentence:
    person = directory.by_name.get(decision.by)
    if person is None or not person.enabled:
        return say(N_("is disabled"))
    if not can_sign(person):
        return say(N_("no longer has the role approver"))
    lost = (rule.source for rule in approval.rules if rule.source in decision.functions)
    source = next((each for each in lost if not able(each, person)), approval.rules[0].source)
    return say(N_("no longer acts in {function}"), function=named(source))


def _ask_again(run: Run, ref: str) -> None:
    """Ask once more about what was approved by somebody who may not any more."""
    stage, _ = run.index.approvals[ref]
    close(run, ref, "stale", news=N_("“{title}” is asked again: who had signed may not sign any more."))
    run.approval(ref).again = True
    open_again(run, stage)


# -- deputies ----------------------------------------------------------------------------------------------------


def _let_deputies_stand_in(run: Run, ref: str, directory: Directory) -> set[str]:
    """Let deputies decide for those who are away, and who is back for themselves; return for whom nobody stands in."""
    _, approval = run.index.approvals[ref]
    state = run.approval(ref)
    _end_absences(run, ref, directory)
    away = set()
    for rule in approval.rules:
        for name in asked_of(run, state, rule.source):
            if directory.by_name[name].absence is None or not _acts_alone(state, name):
                continue
            found = _deputy(run, ref, name, directory)
            if found is None:
                away.add(name)
            else:
                state.delegations.append(found)
                run.emit(
                    "DeputyStandsIn",
                    f"approval:{ref}",
                    title=approval.title,
                    by=found.by,
                    to=found.to,
                    until=found.until,
                    functions=found.functions,
                )
    return away


def _acts_alone(state: ApprovalState, name: str) -> bool:
    """Tell whether somebody has neither decided nor handed over by themselves."""
    decided = any(name in (each.by, each.on_behalf_of) for each in standing(state))
    return not decided and not any(each.by == name and each.stands != "over" for each in state.delegations)


def _deputy(run: Run, ref: str, name: str, directory: Directory) -> Delegation | None:
    """Return who stands in for somebody who is away: their deputy, who could sign and is not asked."""
    _, approval = run.index.approvals[ref]
    state, people = run.state.approvals[ref], directory.by_name
    absence = people[name].absence
    deputy = people.get(absence.deputy) if absence and absence.deputy else None
    if absence is None or deputy is None or deputy.absence is not None or not can_sign(deputy):
        return None
    work = [done for each in approval.rules for done in each.exclude_doers_of]
    if deputy.name in asked_names(run, approval, state) or deputy.name in barred(run, work):
        return None
    sources = tuple(
        each.source
        for each in approval.rules
        if name in asked_of(run, state, each.source) and holds(each.source, deputy.functions, deputy.groups)
    )
    if not sources:
        return None
    until = absence.until
    return Delegation(
        by=name, to=deputy.name, functions=sources, since=run.now, until=until, stands="running", away=True
    )


def _end_absences(run: Run, ref: str, directory: Directory) -> None:
    """End what followed from absences that are over, or whose deputy can sign no more, unless they have decided."""
    _, approval = run.index.approvals[ref]
    state = run.approval(ref)
    made = {(each.on_behalf_of, each.by) for each in standing(state)}
    for each in list(state.delegations):
        person, deputy = directory.by_name.get(each.by), directory.by_name.get(each.to)
        back = person is None or person.absence is None
        unable = deputy is None or deputy.absence is not None or not can_sign(deputy)
        over = back or unable
        if each.away and each.stands == "running" and over and (each.by, each.to) not in made:
            ended = each.model_copy(update={"stands": "over"})
            state.delegations = [ended if one is each else one for one in state.delegations]
            run.emit("DelegationEnded", f"approval:{ref}", title=approval.title, by=each.by, to=each.to)


def _tell_of_gaps(run: Run, ref: str, away: Collection[str], directory: Directory) -> None:
    """Tell the release manager of those without whom nobody could give it and for whom nobody stands in."""
    _, approval = run.index.approvals[ref]
    seats = seats_of(run, approval, run.state.approvals[ref])
    there = [replace(each, able=tuple(name for name in each.able if name not in away)) for each in seats]
    if all(len(each.able) >= each.need for each in there) and can_be_met(there):
        return
    for name in sorted(away):
        absence = directory.by_name[name].absence
        told = say(
            N_("{who} is away until {until}, and nobody stands in for them on “{title}”."),
            who=name,
            until=moment(absence.until) if absence else "",
            title=approval.title,
        )
        run.tell((run.plan.release_manager,), told, approval_page(run, ref))
