"""The schema of a go-live template, after its parameters have been filled in.

The same models describe the stages of a plan, so that what was validated is what runs.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from golive.calendar import Calendar
from golive.model import Fact
from golive.span import Span
from golive.vocabulary import (
    Compare,
    EvidenceType,
    Function,
    Key,
    Meaning,
    OnExpiry,
    Part,
    Priority,
    ProcessName,
    RuleMode,
    UserName,
)
from golive.words import Text


class Requirement(Fact):
    """Evidence that must be there, at least `min` times.

    `name` names a metric; `example` is a value that would pass, shown to people and used by rehearsals.
    """

    type: EvidenceType
    min: int = Field(default=1, ge=1, le=50)
    name: str | None = None
    example: float | str | None = None


class Item(Fact):
    """One line of a checklist."""

    id: Key
    text: Text
    required: bool = True
    requires: tuple[Requirement, ...] = ()


class Due(Fact):
    """When a task is due, in working time: `2d` from the opening of its stage, or as the fields say.

    `after` counts from the completion of a task (no date until then), `before_go_live` back from the
    planned go-live time.
    """

    within: Span
    after: str | None = None
    before_go_live: bool = False

    @model_validator(mode="before")
    @classmethod
    def _plain_span(cls, value: Any) -> Any:
        return {"within": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Due:
        if self.after and self.before_go_live:
            raise ValueError("a due time counts either after a task or before the go-live, not both")
        return self


class Task(Fact):
    """One person's work. `needs` are tasks of the same stage by key, or of an earlier one as `stage.key`.

    `per_build` tasks are done again for a new build. `checklist` adds the items of a shared checklist. Once a
    `point_of_no_return` is done nothing rolls back any more.
    """

    key: Key
    title: Text
    description: Text | None = None
    function: Function
    needs: tuple[str, ...] = ()
    priority: Priority = "P2"
    due: Due | None = None
    verify: bool = False
    per_build: bool = False
    point_of_no_return: bool = False
    requires: tuple[Requirement, ...] = ()
    items: tuple[Item, ...] = ()
    checklist: Key | None = None


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


class FactSource(Fact):
    """Where a check of a gate reads: the fact `fact` from the evidence of the task `task`.

    Facts of a test result are `tests`, `failures`, `errors`, `skipped`, `passed` and `pass_rate` (0 to 1);
    a metric's fact is its name.
    """

    task: str
    fact: str


class MetricSource(Fact):
    """Where a check of a gate reads: the query `metric` of the metrics connector, measured when asked."""

    metric: str


def _fact_or_metric(value: Any) -> str:
    measured = "metric" in value if isinstance(value, dict) else isinstance(value, MetricSource)
    return "metric" if measured else "fact"


class Check(Fact):
    """One measured condition of a gate: observed `compare` `threshold`, observed at most `max_age` ago."""

    key: Key
    title: Text
    source: Annotated[
        Annotated[FactSource, Tag("fact")] | Annotated[MetricSource, Tag("metric")],
        Discriminator(_fact_or_metric),
    ]
    compare: Compare
    threshold: float
    max_age: Span | None = None
    countermeasures: tuple[Text, ...] = ()


class Gate(Fact):
    """Checks that all must pass before the stage opens (`entry`) or before it passes (`exit`)."""

    key: Key
    title: Text
    on: Literal["entry", "exit"] = "exit"
    checks: tuple[Check, ...] = Field(min_length=1, max_length=50)


class Condition(Fact):
    """A comparison with a measured value, written as `>= 0.99`."""

    compare: Compare
    threshold: float

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        compare, _, threshold = value.strip().partition(" ")
        return {"compare": compare, "threshold": threshold}


class Analysis(Fact):
    """One metric that is watched during a rollout.

    Neither `interval` nor `count`: measured once. `interval` alone: until the step ends. `count` above one
    needs `interval`. It fails when failures exceed `failure_limit`. `dry_run` is shown and never counted.
    """

    metric: str
    success: Condition | None = None
    failure: Condition | None = None
    interval: Span | None = None
    count: int | None = Field(default=None, ge=1, le=10_000)
    initial_delay: Span = Span()
    failure_limit: int = Field(default=0, ge=0)
    inconclusive_limit: int = Field(default=0, ge=0)
    consecutive_error_limit: int = Field(default=4, ge=0)
    dry_run: bool = False

    @model_validator(mode="after")
    def _count_needs_interval(self) -> Analysis:
        if (self.count or 1) > 1 and self.interval is None:
            raise ValueError("a count above 1 needs an interval between the measurements")
        if self.success is None and self.failure is None:
            raise ValueError("an analysis needs a success or a failure condition")
        return self


class SetWeight(Fact):
    """Send `weight` % of the traffic to the new version; it stays until it is changed.

    `lower` says that less than before is meant; without it a smaller weight is refused as a slip.
    """

    do: Literal["set_weight"] = "set_weight"
    weight: int = Field(ge=0, le=100)
    lower: bool = False


class Pause(Fact):
    """Wait for `duration`, or for a person to promote when none is given."""

    do: Literal["pause"] = "pause"
    duration: Span | None = None


class Bake(Fact):
    """Observe for `duration` under the rollout's analyses; healthy to the end is the only way on."""

    do: Literal["bake"] = "bake"
    duration: Span


