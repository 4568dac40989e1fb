"""Refuses a plan that its people could not finish: nobody to do a task, to confirm it, or to sign."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from golive.errors import Invalid, together
from golive.people import DOES
from golive.plan import Plan
from golive.policy import Seats, can_be_filled, can_be_met, circle
from golive.problems import SHOWN, Place, listed
from golive.signers import seats_under
from golive.template import Stage, Task
from golive.template_approvals import Approval, Rule
from golive.template_checks import places_asking, roles_asked
from golive.vocabulary import Role
from golive.words import N_

VERIFIERS = 2
"""People that a task with `verify` takes: one does it, another confirms it."""


@dataclass(frozen=True)
class Obstacle:
    """Something that the people of a plan cannot do: what asks for it, as a place within a stage, and the refusal."""

    stage: str
    place: Place
    refusal: Invalid


def check_feasible(plan: Plan) -> None:
    """Raise Invalid for what the plan's people cannot do, the first thing first.

    Codes: `nobody_for_function`, `verifier_missing`, `unsatisfiable_approval`. The sentence names the task or
    approval, the rule and the persons; the facts list them.
    """
    if found := obstacles(plan):
        raise together([obstacle.refusal for obstacle in found[:SHOWN]])


def obstacles(plan: Plan) -> list[Obstacle]:
    """Return what the people of the plan cannot do. Who is missing hides what follows from it."""
    return list(_roles_of_nobody(plan)) or [*_unconfirmed(plan), *_unsigned(plan)]


def _roles_of_nobody(plan: Plan) -> Iterator[Obstacle]:
    for function, roles in roles_asked(plan.stages).items():
        for role in sorted(roles):
            if not (plan.doers(function) if role == DOES else plan.signers(function)):
                stage, place = next(places_asking(plan.stages, function, role))
                yield Obstacle(stage.id, place, _nobody(plan, function, role))


def _unconfirmed(plan: Plan) -> Iterator[Obstacle]:
    for stage in plan.stages:
        for part, tasks in (("tasks", stage.tasks), ("on_rollback", stage.on_rollback)):
            for n, task in enumerate(tasks):
                if task.verify and len(plan.doers(task.function)) < VERIFIERS:
                    yield Obstacle(stage.id, (part, n, "verify"), _no_verifier(plan, stage, task))


def _unsigned(plan: Plan) -> Iterator[Obstacle]:
    tasks = {f"{stage.id}.{task.key}": task for stage, task in _tasks(plan.stages)}
    for stage in plan.stages:
        for n, approval in enumerate(stage.approvals):
            asked = _Asked(plan, stage, approval, tasks)
            if not asked.can_be_signed():
                yield Obstacle(stage.id, ("approvals", n, *asked.short_rule()), asked.refusal())


def _tasks(stages: Sequence[Stage]) -> Iterator[tuple[Stage, Task]]:
    return ((stage, task) for stage in stages for task in (*stage.tasks, *stage.on_rollback))


def _nobody(plan: Plan, function: str, role: Role) -> Invalid:
    tasks = [f"{stage.id}.{task.key}" for stage, task in _tasks(plan.stages) if task.function == function]
    approvals = [
        f"{stage.id}.{approval.key}"
        for stage in plan.stages
        for approval in stage.approvals
        if any(rule.function == function for rule in approval.rules)
    ]
    needed = tasks if role == DOES else approvals
    return Invalid(
        "nobody_for_function",
        N_(
            "nobody has both the function “{function}” and the role {role}, which {needed} needs; "
            "give a person both, or name one who has them for this function"
        ),
        function=function,
        role=role,
        needed=listed(needed, 3),
        facts={
            "field": f"people.{function}",
            "function": function,
            "role": role,
            "tasks": tasks,
            "approvals": approvals,
        },
    )


def _no_verifier(plan: Plan, stage: Stage, task: Task) -> Invalid:
    people = plan.doers(task.function)
    return Invalid(
        "verifier_missing",
        N_(
            "the task “{title}” ({ref}) is confirmed by a second person, but of {function} only {people} "
            "has the role assignee; name another one"
        ),
        title=task.title,
        ref=f"{stage.id}.{task.key}",
        function=task.function,
        people=listed(people),
        facts={
            "field": f"people.{task.function}",
            "task": f"{stage.id}.{task.key}",
            "function": task.function,
            "people": list(people),
        },
    )


def excluded(plan: Plan) -> frozenset[str]:
    """Return who may never sign in this plan: who starts the run, and who made the release."""
    return frozenset({plan.release_manager, *plan.release.authors})


def signers(plan: Plan, rule: Rule) -> list[str]:
    """Return who may sign under a rule, in order, before anybody has done the work that excludes."""
    out = excluded(plan)
    return [person for person in plan.signers(rule.source) if person not in out]


@dataclass(frozen=True)
class _Asked:
    """One approval of a plan, with whom it could ask."""

    plan: Plan
    stage: Stage
    approval: Approval
    tasks: Mapping[str, Task]

    def can_be_signed(self) -> bool:
        """Tell whether some choice of persons meets every rule."""
        return all(self._seats(rule).able for rule in self.approval.rules) and self._finds_persons()

    def _finds_persons(self) -> bool:
        """Try who might do the tasks whose doers are excluded; one good choice is enough.

        Of a function's members only as many need trying as there are slots, and one more: among those is one
        whom no slot takes.
        """
        doing = {
            self.tasks[ref].function: None for rule in self.approval.rules for ref in rule.exclude_doers_of
        }
        slots = sum(self._seats(rule).need for rule in self.approval.rules)
        choices = [
            [(function, person) for person in self._doers(function)[: slots + 1]] for function in doing
        ]
        return any(self._matches(dict(choice)) for choice in product(*choices))

    def _doers(self, function: str) -> list[str]:
        """Return who could do a task, those first who could not sign anyway."""
        return sorted(self.plan.doers(function), key=lambda person: person not in excluded(self.plan))

    def _matches(self, doers: Mapping[str, str]) -> bool:
        did = (
            {doers[self.tasks[ref].function] for ref in rule.exclude_doers_of} for rule in self.approval.rules
        )
        return can_be_met(
            [self._seats(rule, out) for rule, out in zip(self.approval.rules, did, strict=True)]
        )

    def _seats(self, rule: Rule, did: Collection[str] = ()) -> Seats:
        able = tuple(person for person in signers(self.plan, rule) if person not in did)
        return seats_under(self.approval, rule, able)

    def short_rule(self) -> Place:
        """Return where the rule stands, within the approval, that has too few persons; nowhere when it is not one."""
        rules = [self._told(rule) for rule in self.approval.rules]
        short = [n for n, rule in enumerate(rules) if len(rule["eligible"]) < rule["min"]]
        return ("rules", short[0]) if len(short) == 1 else ()

    def refusal(self) -> Invalid:
        """Return the sentence that names the rules which cannot be met, and the persons."""
        seats = [self._seats(rule) for rule in self.approval.rules]
        waiting = circle(seats)
        return self._waiting_refusal(waiting) if waiting and can_be_filled(seats) else self._short_refusal()

    def _waiting_refusal(self, waiting: Sequence[str]) -> Invalid:
        """Say who would wait for whom for ever, and which rules ask them so."""
        rules = [self._told(rule) for rule in self.approval.rules]
        ordered = [
            rule
            for rule in rules
            if rule["mode"] == "ordered" and len(set(waiting).intersection(rule["eligible"])) > 1
        ]
        return Invalid(
            "unsatisfiable_approval",
            N_(
                "nobody could sign “{title}” ({ref}): {people} would wait for each other, because these rules ask "
                "them one after the other in different orders: {rules}; let one of them ask without an order"
            ),
            title=self.approval.title,
            ref=f"{self.stage.id}.{self.approval.key}",
            people=listed(waiting),
            rules="; ".join(f"{rule['function']}: {listed(rule['eligible'])}" for rule in ordered),
            facts=self._facts(ordered[0], rules),
        )

    def _facts(self, at: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            "field": f"people.{at['function']}" if at["function"] else "template",
            "approval": self.approval.key,
            "stage": self.stage.id,
            "rules": list(rules),
        }

    def _short_refusal(self) -> Invalid:
        rules = [self._told(rule) for rule in self.approval.rules]
        short = [rule for rule in rules if len(rule["eligible"]) < rule["min"]] or rules
        msgid = N_(
            "nobody could sign “{title}” ({ref}): {rules}. Who started the run, made the release or did the "
            "work that is signed cannot sign, and each signature needs another person; name more people"
        )
        return Invalid(
            "unsatisfiable_approval",
            msgid,
            title=self.approval.title,
            ref=f"{self.stage.id}.{self.approval.key}",
            rules="; ".join(
                f"{rule['asks']} × {rule['min']}: {listed(rule['eligible'])}"
                + (f" (− {listed(rule['excluded'])})" if rule["excluded"] else "")
                for rule in short
            ),
            facts=self._facts(short[0], rules),
        )

    def _told(self, rule: Rule) -> dict[str, Any]:
        eligible, out = signers(self.plan, rule), excluded(self.plan)
        return {
            "asks": rule.source,
            "function": rule.function,
            "mode": rule.mode,
            "min": self._seats(rule).need,
            "eligible": eligible,
            "excluded": [person for person in self.plan.signers(rule.source) if person in out],
        }
