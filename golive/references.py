"""References between the parts of a template: each place where a stage names a task, in one walk."""

from __future__ import annotations

from collections.abc import Callable

from golive.problems import Place
from golive.template import Due, FactSource, Gate, Stage, Task
from golive.template_approvals import Approval, DecisionTable, Rule

Rewrite = Callable[[str, Place], str]
"""Returns what a reference becomes; the place, within its stage, serves for problems."""


def with_references(stage: Stage, rewrite: Rewrite) -> Stage:
    """Return the stage with `rewrite` applied to each reference to a task; its own `needs` stay."""
    return stage.model_copy(
        update={
            "tasks": tuple(_task(task, ("tasks", n), rewrite) for n, task in enumerate(stage.tasks)),
            "on_rollback": tuple(
                _task(task, ("on_rollback", n), rewrite) for n, task in enumerate(stage.on_rollback)
            ),
            "approvals": tuple(
                _approval(approval, ("approvals", n), rewrite) for n, approval in enumerate(stage.approvals)
            ),
            "gates": tuple(_gate(gate, ("gates", n), rewrite) for n, gate in enumerate(stage.gates)),
        }
    )


def _task(task: Task, place: Place, rewrite: Rewrite) -> Task:
    needs = _all(task.needs, (*place, "needs"), rewrite)
    return task.model_copy(update={"needs": needs, "due": _due(task.due, (*place, "due"), rewrite)})


def _due(due: Due | None, place: Place, rewrite: Rewrite) -> Due | None:
    if due is None or due.after is None:
        return due
    return due.model_copy(update={"after": rewrite(due.after, (*place, "after"))})


def _approval(approval: Approval, place: Place, rewrite: Rewrite) -> Approval:
    after = None if approval.after is None else _all(approval.after, (*place, "after"), rewrite)
    back_to = None if approval.back_to is None else rewrite(approval.back_to, (*place, "back_to"))
    rules = _rules(approval.rules, (*place, "rules"), rewrite)
    table = approval.rules_by and _table(approval.rules_by, (*place, "rules_by"), rewrite)
    update = {"after": after, "back_to": back_to, "rules": rules, "rules_by": table}
    return approval.model_copy(update=update)


def _table(table: DecisionTable, place: Place, rewrite: Rewrite) -> DecisionTable:
    rows = [
        row.model_copy(update={"rules": _rules(row.rules, (*place, "rows", n, "rules"), rewrite)})
        for n, row in enumerate(table.rows)
    ]
    otherwise = _rules(table.otherwise, (*place, "otherwise"), rewrite)
    return table.model_copy(update={"rows": tuple(rows), "otherwise": otherwise})


def _rules(rules: tuple[Rule, ...], place: Place, rewrite: Rewrite) -> tuple[Rule, ...]:
    return tuple(_rule(rule, (*place, n), rewrite) for n, rule in enumerate(rules))


def _rule(rule: Rule, place: Place, rewrite: Rewrite) -> Rule:
    excluded = _all(rule.exclude_doers_of, (*place, "exclude_doers_of"), rewrite)
    return rule.model_copy(update={"exclude_doers_of": excluded})


def _gate(gate: Gate, place: Place, rewrite: Rewrite) -> Gate:
    checks = list(gate.checks)
    for n, check in enumerate(checks):
        if isinstance(check.source, FactSource):
            task = rewrite(check.source.task, (*place, "checks", n, "source", "task"))
            source = check.source.model_copy(update={"task": task})
            checks[n] = check.model_copy(update={"source": source})
    return gate.model_copy(update={"checks": tuple(checks)})


def _all(references: tuple[str, ...], place: Place, rewrite: Rewrite) -> tuple[str, ...]:
    return tuple(rewrite(reference, (*place, n)) for n, reference in enumerate(references))
