"""Taking turns: Temporal allows ten Updates in flight per run. Eight go through, the rest queue briefly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from api.refusals import busy

IN_FLIGHT = 8
PATIENCE = 3.0
"""Seconds that an act waits for its turn."""
QUEUE = 64
"""Acts that may wait for one run."""


@dataclass
class _Line:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))
    present: int = 0


class Turns:
    """Who is in flight or waits, by run. A run that nobody acts on takes no memory."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @property
    def in_flight(self) -> int:
        """How many acts hold a place."""
        return sum(min(line.present, IN_FLIGHT) for line in self._lines.values())

    @property
    def queued(self) -> int:
        """How many acts wait for a place."""
        return sum(max(line.present - IN_FLIGHT, 0) for line in self._lines.values())

    @asynccontextmanager
    async def turn(self, run_id: str) -> AsyncIterator[None]:
        """Hold one of the places of `run_id`. Raises Away `busy` when none comes free in time."""
        line = self._lines.setdefault(run_id, _Line())
        if line.present >= IN_FLIGHT + QUEUE:
            raise busy()
        line.present += 1
        try:
            await _place(line)
            try:
                yield
            finally:
                line.places.release()
        finally:
            line.present -= 1
            if not line.present:
                self._lines.pop(run_id, None)


async def _place(line: _Line) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await line.places.acquire()
    except TimeoutError:
        raise busy() from None
