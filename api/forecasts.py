"""What each run's plan foresaw: computed once per run, since a plan never changes."""

from __future__ import annotations

from collections import OrderedDict

from db.views import RunWhole
from golive.forecast import StageForecast, expected

_KEPT = 512


class Forecasts:
    """The forecasts of the runs that were looked at last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[StageForecast, ...]] = OrderedDict()

    def of(self, run: RunWhole) -> tuple[StageForecast, ...]:
        """Return when each stage of `run` was expected to open and end, as planned at its start."""
        if run.id not in self._known:
            self._known[run.id] = expected(run.plan, run.plan.start_at or run.started_at)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(run.id)
        return self._known[run.id]
