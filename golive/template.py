"""The schema of a go-live template, after its parameters have been filled in.

The same models describe the stages of a plan, so that what was validated is what runs.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from golive.calendar import Calendar
from golive.model import Fact
from golive.span import Span
from golive.template_approvals import Approval
from golive.template_rollouts import Rollout
from golive.vocabulary import Compare, EvidenceType, Function, Key, Priority, ProcessName
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
