"""Who may sign an approval, and which of those who did fill its seats.

The rules of an approval are those of the plan and, after them, one for each signer whom a signer added. Whoever hands
over their seat for a time is taken out, and who fills it for them stands in their place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from golive import policy
from golive.errors import Conflict
from golive.policy import Seats, Voices, needed
from golive.recording import AddedSigner, DecisionView, Panel, RuleView
from golive.run import Run
from golive.sources import kind_of
from golive.standing import Seated, bars, handed_over
from golive.state import ApprovalState
from golive.subject import PARTS
from golive.template_approvals import Approval, Rule, Whom
from golive.words import N_, Sentence

Doers = Mapping[str, str]
"""Who is taken to have done which task, by reference."""
NOBODY: Doers = {}


def barred(run: Run, work: Iterable[str], supposed: Doers = NOBODY) -> dict[str, Sentence]:
    """Return who may not sign where whoever did `work` may not, and why: no role is exempt.

    `supposed` doers are taken for done.
    """
    doers = ((supposed.get(ref) or run.state.tasks[ref].done_by, ref) for ref in work)
    return bars(
        started_by=run.state.started_by,
        authors=run.state.release.authors,
        editor=run.state.builds[-1].by,
        done=[(doer, run.index.task(ref).title) for doer, ref in doers if doer],
    )


# -- the seats -----------------------------------------------------------------------------------------------


def members_of(run: Run, state: ApprovalState, source: str) -> tuple[str, ...]:
    """Return who belongs to whom a rule asks: of a function by the plan, of anything else as was found last."""
    known = run.plan.members(source)
    return known if kind_of(source)[0] == "function" else state.found.get(source, known)


def asked_of(run: Run, state: ApprovalState, source: str) -> tuple[str, ...]:
    """Return who of them is asked to sign: who could when the directory was last asked, or by the plan."""
    found = state.found.get(source)
    return run.plan.signers(source) if found is None else found


def eligible(
    run: Run, rule: Rule, state: ApprovalState, approvers: Sequence[str] = (), supposed: Doers = NOBODY
) -> tuple[str, ...]:
    """Return who may sign under a rule, in the plan's order: who is asked, and of its members the `approvers`.

    Who approved had the role then, even if the plan does not ask them because they got it later.
    """
    out, asked = barred(run, rule.exclude_doers_of, supposed), asked_of(run, state, rule.source)
    handed = handed_over(state.delegations, state.decisions, run.now)
    seats = ((name, handed.get((name, rule.source), name)) for name in members_of(run, state, rule.source))
    seated = dict.fromkeys(
        holder
        for name, holder in seats
        if name not in out and (name in asked or name in approvers or holder != name)
    )
    return tuple(name for name in seated if name not in out)


def panel_of(state: ApprovalState) -> Panel:
    """Return who stands in for whom, whom signers added, and who is kept informed."""
    return Panel(
        delegations=tuple(state.delegations),
        added=tuple(state.added),
        informed=tuple(state.informed),
        glass_broken_by=state.glass_broken_by,
        found={source: names for source, names in state.found.items() if kind_of(source)[0] != "function"},
    )


def seated(run: Run, approval: Approval, state: ApprovalState) -> Seated:
    """Return who is asked for an approval, to tell anybody why they are not."""
    return Seated(
        approval.rules,
        lambda source: members_of(run, state, source),
        lambda work: barred(run, work),
        panel_of(state),
        state.decisions,
        run.now,
    )


def seats_of(
    run: Run,
    approval: Approval,
    state: ApprovalState,
    approvers: Sequence[str] = (),
    supposed: Doers = NOBODY,
) -> list[Seats]:
    """Return each rule with who may sign under it now. In a sign-off (`distinct`) rules share their persons."""
    able = [eligible(run, rule, state, approvers, supposed) for rule in approval.rules]
    asked = {name for names in able for name in names}
    added = [() if each.name in asked else _added(run, approval, each, supposed) for each in state.added]
    orders = _orders(run, state, {name for names in (*able, *added) for name in names})
    rules = [
        seats_under(approval, rule, names, orders) for rule, names in zip(approval.rules, able, strict=True)
    ]
    return rules + [_added_seat(approval, names, orders) for names in added]


Orders = tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]
"""For a person who must have approved before them, and who must have decided."""
NO_ORDER: Orders = ({}, {})


def seats_under(approval: Approval, rule: Rule, able: tuple[str, ...], orders: Orders = NO_ORDER) -> Seats:
    """Return a rule of `approval` with those who are `able` to sign under it, and whom each comes after."""
    ordered, (first, after) = rule.mode == "ordered", orders
    return Seats(
        able=able,
        need=needed(rule.mode, rule.min, len(able)),
        first={name: [*(able[:n] if ordered else ()), *first.get(name, ())] for n, name in enumerate(able)},
        after=after,
        own=ordered,
        shared=approval.distinct and not rule.may_fill_many,
    )


def _added(run: Run, approval: Approval, added: AddedSigner, supposed: Doers) -> tuple[str, ...]:
    """Return whom a signer added, unless they are barred by now: then nobody waits for them any more."""
    work = [ref for rule in approval.rules for ref in rule.exclude_doers_of]
    return () if added.name in barred(run, work, supposed) else (added.name,)


def _added_seat(approval: Approval, names: tuple[str, ...], orders: Orders) -> Seats:
    """Return the seat of a signer whom a signer added: nobody else can fill it, and it fills no other."""
    first, after = orders
    return Seats(able=names, need=len(names), first=first, after=after, shared=approval.distinct)


def _orders(run: Run, state: ApprovalState, seated: Collection[str]) -> Orders:
    """Return who signs after whom because somebody was added: whoever fills the seat now, and nobody without one."""
    handed = handed_over(state.delegations, state.decisions, run.now)
    first: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for each in state.added:
        there = (to for (by, _), to in handed.items() if by == each.by and to in seated)
        by = each.by if each.by in seated else next(there, None)
        if by is not None and each.name in seated:
            later, earlier, order = (
                (by, each.name, first) if each.place == "before" else (each.name, by, after)
            )
            order.setdefault(later, []).append(earlier)
    return first, after


# -- the decisions -------------------------------------------------------------------------------------------


def standing(state: ApprovalState) -> list[DecisionView]:
    """Return the decisions that neither went stale nor were withdrawn, in their order."""
    return [decision for decision in state.decisions if not decision.stale]


def approvers_of(state: ApprovalState) -> list[str]:
    """Return who has approved and whose decision still stands, in the order of their decisions."""
    return [decision.by for decision in standing(state) if decision.decision == "approved"]


def covered(approval: Approval, decision: DecisionView) -> set[str]:
    """Return the parts of the subject that a decision is about: those of the rules under which it may count."""
    rules = approval.rules
    under = range(len(rules)) if decision.under is None else decision.under
    parts = [rules[n].covers if n < len(rules) else () for n in under]
    return set(PARTS) if not parts or not all(parts) else {part for each in parts for part in each}


def _voices(state: ApprovalState, rules: Sequence[Seats]) -> Voices:
    approved = [decision for decision in standing(state) if decision.decision == "approved"]
    return {each.by: [n for n in _under(each, rules) if each.by in rules[n].able] for each in approved}


def _under(decision: DecisionView, rules: Sequence[Seats]) -> Iterable[int]:
    return range(len(rules)) if decision.under is None else decision.under


def comes_after(state: ApprovalState, rules: Sequence[Seats], name: str) -> list[str]:
    """Return for whom `name` has to wait: not for those whose approval would fill no seat more."""
    voices, decided = _voices(state, rules), {decision.by for decision in standing(state)}
    return policy.comes_after(rules, name, {*voices, *policy.idle(rules, voices, decided)}, decided)


def rule_views(run: Run, approval: Approval, state: ApprovalState) -> tuple[RuleView, ...]:
    """Return how far each rule is met."""
    ids = {decision.by: decision.id for decision in standing(state)}
    rules = seats_of(run, approval, state, approvers_of(state))
    filled = policy.fill(rules, _voices(state, rules))
    views = [_unmet(run, rule, state) for rule in approval.rules]
    views += [
        RuleView(people=(each.name,), added_by=each.by, mode="any", min=1, met=False) for each in state.added
    ]
    return tuple(
        view.model_copy(
            update={
                "min": seats.need,
                "met": None not in persons,
                "expires_at": state.expiry_of(n) if None in persons else None,
                "decisions": tuple(ids[person] for person in persons if person is not None),
            }
        )
        for n, (view, seats, persons) in enumerate(zip(views, rules, filled, strict=True))
    )


def _unmet(run: Run, rule: Rule, state: ApprovalState) -> RuleView:
    asks = rule.model_dump(include={*Whom.model_fields} - {"people"})
    people = () if rule.function is not None else asked_of(run, state, rule.source)
    return RuleView(**asks, people=people, mode=rule.mode, min=1, met=False)


def waiting_for(run: Run, approval: Approval, state: ApprovalState) -> tuple[str, ...]:
    """Return whose approval would bring the sign-off forward: whoever enlarges the matching, and whose turn it is."""
    if state.state != "pending":
        return ()
    rules = seats_of(run, approval, state, approvers_of(state))
    decided = {decision.by for decision in standing(state)}
    return policy.waiting(rules, _voices(state, rules), decided)


# -- who works and who signs ---------------------------------------------------------------------------------


def check_leaves_a_signer(run: Run, task: str, doer: str) -> None:
    """Raise Conflict when `doer`, by doing the task, would leave an approval that nobody can meet any more.

    Whoever has taken another task that the approval names is taken to have done it.
    """
    for ref in run.index.barring.get(task, ()):
        _, approval = run.index.approvals[ref]
        state, taken = run.state.approvals[ref], _taken(run, approval)
        before, after = (
            policy.can_be_met(seats_of(run, approval, state, supposed=who))
            for who in (taken, {**taken, task: doer})
        )
        if before and not after:
            raise Conflict(
                "last_signer",
                N_("{who} is needed to sign “{approval}”, so somebody else of {function} must do “{title}”."),
                who=doer,
                approval=approval.title,
                function=run.index.task(task).function,
                title=run.index.task(task).title,
            )


def _taken(run: Run, approval: Approval) -> dict[str, str]:
    named = dict.fromkeys(ref for rule in approval.rules for ref in rule.exclude_doers_of)
    tasks = ((ref, run.state.tasks[ref]) for ref in named)
    return {ref: task.assignee for ref, task in tasks if task.assignee and task.state == "in_progress"}
