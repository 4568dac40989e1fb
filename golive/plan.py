"""A plan: a template resolved for one run and frozen as workflow input."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from golive.calendar import Calendar
from golive.model import Fact
from golive.template import Ladder, Stage
from golive.vocabulary import Digest, Function, Pace, Role, UserName
from golive.words import Sentence, Text


class Artifact(Fact):
    """A built thing that goes live, named by the digest of its bytes."""

    name: str = Field(min_length=1, max_length=200)
    digest: Digest


class ExternalRef(Fact):
    """The same release in another system."""

    system: str = Field(min_length=1, max_length=60)
    id: str = Field(min_length=1, max_length=200)
    url: str | None = Field(default=None, max_length=2000)


class Release(Fact):
    """What goes live. `authors` made the artifact; empty means unknown, which is shown and does not block."""

    service: str = Field(min_length=1, max_length=120)
    version: str = Field(min_length=1, max_length=120)
    environment: str = Field(default="production", min_length=1, max_length=60)
    artifacts: tuple[Artifact, ...] = Field(min_length=1, max_length=100)
    authors: tuple[UserName, ...] = ()
    scope: str | None = Field(default=None, max_length=4000)
    external_refs: tuple[ExternalRef, ...] = Field(default=(), max_length=50)


def called(release: Release) -> str:
    """Return what a run of `release` is called unless somebody gave it a title."""
    return f"{release.service} {release.version}"[:200]


class Lesson(Fact):
    """What an earlier run of the same service taught."""

    run_id: str
    text: str
    by: UserName
    at: AwareDatetime


class AppliedRow(Fact):
    """Which row of a decision table gave an approval its rules, and why, in words.

    `row` counts from 1 among the `count` that there are; None: no row fits, and the rules are those for all others.
    """

    row: int | None = None
    count: int
    why: Sentence


class Plan(Fact):
    """Everything that a run follows. Nothing outside it is asked again, except who may act.

    `people` names, for each function that the template uses, who acts in it, in order; resolved at the start. Of
    them `sign_only` are not asked to do tasks and `do_only` not asked to sign, since their roles did not let them
    then; who has the role when they act may act. `found` are those whom rules ask otherwise than by function, by
    source, as the directory knew them at the start: for the preview, since it is asked again when decisions are.
    `workflow` is the Temporal workflow type. `stages` stand in an order in which each comes after its needs.
    `template_hash` is the digest of the template's source together with the templates and checklists it uses.
    `lessons` come from earlier runs of the same service. `applied` says of an approval, by reference, which row of its
    decision table gave it its rules.
    """

    template: str
    template_version: int
    template_hash: Digest
    workflow: Literal["GoLive", "Uat", "DualSignOff", "GreyRelease", "PostLaunchReview"] = "GoLive"
    title: str = Field(min_length=1, max_length=200)
    template_title: Text
    parameters: dict[str, str | int | float | bool] = {}
    pace: Pace = "real"
    release: Release
    release_manager: UserName
    people: dict[Function, tuple[UserName, ...]]
    found: dict[str, tuple[str, ...]] = {}
    sign_only: tuple[UserName, ...] = ()
    do_only: tuple[UserName, ...] = ()
    calendar: Calendar
    ladder: Ladder = Ladder()
    stages: tuple[Stage, ...]
    start_at: AwareDatetime | None = None
    go_live_at: AwareDatetime | None = None
    lessons: tuple[Lesson, ...] = ()
    applied: dict[str, AppliedRow] = {}
    shift_timeout: int = Field(default=30, ge=1, le=600)
    """Seconds within which a shift of traffic ends; after an abort, stable is confirmed once more after it."""

    def doers(self, function: Function) -> tuple[UserName, ...]:
        """Return who is asked to do, and to confirm, the tasks of `function`, in order."""
        return tuple(name for name in self.members(function) if name not in self.sign_only)

    def signers(self, source: str) -> tuple[str, ...]:
        """Return who is asked to sign for a function, or another source of a rule, before anything bars them."""
        return tuple(name for name in self.members(source) if name not in self.do_only)

    def members(self, source: str) -> tuple[str, ...]:
        """Return who acts in a function in this run, or belonged to another source at the start; in order."""
        return self.people.get(source) or self.found.get(source, ())

    def holders(self, roles: Collection[Role]) -> tuple[UserName, ...]:
        """Return who had one of these roles when the plan was made, as far as it tells."""
        asked: dict[Role, Callable[[str], tuple[str, ...]]] = {
            "assignee": self.doers,
            "approver": self.signers,
        }
        found = [asked[role](function) for role in asked if role in roles for function in self.people]
        manager = (self.release_manager,) if "release_manager" in roles else ()
        return tuple(dict.fromkeys((*manager, *(name for names in found for name in names))))

    def title_with(self, release: Release) -> str:
        """Return the run's title while it is about `release`: one that only names the release follows a new build."""
        return called(release) if self.title == called(self.release) else self.title

    def everybody(self) -> tuple[UserName, ...]:
        """Return everyone who takes part, once."""
        groups = (*self.people.values(), *self.found.values())
        return tuple(dict.fromkeys(name for names in groups for name in names))


def moment(value: datetime) -> str:
    """Write a time as people read it in a sentence: `2026-11-22 14:05 UTC`."""
    return value.strftime("%Y-%m-%d %H:%M UTC")
