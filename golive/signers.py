"""Who may sign an approval, and which of those who did fill its slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from golive.errors import Conflict
from golive.matching import match
from golive.recording import RuleView
from golive.run import Run
from golive.standing import bars
from golive.state import ApprovalState
from golive.template import Approval, Rule
from golive.words import N_, Sentence

Doers = Mapping[str, str]
"""Who is taken to have done which task, by reference."""
NOBODY: Doers = {}


def barred(run: Run, rule: Rule, supposed: Doers = NOBODY) -> dict[str, Sentence]:
    """Return who may not sign under a rule, and why: no role is exempt. `supposed` doers are taken for done."""
    doers = ((supposed.get(ref) or run.state.tasks[ref].done_by, ref) for ref in rule.exclude_doers_of)
    return bars(
        started_by=run.state.started_by,
        authors=run.state.release.authors,
        editor=run.state.builds[-1].by,
        done=[(doer, run.index.task(ref).title) for doer, ref in doers if doer],
    )


def eligible(
    run: Run, rule: Rule, approvers: Sequence[str] = (), supposed: Doers = NOBODY
) -> tuple[str, ...]:
    """Return who may sign under a rule, in the plan's order: who is asked, and of its members the `approvers`.

    Who approved had the role then, even if the plan does not ask them because they got it later.
    """
    out, asked = barred(run, rule, supposed), run.plan.signers(rule.function)
    members = run.plan.members(rule.function)
    return tuple(name for name in members if name not in out and (name in asked or name in approvers))


def slots_of(rule: Rule, able: int) -> int:
    """Return how many persons a rule asks for of `able` who may sign; never fewer than one, whoever is there."""
    match rule.mode:
        case "any":
            return 1
        case "all":
            return max(able, 1)
        case "n":
            return rule.min
        case "percent":
            return max(-(-able * rule.min // 100), 1)


def fill(
    run: Run, approval: Approval, approvers: Sequence[str], supposed: Doers = NOBODY
) -> list[list[str | None]]:
    """Return for each rule, by the maximum matching, which of `approvers` fills each of its slots.

    In a sign-off (`distinct`) one person fills one slot, except under rules that say `may_fill_many`.
    """
    wanted = [_candidates(run, rule, approvers, supposed) for rule in approval.rules]
    shared = [n for n, rule in enumerate(approval.rules) if approval.distinct and not rule.may_fill_many]
    seats = [(n, able) for n in shared for able in wanted[n]]
    found = match([able for _, able in seats])
    filled: list[list[str | None]] = [[] for _ in approval.rules]
    for (n, _), person in zip(seats, found, strict=True):
        filled[n].append(person)
    for n in range(len(approval.rules)):
        if n not in shared:
            filled[n] = match(wanted[n])
    return filled


def _candidates(run: Run, rule: Rule, approvers: Sequence[str], supposed: Doers) -> list[list[str]]:
    able = eligible(run, rule, approvers, supposed)
    return [[name for name in approvers if name in able]] * slots_of(rule, len(able))


def approvers_of(state: ApprovalState) -> list[str]:
    """Return who has approved and whose decision still stands, in the order of their decisions."""
    return [
        decision.by for decision in state.decisions if decision.decision == "approved" and not decision.stale
    ]


def rule_views(run: Run, approval: Approval, state: ApprovalState) -> tuple[RuleView, ...]:
    """Return how far each rule is met."""
    ids = {decision.by: decision.id for decision in state.decisions if not decision.stale}
    approvers = approvers_of(state)
    filled = fill(run, approval, approvers)
    return tuple(
        RuleView(
            function=rule.function,
            mode=rule.mode,
            min=slots_of(rule, len(eligible(run, rule, approvers))),
            met=None not in seats,
            decisions=tuple(ids[person] for person in seats if person is not None),
        )
        for rule, seats in zip(approval.rules, filled, strict=True)
    )


def waiting_for(run: Run, approval: Approval, state: ApprovalState) -> tuple[str, ...]:
    """Return whose approval would bring the sign-off forward: whoever enlarges the matching."""
    if state.state != "pending":
        return ()
    decided = {decision.by for decision in state.decisions if not decision.stale}
    now = approvers_of(state)
    reached = _filled(fill(run, approval, now))
    names = dict.fromkeys(name for rule in approval.rules for name in eligible(run, rule))
    return tuple(
        name for name in names if name not in decided and _filled(fill(run, approval, [*now, name])) > reached
    )


def _filled(seats: list[list[str | None]]) -> int:
    return sum(person is not None for rule in seats for person in rule)


def check_leaves_a_signer(run: Run, task: str, doer: str) -> None:
    """Raise Conflict when `doer`, by doing the task, would leave an approval that nobody can meet any more.

    Whoever has taken another task that the approval names is taken to have done it.
    """
    for ref in run.index.barring.get(task, ()):
        _, approval = run.index.approvals[ref]
        taken = _taken(run, approval)
        if _can_be_met(run, approval, taken) and not _can_be_met(run, approval, {**taken, task: doer}):
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


def _can_be_met(run: Run, approval: Approval, supposed: Doers) -> bool:
    everybody = list(
        dict.fromkeys(name for rule in approval.rules for name in run.plan.signers(rule.function))
    )
    return all(None not in seats for seats in fill(run, approval, everybody, supposed))
