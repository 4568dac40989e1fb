"""Tiered authority: an approval with a decision table gets the rules of the row that applies to a start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from golive.composition import Placed
from golive.decision_table import applying, case_words, inputs_of
from golive.errors import Invalid
from golive.parameters import declared
from golive.plan import AppliedRow
from golive.problems import Place
from golive.template_approvals import Approval, DecisionTable, Rule
from golive.words import N_


def with_rules(stages: Sequence[Placed]) -> tuple[list[Placed], dict[str, AppliedRow]]:
    """Return the stages with rules in the place of tables, and by approval which row they come from.

    Raises Invalid with the code `no_row_applies` where no row has rules for the values of the parameters.
    """
    applied: dict[str, AppliedRow] = {}

    def settled(placed: Placed, approval: Approval) -> Approval:
        if approval.rules_by is None:
            return approval
        found = applying(approval.rules_by, declared(placed.source), placed.values)
        if found is None:
            raise _refusal(placed, approval, approval.rules_by)
        rules, applied[f"{placed.stage.id}.{approval.key}"] = found
        return approval.model_copy(update={"rules": rules, "rules_by": None})

    ruled = [_with(placed, [settled(placed, each) for each in placed.stage.approvals]) for placed in stages]
    return ruled, applied


def _with(placed: Placed, approvals: Sequence[Approval]) -> Placed:
    return replace(placed, stage=placed.stage.model_copy(update={"approvals": tuple(approvals)}))


def _refusal(placed: Placed, approval: Approval, table: DecisionTable) -> Invalid:
    inputs = inputs_of(table, placed.values)
    return Invalid(
        "no_row_applies",
        N_(
            "“{title}” ({ref}) has no rules where {inputs}: no row of its table fits, so such a release does not go "
            "live by this template; choose another template, or other values"
        ),
        title=approval.title,
        ref=f"{placed.stage.id}.{approval.key}",
        inputs=case_words(inputs),
        facts={
            "field": f"parameters.{next(iter(inputs))}",
            "approval": approval.key,
            "stage": placed.stage.id,
        },
    )


@dataclass(frozen=True)
class Alternative:
    """The stages as they would be if other rows applied; `rows` says, by stage and number of the approval, where those
    rules stand in it.
    """

    stages: list[Placed]
    rows: dict[tuple[str, int], Place]

    def place(self, stage: str, place: Place) -> Place:
        """Return a place within a stage as it is written, with the row instead of the rules that it stands for."""
        row = self.rows.get((stage, int(place[1]))) if place[0] == "approvals" else None
        return (*place[:2], *row, *place[3:]) if row and place[2:3] == ("rules",) else place


def alternatives(stages: Sequence[Placed]) -> Iterator[Alternative]:
    """Yield the stages with every row of every table once, to judge all rules by the people there are."""
    tables = [each.rules_by for placed in stages for each in placed.stage.approvals]
    for nth in range(max((len(_rows(table)) for table in tables if table), default=1)):
        rows: dict[tuple[str, int], Place] = {}
        ruled = [_with(placed, list(_nth(placed, nth, rows))) for placed in stages]
        yield Alternative(ruled, rows)


def _nth(placed: Placed, nth: int, rows: dict[tuple[str, int], Place]) -> Iterator[Approval]:
    for n, approval in enumerate(placed.stage.approvals):
        if approval.rules_by is None:
            yield approval
            continue
        possible = _rows(approval.rules_by)
        rows[placed.stage.id, n], rules = possible[min(nth, len(possible) - 1)]
        yield approval.model_copy(update={"rules": rules, "rules_by": None})


def _rows(table: DecisionTable) -> list[tuple[Place, tuple[Rule, ...]]]:
    found: list[tuple[Place, tuple[Rule, ...]]] = [
        (("rules_by", "rows", n, "rules"), row.rules) for n, row in enumerate(table.rows)
    ]
    return [*found, (("rules_by", "otherwise"), table.otherwise)] if table.otherwise else found
