"""Who may sign an approval, and which of those who did fill its slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from golive import policy
from golive.errors import Conflict
from golive.policy import Seats, Voices, needed
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


def seats_of(
    run: Run, approval: Approval, approvers: Sequence[str] = (), supposed: Doers = NOBODY
) -> list[Seats]:
    """Return each rule with who may sign under it now. In a sign-off (`distinct`) rules share their persons."""
    return [seats_under(approval, rule, eligible(run, rule, approvers, supposed)) for rule in approval.rules]


def seats_under(approval: Approval, rule: Rule, able: tuple[str, ...]) -> Seats:
    """Return a rule of `approval` with those who are `able` to sign under it."""
    return Seats(
        able=able,
        need=needed(rule.mode, rule.min, len(able)),
        ordered=rule.mode == "ordered",
        shared=approval.distinct and not rule.may_fill_many,
    )


def approvers_of(state: ApprovalState) -> list[str]:
    """Return who has approved and whose decision still stands, in the order of their decisions."""
    return [
        decision.by for decision in state.decisions if decision.decision == "approved" and not decision.stale
    ]


def rule_views(run: Run, approval: Approval, state: ApprovalState) -> tuple[RuleView, ...]:
    """Return how far each rule is met."""
    ids = {decision.by: decision.id for decision in state.decisions if not decision.stale}
    approvers = approvers_of(state)
    rules = seats_of(run, approval, approvers)
    filled = policy.fill(rules, _voices(rules, approvers))
    return tuple(
        RuleView(
            function=rule.function,
            mode=rule.mode,
            min=seats.need,
            met=None not in persons,
            decisions=tuple(ids[person] for person in persons if person is not None),
        )
        for rule, seats, persons in zip(approval.rules, rules, filled, strict=True)
    )


def _voices(rules: Sequence[Seats], approvers: Sequence[str]) -> Voices:
    return {name: [n for n, rule in enumerate(rules) if name in rule.able] for name in approvers}


def waiting_for(run: Run, approval: Approval, state: ApprovalState) -> tuple[str, ...]:
    """Return whose approval would bring the sign-off forward: whoever enlarges the matching."""
    if state.state != "pending":
        return ()
    approvers = approvers_of(state)
    rules = seats_of(run, approval, approvers)
    decided = {decision.by for decision in state.decisions if not decision.stale}
    return policy.waiting(rules, _voices(rules, approvers), decided)


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
    return policy.can_be_met(seats_of(run, approval, supposed=supposed))
