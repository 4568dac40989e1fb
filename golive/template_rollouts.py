"""Rollouts of a template: the steps by which traffic moves, and the metrics that are watched meanwhile."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from golive.model import Fact
from golive.span import Span
from golive.vocabulary import Compare, Key


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
