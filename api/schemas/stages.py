"""Stages, gates and rollouts as shown."""

from __future__ import annotations

from typing import Literal

from api.language import tell
from api.schemas.shown import Moment, Shown, told
from golive.recording import CheckView, GateView, RolloutView, StageView
from golive.vocabulary import CheckStateName, ProcessName, StageStateName, VerdictName
from golive.words import Language


class CheckShown(Shown):
    """A measured part of a gate, with what was asked and observed."""

    key: str
    title: str
    state: CheckStateName
    observed: float | None
    observed_at: Moment | None
    compare: str
    threshold: float
    source: str
    cause: str | None

    @classmethod
    def of(cls, check: CheckView, language: Language) -> CheckShown:
        """Return `check` for a reader of `language`."""
        return cls.taken(check, title=check.title.in_language(language), cause=told(check.cause, language))


class GateShown(Shown):
    """A condition that opens (`entry`) or closes (`exit`) a stage."""

    key: str
    title: str
    on: Literal["entry", "exit"]
    state: CheckStateName
    checks: list[CheckShown]

    @classmethod
    def of(cls, gate: GateView, language: Language) -> GateShown:
        """Return `gate` for a reader of `language`."""
        checks = [CheckShown.of(check, language) for check in gate.checks]
        return cls(
            key=gate.key, title=gate.title.in_language(language), on=gate.on, state=gate.state, checks=checks
        )


class RolloutShown(Shown):
    """Where a grey release stands: `step` of `steps`, `weight` per cent on the new version."""

    step: int
    steps: int
    what: str
    weight: int
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

    id: str
    process: ProcessName
    title: str
    state: StageStateName
    opened_at: Moment | None
    ended_at: Moment | None
    gates: list[GateShown]
    rollout: RolloutShown | None

    @classmethod
    def of(cls, stage: StageView, language: Language) -> StageShown:
        """Return `stage` for a reader of `language`."""
        return cls.taken(
            stage,
            title=stage.title.in_language(language),
            gates=[GateShown.of(gate, language) for gate in stage.gates],
            rollout=RolloutShown.of(stage.rollout, language) if stage.rollout else None,
        )
