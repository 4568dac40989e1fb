"""What can stand in the script of a test: acts of people, facts of the world, time that passes, what is expected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from golive.model import Fact
from golive.span import Span
from golive.vocabulary import (
    ApprovalStateName,
    CheckStateName,
    EvidenceType,
    RunStateName,
    StageStateName,
    TaskStateName,
    UserName,
)

_LONG = re.compile(r"\b(day|hour|minute|second)s?\b")
_LETTERS = {"day": "d", "hour": "h", "minute": "m", "second": "s"}


def _short(value: Any) -> Any:
    """Read `2 days` and `1 hour 30 minutes` as `2d` and `1h 30m`."""
    return _LONG.sub(lambda found: _LETTERS[found[1]], value) if isinstance(value, str) else value


Time = Annotated[Span, BeforeValidator(_short)]
Sentences = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]


class Expected(Fact):
    """How the run must stand. Only what is named is compared.

    `blocked_by` are parts of the English sentence that says what the run waits for; `awaited` are people of whom
    something is, `not_awaited` people of whom nothing is awaited; `happened` are types of events of the journal.
    """

    run: RunStateName | None = None
    stages: dict[str, StageStateName] = {}
    tasks: dict[str, TaskStateName] = {}
    approvals: dict[str, ApprovalStateName] = {}
    gates: dict[str, CheckStateName] = {}
    traffic: int | None = Field(default=None, ge=0, le=100)
    blocked_by: Sentences = ()
    awaited: tuple[UserName, ...] = ()
    not_awaited: tuple[UserName, ...] = ()
    overdue: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()


class Step(Fact):
    """One line of a script. Afterwards the run must stand as `expect` says."""

    expect: Expected | None = None


class Act(Step):
    """What one person does; without `by`, the first who may. `refused` is the code with which it must be refused."""

    by: UserName | None = None
    refused: str | None = None


class Expect(Fact):
    """Look how the run stands, without doing anything."""

    expect: Expected


class Rest(Step):
    """Let everybody do what waits for them, and the time go on, until nothing waits or only a person's choice helps."""

    rest: Literal["done"]


class Until(Step):
    """As `rest`, but only until the run stands as said; it must come to that."""

    until: Expected


class After(Step):
    """Let time go by in which nobody does anything."""

    after: Time


class Measure(Step):
    """From now on the metrics connector reads these values; null is no data. What nobody measures is healthy."""

    measure: dict[str, float | Literal["unreadable"] | None] = Field(min_length=1)


class Service(Step):
    """Another run `taken` holds the service and its environment, or has given them back (`free`)."""

    service: Literal["taken", "free"]


class Traffic(Step):
    """The gateway is `broken` and shifts fail, or it `works` again."""

    traffic: Literal["broken", "works"]


class Tests(Fact):
    """The counts of a test report that somebody hands in."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    tests: int = Field(ge=0)
    failures: int = Field(default=0, ge=0)
    errors: int = Field(default=0, ge=0)
    skipped: int = Field(default=0, ge=0)


class Complete(Act):
    """Complete a task. What is not said is handed in as required: evidence with passing values, passing items.

    `evidence` are the kinds that are handed in instead, `[]` is none. `facts` are values of metrics, `tests` the
    counts of the test report, `items` what came of single items; those in `leave_out` are not answered.
    """

    complete: str
    remark: str | None = None
    evidence: tuple[EvidenceType, ...] | None = None
    facts: dict[str, float] = {}
    tests: Tests | None = None
    items: dict[str, Literal["pass", "fail", "not_applicable"]] = {}
    leave_out: tuple[str, ...] = ()


class Start(Act):
    """Take a task."""

    start: str


class Verify(Act):
    """Confirm what another person did, or send it back with `result: fail`."""

    verify: str
    result: Literal["pass", "fail"] = "pass"
    reason: str = "Looked at it again."


class Block(Act):
    """Say that a task cannot go on."""

    block: str
    reason: str = "Something is missing."


class Reopen(Act):
    """Open a finished or blocked task again."""

    reopen: str
    reason: str = "It has to be done again."


class Reassign(Act):
    """Give a task to another person; without `to`, to its function again."""

    reassign: str
    to: UserName | None = None


class NotApplicable(Act):
    """Say that a task does not apply."""

    not_applicable: str
    reason: str = "It does not apply to this release."


class Approve(Act):
    """Approve what is asked, as it now is."""

    approve: str
    comment: str | None = None


class Reject(Act):
    """Reject what is asked."""

    reject: str
    comment: str = "Not like this."


class SendBack(Act):
    """Return what is asked to the task `to`, which has to be done again."""

    send_back: str
    to: str
    comment: str = "Do this again."


class Promote(Act):
    """Go on to the next step of the rollout; the value is the reason."""

    promote: str


class PromoteFull(Act):
    """Skip the remaining pauses and weights of the rollout."""

    promote_full: str


class Retry(Act):
    """Start the rollout over."""

    retry: str


class Hold(Act):
    """Hold the run."""

    hold: str


class Resume(Act):
    """Go on after a hold."""

    resume: str


class Abort(Act):
    """Abort the run."""

    abort: str


class Rollback(Act):
    """Roll the run back."""

    rollback: str


class Build(Act):
    """Register a new build with this version."""

    build: str
    authors: tuple[UserName, ...] = ()
    reason: str = "A fix."


class Lesson(Act):
    """Add a lesson."""

    lesson: str


AnyStep = (
    Rest | Until | After | Measure | Service | Traffic | Complete | Start | Verify | Block | Reopen | Reassign
    | NotApplicable | Approve | Reject | SendBack | Promote | PromoteFull | Retry | Hold | Resume | Abort
    | Rollback | Build | Lesson | Expect
)  # fmt: skip
KINDS_OF_STEPS: Mapping[str, type[AnyStep]] = {
    next(name for name, field in kind.model_fields.items() if field.is_required()): kind
    for kind in AnyStep.__args__
}
"""What a step can be, by the one key that says so."""
