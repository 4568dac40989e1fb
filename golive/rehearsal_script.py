"""The tests of a template as people write them: YAML with scripted acts and what is expected of the run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from golive.model import Fact
from golive.problems import KINDS, InvalidSource, Place, Problem, listed, nearest
from golive.span import Span
from golive.template_source import Source
from golive.vocabulary import (
    ApprovalStateName,
    CheckStateName,
    EvidenceType,
    Function,
    Key,
    RunStateName,
    StageStateName,
    TaskStateName,
    UserName,
)
from golive.words import N_, say
from golive.yaml_reader import read_yaml

ENDING = ".test.yaml"
"""How the name of a file with tests ends: `hotfix.test.yaml` holds those of `hotfix.yaml`."""

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


class Going(Fact):
    """The release that goes live in a test."""

    service: str = "service"
    version: str = "1.0.0"
    environment: str = "production"
    authors: tuple[UserName, ...] = ()


class Head(Fact):
    """What stands above the steps of one test.

    `people` act for a function instead of the four that stand in (`qa1` to `qa4`); `manager` starts the run. `start`
    is when: else on a Monday at 10:00 in Shanghai. `metrics` false is an installation that measures nothing.
    `refused` is the code with which the start itself must be refused.
    """

    name: str = Field(min_length=1, max_length=200)
    parameters: dict[str, str | int | float | bool] = {}
    people: dict[Function, tuple[UserName, ...]] = {}
    manager: UserName = "manager"
    release: Going = Going()
    start: AwareDatetime | None = None
    go_live_at: AwareDatetime | None = None
    metrics: bool = True
    refused: str | None = None
    steps: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Placed:
    """A step, where it stands, and how it is called in what is told about it."""

    step: AnyStep
    place: Place
    line: int

    @property
    def words(self) -> str:
        """The step as it was written, shortened to its first key."""
        key = next(key for key, kind in KINDS_OF_STEPS.items() if isinstance(self.step, kind))
        value = getattr(self.step, key)
        return key if key in {"expect", "until", "measure"} else f"{key}: {value}"


@dataclass(frozen=True)
class Test:
    """One test: what it starts with, its steps, and the line it begins at."""

    __test__ = False

    head: Head
    steps: tuple[Placed, ...]
    place: Place
    line: int


@dataclass(frozen=True)
class Script:
    """The tests of one template."""

    template: str
    tests: tuple[Test, ...]
    source: Source


class _File(Fact):
    """The whole file. Without `template` it is that of the file's own name."""

    template: Key | None = None
    people: dict[Function, tuple[UserName, ...]] = {}
    tests: tuple[Any, ...] = Field(min_length=1, max_length=200)


def read_script(file: str, text: str) -> Script:
    """Read the tests of a template; `file` names them in errors. Raises InvalidSource with every problem found."""
    document = read_yaml(file, text)
    own = file.rpartition("/")[2].removesuffix(ENDING)
    source = Source(file, text, "test", own, "", document.content, document.lines)
    if not isinstance(document.content, dict):
        sentence = say(N_("a file of tests is a group of keys, with “tests:” among them"), kind=KINDS["test"])
        raise InvalidSource([source.problem((), sentence)])
    whole = source.validated(_File, document.content)
    reader = _Reader(source, whole)
    tests = tuple(reader.test(entry, ("tests", n)) for n, entry in enumerate(whole.tests))
    if reader.problems:
        raise InvalidSource(reader.problems)
    return Script(whole.template or own, tuple(each for each in tests if each is not None), source)


class _Reader:
    def __init__(self, source: Source, whole: _File) -> None:
        self.source = source
        self.whole = whole
        self.problems: list[Problem] = []

    def test(self, entry: Any, place: Place) -> Test | None:
        """Return the test at `place`; what is wrong in it is kept, so that all is told at once."""
        try:
            head = self.source.validated(Head, entry, place)
        except InvalidSource as wrong:
            self.problems += wrong.problems
            return None
        head = head.model_copy(update={"people": {**self.whole.people, **head.people}})
        steps = tuple(self._steps(head.steps, (*place, "steps")))
        return Test(head, steps, place, self._line(place))

    def _steps(self, entries: tuple[Any, ...], place: Place) -> Iterator[Placed]:
        for n, entry in enumerate(entries):
            at = (*place, n)
            try:
                yield Placed(self.source.validated(self._kind(entry, at), entry, at), at, self._line(at))
            except InvalidSource as wrong:
                self.problems += wrong.problems

    def _kind(self, entry: Any, at: Place) -> type[Any]:
        """Return what the step is. Raises InvalidSource when it is nothing, or two things."""
        keys = [key for key in entry if key in KINDS_OF_STEPS] if isinstance(entry, dict) else []
        said = [key for key in keys if key != "expect"] or keys
        if len(said) == 1:
            return KINDS_OF_STEPS[said[0]]
        if len(said) > 1:
            sentence = say(N_("a step does one thing; this one says {keys}"), keys=listed(said))
        elif isinstance(entry, dict) and (meant := self._meant(entry)):
            msgid = N_("there is no step “{got}”; did you mean “{nearest}”?")
            sentence = say(msgid, got=meant[0], nearest=meant[1])
        else:
            sentence = say(
                N_("a step is one of {known}, with a colon behind it"), known=listed(KINDS_OF_STEPS, 40)
            )
        raise InvalidSource([self.source.problem(at, sentence)])

    def _meant(self, entry: Mapping[str, Any]) -> tuple[str, str] | None:
        found = ((key, nearest(key, KINDS_OF_STEPS)) for key in entry)
        return next(((key, meant) for key, meant in found if meant), None)

    def _line(self, place: Place) -> int:
        return self.source.problem(place, say("")).line
