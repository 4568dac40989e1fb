"""What grey release and full release share: a rollout is the process."""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from golive import rollout
from golive.effects import Shifted, ShiftTraffic, Verdict, Watch
from golive.process import Process
from golive.recording import Wait
from golive.run import Run
from golive.template import Stage


class RollingProcess(Process):
    """Traffic moves step by step while metrics are watched; the stage is over after the last step."""

    @override
    def enter(self, run: Run, stage: Stage) -> None:
        """Claim the service and its environment."""
        rollout.enter(run, stage)

    @override
    def advance(self, run: Run, stage: Stage) -> None:
        """Start the next step when the present one is over."""
        rollout.advance(run, stage)

    @override
    def finished(self, run: Run, stage: Stage) -> bool:
        """Tell whether the last step is over."""
        state = run.stage(stage.id).rollout
        return state is not None and state.phase == "done"

    @override
    def due(self, run: Run, stage: Stage) -> datetime | None:
        """Return when a pause ends by itself."""
        return rollout.next_due(run, stage)

    @override
    def wait(self, run: Run, stage: Stage) -> Wait | None:
        """Return what the present step awaits."""
        return rollout.wait(run, stage)

    @override
    def shifted(self, run: Run, stage: Stage, effect: ShiftTraffic, result: Shifted) -> None:
        """Go on after a shift, or stop when it failed."""
        rollout.shifted(run, stage, effect, result)

    @override
    def new_build(self, run: Run, stage: Stage) -> None:
        """Start over, while no traffic has moved."""
        rollout.new_build(run, stage)

    @override
    def watched(self, run: Run, stage: Stage, effect: Watch, result: Verdict) -> None:
        """Follow the health of the new version."""
        rollout.watched(run, stage, effect, result)