class CheckStep(Fact):
    """Run each analysis of the rollout to its verdict, once, before going on."""

    do: Literal["check"] = "check"


class ApprovalStep(Fact):
    """Ask for the approval `approval` of this stage and wait for it."""

    do: Literal["approval"] = "approval"
    approval: Key


Step = Annotated[SetWeight | Pause | Bake | CheckStep | ApprovalStep, Field(discriminator="do")]


class Rollout(Fact):
    """Staged exposure: grey release, or full release. `metrics` false: no connector, so a person looks at each step.

    `on_conflict` says what happens when another run holds the service and environment.
    """

    steps: tuple[Step, ...] = Field(min_length=1, max_length=100)
    analyses: tuple[Analysis, ...] = ()
    on_unhealthy: Literal["rollback", "hold"] = "rollback"
    on_conflict: Literal["queue", "supersede", "refuse"] = "queue"
    metrics: bool = True


class Rung(Fact):
    """One step of a reminder ladder: at `percent` of the time until due, tell `to`."""

    percent: int = Field(ge=1, le=100)
    to: tuple[Literal["assignee", "function", "release_manager"], ...]


class Ladder(Fact):
    """Reminders until due, then overdue and again after each `overdue_every`, up to `max_overdue` times."""

    rungs: tuple[Rung, ...] = Field(
        default=(
            Rung(percent=50, to=("assignee",)),
            Rung(percent=75, to=("assignee", "function")),
            Rung(percent=100, to=("assignee", "function", "release_manager")),
        ),
        min_length=1,
        max_length=20,
    )
    max_overdue: int = Field(default=5, ge=0, le=60)
    overdue_every: Span = Span(days=1)


StageId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9][a-z0-9-]{0,62}){0,4}$")
]
"""The key of a stage; in a plan `outer.inner` where a used template brought several stages."""


class Stage(Fact):
    """One step of a run. `needs` are the stages that must have passed before it opens.

    `observe` keeps a hypercare stage open for that long. `on_rollback` tasks are the back-out beyond traffic.
    """

    id: StageId
    process: ProcessName
    title: Text
    description: Text | None = None
    needs: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    approvals: tuple[Approval, ...] = ()
    gates: tuple[Gate, ...] = ()
    rollout: Rollout | None = None
    observe: Span | None = None
    on_rollback: tuple[Task, ...] = ()


class Parameter(Fact):
    """What the person who starts a run may set."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    title: Text
    type: Literal["string", "integer", "number", "boolean", "choice", "duration"] = "string"
    default: str | int | float | bool | None = None
    choices: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None


class Use(Fact):
    """A stage that is another template: its stages take this one's place."""

    id: Key
    use: Key
    title: Text | None = None
    needs: tuple[str, ...] = ()
    parameters: dict[str, str | int | float | bool] = {}


def _stage_or_use(value: Any) -> str:
    used = "use" in value if isinstance(value, dict) else isinstance(value, Use)
    return "use" if used else "stage"


class Checklist(Fact):
    """A reusable list of items, which the tasks that name it get appended to their own."""

    name: Key
    title: Text
    items: tuple[Item, ...] = Field(min_length=1, max_length=500)


class Template(Fact):
    """A versioned process definition whose `${parameters}` have been replaced by values."""

    name: Key
    title: Text
    description: Text
    parameters: tuple[Parameter, ...] = ()
    calendar: Calendar = Calendar()
    ladder: Ladder = Ladder()
    stages: tuple[
        Annotated[Annotated[Stage, Tag("stage")] | Annotated[Use, Tag("use")], Discriminator(_stage_or_use)],
        ...,
    ] = Field(min_length=1, max_length=100)
