"""Visitors of the shop: a steady load over HTTP, by which the demo measures what serves whom."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque

import httpx

WINDOW = 1.0
"""Seconds over which a share is measured."""
MOST_AT_ONCE = 50


class Visitors:
    """Asks the shop at `address` for its page `rate` times a second and remembers which version answered."""

    def __init__(self, address: str, rate: float = 120) -> None:
        self.rate = rate
        self.visits = 0
        self.failed = 0
        self._answers: deque[tuple[float, str]] = deque()
        self._http = httpx.AsyncClient(base_url=address, timeout=5, trust_env=False)
        self._under_way: set[asyncio.Task[None]] = set()

    def shares(self) -> dict[str, float]:
        """Return the share of each version in the answers of the last seconds, 0 to 1, the largest first."""
        while self._answers and self._answers[0][0] < time.monotonic() - WINDOW:
            self._answers.popleft()
        counted = Counter(version for _, version in self._answers)
        return {version: count / len(self._answers) for version, count in counted.most_common()}

    async def come(self) -> None:
        """Visit until cancelled. Who would have to queue stays away, so that no burst follows a stall."""
        try:
            while True:
                if len(self._under_way) < MOST_AT_ONCE:
                    visit = asyncio.create_task(self._visit())
                    self._under_way.add(visit)
                    visit.add_done_callback(self._under_way.discard)
                await asyncio.sleep(1 / self.rate)
        finally:
            for visit in list(self._under_way):
                visit.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            await self._http.aclose()

    async def _visit(self) -> None:
        try:
            answer = await self._http.get("/")
        except httpx.TransportError:
            self.failed += 1
            return
        self.visits += 1
        self.failed += answer.is_error
        self._answers.append((time.monotonic(), answer.headers["X-Version"]))
