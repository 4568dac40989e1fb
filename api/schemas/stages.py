"""Stages, gates and rollouts as shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from api.language import tell
from api.schemas.named import Nth, StageId, StageTitle
from api.schemas.shown import Moment, Shown, told
from golive.recording import CheckView, GateView, RolloutView, StageView
from golive.template import Gate, Stage
from golive.vocabulary import CheckStateName, ProcessName, StageStateName, VerdictName
from golive.words import Language, Text


class CheckShown(Shown):
    """A measured part of a gate, with what was asked and observed."""

    key: Annotated[str, Field(examples=["pass-rate"])]
    title: Annotated[str, Field(examples=["Share of the tests that pass"])]
    state: CheckStateName
    observed: float | None
    observed_at: Moment | None
    compare: Annotated[str, Field(examples=[">="])]
    threshold: Annotated[float, Field(examples=[0.99])]
    source: Annotated[str, Field(examples=["uat.test"])]
    cause: str | None
    countermeasures: list[str] = Field(
        examples=[["Look at the error budget before going on."]],
        description="What the template suggests, once the check does not pass.",
    )

    @classmethod
    def of(cls, check: CheckView, language: Language, suggested: Sequence[Text] = ()) -> CheckShown:
        """Return `check` for a reader of `language`, with what is `suggested` against its failing."""
        wrong = check.state in ("fail", "error")
        return cls.taken(
            check,
            title=check.title.in_language(language),
            cause=told(check.cause, language),
            countermeasures=[text.in_language(language) for text in suggested] if wrong else [],
        )


class GateShown(Shown):
    """A condition that opens (`entry`) or closes (`exit`) a stage."""

    key: Annotated[str, Field(examples=["tested"])]
    title: Annotated[str, Field(examples=["The tests pass"])]
    on: Literal["entry", "exit"]
    state: CheckStateName
    checks: list[CheckShown]

    @classmethod
    def of(cls, gate: GateView, language: Language, planned: Gate | None = None) -> GateShown:
        """Return `gate` for a reader of `language`, with the countermeasures of the `planned` one."""
        suggested = {check.key: check.countermeasures for check in planned.checks} if planned else {}
        checks = [CheckShown.of(check, language, suggested.get(check.key, ())) for check in gate.checks]
        return cls(
            key=gate.key, title=gate.title.in_language(language), on=gate.on, state=gate.state, checks=checks
        )


class RolloutShown(Shown):
    """Where a grey release stands: `step` of `steps`, `weight` per cent on the new version."""

    step: Nth
    steps: Annotated[int, Field(examples=[6])]
    what: Annotated[str, Field(examples=["5 % of the traffic"])]
    weight: Annotated[int, Field(examples=[5])]
    verdict: VerdictName | None
    cause: str | None
    state: Literal["waiting", "running", "paused", "done", "failed", "returned"]
    since: Moment | None
    until: Moment | None

    @classmethod
    def of(cls, rollout: RolloutView, language: Language) -> RolloutShown:
        """Return `rollout` for a reader of `language`."""
        return cls.taken(rollout, what=tell(rollout.what, language), cause=told(rollout.cause, language))


class StageShown(Shown):
    """One step of a run."""

    id: StageId
    process: ProcessName = Field(examples=["uat"])
    title: StageTitle
    state: StageStateName = Field(examples=["open"])
    opened_at: Moment | None
    ended_at: Moment | None
    gates: list[GateShown]
    rollout: RolloutShown | None

    @classmethod
    def of(cls, stage: StageView, language: Language, planned: Stage) -> StageShown:
        """Return `stage` for a reader of `language`, with the countermeasures of the `planned` one."""
        gates = zip(stage.gates, planned.gates, strict=True)
        return cls.taken(
            stage,
            title=stage.title.in_language(language),
            gates=[GateShown.of(gate, language, plan) for gate, plan in gates],
            rollout=RolloutShown.of(stage.rollout, language) if stage.rollout else None,
        )
