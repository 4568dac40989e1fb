"""Hypercare: the release is observed closely, with its makers at hand.

opens      the observing tasks, and the observation itself
passes     when the tasks are done, the exit gates pass and the time is over
"""

from __future__ import annotations

from datetime import datetime

from typing_extensions import override

from golive.process import Process
from golive.recording import Wait
from golive.run import Run
from golive.template import Stage
from golive.words import N_, say


class HypercareProcess(Process):
    """An observation of a fixed length."""

    name = "hypercare"

    @override
    def finished(self, run: Run, stage: Stage) -> bool:
        """Tell whether the time of observation is over."""
        until = _until(run, stage)
        return until is None or until <= run.now

    @override
    def due(self, run: Run, stage: Stage) -> datetime | None:
        """Return when the observation ends, while that is still to come."""
        until = _until(run, stage)
        return until if until is not None and until > run.now else None

    @override
    def wait(self, run: Run, stage: Stage) -> Wait | None:
        """Return the observation while it goes on."""
        until, opened = self.due(run, stage), run.stage(stage.id).opened_at
        if until is None or opened is None:
            return None
        ends = say(N_("the observation ends"))
        return Wait(what="observe", object=f"stage:{stage.id}", since=opened, next=ends, next_at=until)


def _until(run: Run, stage: Stage) -> datetime | None:
    opened = run.stage(stage.id).opened_at
    return opened + stage.observe.on_the_clock if opened and stage.observe else None
