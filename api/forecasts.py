"""What each run's plan foresaw, computed once for each version of it; and what is expected by now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime

from db.views import RunWhole
from golive.forecast import StageForecast, expected

_KEPT = 512


class Forecasts:
    """The forecasts of the runs that were looked at last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], tuple[StageForecast, ...]] = OrderedDict()

    def of(self, run: RunWhole) -> tuple[StageForecast, ...]:
        """Return when each stage of `run` opened and ended or is now expected to, which is never in the past."""
        start = run.plan.start_at or run.started_at
        return expected(run.plan, start, dict(_happened(run)), run.ended_at or datetime.now(UTC))

    def planned(self, run: RunWhole) -> tuple[StageForecast, ...]:
        """Return when each stage of `run` was expected to open and end, as its present plan says."""
        key = (run.id, run.plan_version)
        if key not in self._known:
            self._known[key] = expected(run.plan, run.plan.start_at or run.started_at)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def _happened(run: RunWhole) -> Iterator[tuple[str, datetime]]:
    for stage in run.stages:
        if stage.opened_at:
            yield stage.id, stage.opened_at
        if stage.ended_at:
            yield f"{stage.id}.", stage.ended_at
    for task in run.tasks:
        if task.done_at and task.state in ("done", "not_applicable"):
            yield task.ref, task.done_at
