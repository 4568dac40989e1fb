"""What is asked of somebody who begins a template, and which answers fit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from golive.model import Fact
from golive.template_rollouts import Condition
from golive.vocabulary import Function, Key, ProcessName
from golive.words import N_, say

STAGES: dict[str, ProcessName] = {
    "preparation": "preparation",
    "uat": "uat",
    "sign-off": "dual_sign_off",
    "grey-release": "grey_release",
    "full-release": "full_release",
    "hypercare": "hypercare",
    "review": "post_launch_review",
}
"""The stages that can be chosen, in their order, and the process of each."""

DOERS = ("dev", "qa", "ops", "release")
SIGNERS = ("ops", "qa")
WATCHED = "success_rate >= 0.99"
ROLLOUTS = ("grey-release", "full-release")
Title = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


class Watched(Fact):
    """A metric that is watched, and when it is good: `success_rate >= 0.99`."""

    metric: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,79}$")]
    good: Condition

    @classmethod
    def read(cls, written: str) -> Watched:
        """Read `METRIC COMPARISON NUMBER`. Raises ValueError."""
        metric, _, good = written.strip().partition(" ")
        return cls.model_validate({"metric": metric, "good": good.strip()})

    @property
    def threshold(self) -> str:
        """The threshold as YAML writes it."""
        value = self.good.threshold
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004

    @property
    def condition(self) -> str:
        """The comparison as templates write it."""
        return f"{self.good.compare} {self.threshold}"


class Answers(Fact):
    """What is asked of somebody who begins a template."""

    name: Key
    title: Title
    title_zh: Title | None = None
    stages: tuple[str, ...] = Field(min_length=1)
    doers: tuple[Function, ...] = Field(min_length=1, max_length=20)
    signers: tuple[Function, Function]
    watched: tuple[Watched, ...] = Field(default=(), max_length=10)

    @field_validator("title", "title_zh")
    @classmethod
    def _one_line(cls, title: str | None) -> str | None:
        if title is not None and not title.isprintable():
            raise ValueError(str(say(N_("a title is one line of printable text"))))
        return title

    @model_validator(mode="after")
    def _known_and_different(self) -> Answers:
        if unknown := [stage for stage in self.stages if stage not in STAGES]:
            msgid = N_("there is no stage “{stage}”; there are: {known}")
            raise ValueError(str(say(msgid, stage=unknown[0], known=", ".join(STAGES))))
        if self.signers[0] == self.signers[1]:
            raise ValueError(str(say(N_("two different functions sign"))))
        metrics = [each.metric for each in self.watched]
        if len(set(metrics)) != len(metrics):
            raise ValueError(str(say(N_("a metric is watched once"))))
        return self

    @property
    def in_order(self) -> tuple[str, ...]:
        """The chosen stages in the order of a go-live."""
        return tuple(stage for stage in STAGES if stage in self.stages)
