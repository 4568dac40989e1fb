"""What a process adds to the life that every stage has: on entry, on what effects report, and on the clock."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from golive.effects import ReportWritten, Shifted, ShiftTraffic, Verdict, Watch, WriteReport
from golive.recording import Wait
from golive.run import Run
from golive.template import Stage
from golive.vocabulary import ProcessName


class Process:
    """A stage's process. This one adds nothing: tasks, approvals and gates are every stage's.

    A process is stateless; what it must remember is in the stage's state.
    """

    name: ClassVar[ProcessName]

    def enter(self, run: Run, stage: Stage) -> None:
        """Begin, right after the stage has opened."""

    def advance(self, run: Run, stage: Stage) -> None:
        """Go on as far as the state and the clock allow. Called while the run is neither held nor ending."""

    def finished(self, run: Run, stage: Stage) -> bool:
        """Tell whether the process itself has nothing left to do; tasks, approvals and gates aside."""
        return True

    def due(self, run: Run, stage: Stage) -> datetime | None:
        """Return when the process wants to be called again by the clock."""
        return None

    def wait(self, run: Run, stage: Stage) -> Wait | None:
        """Return what the process itself awaits, for people to see."""
        return None

    def shifted(self, run: Run, stage: Stage, effect: ShiftTraffic, result: Shifted) -> None:
        """Follow a shift of traffic."""

    def watched(self, run: Run, stage: Stage, effect: Watch, result: Verdict) -> None:
        """Follow the verdict of a watch."""

    def reported(self, run: Run, stage: Stage, effect: WriteReport, result: ReportWritten) -> None:
        """Follow a written report."""

    def new_build(self, run: Run, stage: Stage) -> None:
        """Follow a new build, while the stage is open or has passed."""
