"""What the tasks of a run await, kept up at the cost of what changed instead of looked for at every act."""

from __future__ import annotations

from datetime import datetime
from heapq import heappop, heappush

from golive.state import TaskState
from golive.vocabulary import AWAITED


class Docket:
    """Which tasks wait for a person, how many are overdue, and when the next of their clocks rings.

    It follows from the state, so it is never stored. Whoever changes a task says so by `changed`; the next look
    looks at those tasks alone, so an act in a run of 1,000 tasks costs what it costs in a run of ten.
    """

    def __init__(self, tasks: dict[str, TaskState]) -> None:
        self._tasks = tasks
        self._unseen: dict[str, None] = dict.fromkeys(tasks)
        self._awaited: dict[str, None] = {}
        self._overdue: dict[str, None] = {}
        self._ringing: dict[str, datetime] = {}
        self._rings: list[tuple[datetime, str]] = []

    def changed(self, ref: str) -> None:
        """Look at a task again at the next look."""
        self._unseen[ref] = None

    def awaited(self) -> dict[str, None]:
        """Return the tasks that wait for a person."""
        self._look()
        return self._awaited

    def overdue(self) -> int:
        """Return how many tasks are overdue while their clock runs."""
        self._look()
        return len(self._overdue)

    def next_ring(self) -> datetime | None:
        """Return when the first of the tasks' clocks rings."""
        self._look()
        # A clock that was stopped or moved leaves its former ring in the heap until that comes to the top.
        while self._rings and self._ringing.get(self._rings[0][1]) != self._rings[0][0]:
            heappop(self._rings)
        return self._rings[0][0] if self._rings else None

    def _look(self) -> None:
        for ref in self._unseen:
            task = self._tasks[ref]
            _note(self._awaited, ref, it_is=task.state in AWAITED)
            _note(self._overdue, ref, it_is=task.overdue and task.clock is not None)
            self._look_at_clock(ref, task.clock.next_at if task.clock else None)
        self._unseen.clear()

    def _look_at_clock(self, ref: str, rings: datetime | None) -> None:
        if rings is None:
            self._ringing.pop(ref, None)
        elif self._ringing.get(ref) != rings:
            self._ringing[ref] = rings
            heappush(self._rings, (rings, ref))


def _note(noted: dict[str, None], ref: str, *, it_is: bool) -> None:
    if it_is:
        noted[ref] = None
    else:
        noted.pop(ref, None)
