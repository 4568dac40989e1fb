"""Approvals of a template: whom each asks, by which rules, and by which tables the rules are chosen."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from golive.model import Fact
from golive.span import Span
from golive.vocabulary import Function, Key, Meaning, OnExpiry, Part, RuleMode, UserName
from golive.words import Text


class Whom(Fact):
    """Whom a rule asks, in one of five ways: the members of a function or of a group, `people` by their names, the
    manager of somebody whom the plan knows, or the owners of the service that goes live.

    Who acts in a function is frozen into the plan. Who the others are is found out when decisions are asked for.
    """

    function: Function | None = None
    group: Key | None = None
    people: tuple[UserName, ...] = Field(default=(), max_length=100)
    manager_of: Literal["release_manager", "authors"] | None = None
    owner_of_service: bool = False

    @property
    def source(self) -> str:
        """The key of whom it asks: a function by its name, all others with a colon, such as `group:cab`."""
        if self.function is not None:
            return self.function
        if self.group is not None:
            return f"group:{self.group}"
        if self.manager_of is not None:
            return f"manager_of:{self.manager_of}"
        return "owner_of:service" if self.owner_of_service else f"people:{','.join(self.people)}"


class Rule(Whom):
    """Who must decide: `any` one of those it asks, `all` of them, `n` = `min` of them, `percent` = `min` % of them.

    `ordered`: all of them, one after another. Whoever started the run, made the artifact or last edited what is signed
    never counts; `exclude_doers_of` adds those who completed the named tasks. A decision under a rule that `covers`
    only parts of the subject (empty: all of it) stands while those stay as they are. `expires_in` and `on_expiry` are
    those of its approval where the rule says nothing.
    """

    mode: RuleMode = "any"
    min: int = Field(default=1, ge=1, le=100)
    veto: bool = True
    may_fill_many: bool = False
    exclude_doers_of: tuple[str, ...] = ()
    covers: tuple[Part, ...] = ()
    expires_in: Span | None = None
    on_expiry: OnExpiry | None = None


Asked = str | int | float | bool | tuple[str | int | float | bool, ...]
"""What a row of a decision table asks of a parameter: a value, one of several, or comparisons such as `>= 7`."""


class TableRow(Fact):
    """One row of a decision table: where each parameter is as `when` asks, its rules apply."""

    when: dict[str, Asked] = Field(min_length=1, max_length=20)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=20)


class DecisionTable(Fact):
    """Which rules apply, by the parameters of the start.

    `hit`: the `first` row that fits applies, or, `unique`, no two may fit. Where none does the rules `otherwise` apply,
    or the start is refused when `refuse_others` says so; without either the rows must fit every value.
    """

    hit: Literal["first", "unique"] = "first"
    rows: tuple[TableRow, ...] = Field(min_length=1, max_length=50)
    otherwise: tuple[Rule, ...] = Field(default=(), min_length=1, max_length=20)
    refuse_others: bool = False


class Approval(Fact):
    """A request for decisions; with two functions or more and `distinct`, a sign-off.

    It has `rules`, or a table that gives it those of the row that applies; in a plan there are only rules. It is asked
    for when the tasks `after` are done (default: all of its stage). `back_to` names the task that a rejection opens
    again; without it the run is held for the release manager. An approval expires closed. With `reauthenticate` whoever
    signs proves again, for that act, who they are.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["rules"]}, {"required": ["rules_by"]}]}
    )

    key: Key
    title: Text
    rules: tuple[Rule, ...] = Field(default=(), min_length=1, max_length=20)
    rules_by: DecisionTable | None = None
    after: tuple[str, ...] | None = None
    distinct: bool = True
    meaning: Meaning = "approved"
    reauthenticate: bool = False
    due: Span | None = None
    expires_in: Span | None = None
    on_expiry: OnExpiry = "escalate"
    back_to: str | None = None
