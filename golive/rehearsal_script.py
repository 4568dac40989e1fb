"""The tests of a template as people write them: YAML with scripted acts and what is expected of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from golive.model import Fact
from golive.problems import KINDS, InvalidSource, Place, Problem, listed, nearest
from golive.rehearsal_steps import KINDS_OF_STEPS, AnyStep
from golive.template_source import Source
from golive.vocabulary import (
    Function,
    Key,
    UserName,
)
from golive.words import N_, say
from golive.yaml_reader import read_yaml

ENDING = ".test.yaml"
"""How the name of a file with tests ends: `hotfix.test.yaml` holds those of `hotfix.yaml`."""


class Going(Fact):
    """The release that goes live in a test."""

    service: str = "service"
    version: str = "1.0.0"
    environment: str = "production"
    authors: tuple[UserName, ...] = ()


class Head(Fact):
    """What stands above the steps of one test.

    `people` act for a function instead of the four that stand in (`qa1` to `qa4`); `groups` and `owners` are who is in
    a group and owns the service, `managers` who manages whoever starts the run (`release_manager`) and whoever made the
    release (`authors`). `manager` starts the run. `start` is when: else on a Monday at 10:00 in Shanghai. `metrics`
    false is an installation that measures nothing.
    `refused` is the code with which the start itself must be refused.
    """

    name: str = Field(min_length=1, max_length=200)
    parameters: dict[str, str | int | float | bool] = {}
    people: dict[Function, tuple[UserName, ...]] = {}
    groups: dict[Key, tuple[UserName, ...]] = {}
    owners: tuple[UserName, ...] | None = None
    managers: dict[Literal["release_manager", "authors"], UserName] = {}
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
    """The tests of one template: those without a mistake of form, and all the mistakes of the others."""

    template: str
    tests: tuple[Test, ...]
    source: Source
    problems: tuple[Problem, ...]


class _File(Fact):
    """The whole file. Without `template` it is that of the file's own name."""

    template: Key | None = None
    people: dict[Function, tuple[UserName, ...]] = {}
    tests: tuple[Any, ...] = Field(min_length=1, max_length=200)


def read_script(file: str, text: str) -> Script:
    """Read the tests of a template; `file` names them in errors. Raises InvalidSource when it is no file of tests."""
    document = read_yaml(file, text)
    own = file.rpartition("/")[2].removesuffix(ENDING)
    source = Source(file, text, "test", own, "", document.content, document.lines)
    if not isinstance(document.content, dict):
        sentence = say(N_("a file of tests is a group of keys, with “tests:” among them"), kind=KINDS["test"])
        raise InvalidSource([source.problem((), sentence)])
    whole = source.validated(_File, document.content)
    reader = _Reader(source, whole)
    read = [reader.test(entry, ("tests", n)) for n, entry in enumerate(whole.tests)]
    sound = tuple(test for test in read if test is not None)
    return Script(whole.template or own, sound, source, tuple(reader.problems))


class _Reader:
    def __init__(self, source: Source, whole: _File) -> None:
        self.source = source
        self.whole = whole
        self.problems: list[Problem] = []

    def test(self, entry: Any, place: Place) -> Test | None:
        """Return the test at `place`, or None; what is wrong in it is kept, so that all is told at once."""
        before = len(self.problems)
        try:
            head = self.source.validated(Head, entry, place)
        except InvalidSource as wrong:
            self.problems += wrong.problems
            return None
        head = head.model_copy(update={"people": {**self.whole.people, **head.people}})
        steps = tuple(self._steps(head.steps, (*place, "steps")))
        return Test(head, steps, place, self._line(place)) if len(self.problems) == before else None

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
