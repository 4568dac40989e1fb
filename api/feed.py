"""News of runs for every open stream, read by one reader per process however many people watch."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from db.events import events_after, heads_of
from db.session import Database, Session
from db.views import JournalRow

log = logging.getLogger("golive.api")

EVERY = 0.5
"""Seconds between two looks at the journal's heads while somebody watches."""
PAGE = 200


class Feed:
    """Wakes the watchers of a run when its journal grows. Nobody watching: nothing is read."""

    def __init__(self, database: Database):
        self._database = database
        self._watchers: Counter[str] = Counter()
        self._heads: dict[str, int] = {}
        self._news: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._somebody = asyncio.Event()
        self.closed = False

    async def run(self) -> None:
        """Look for news until cancelled."""
        while True:
            await self._somebody.wait()
            await self._look()
            await asyncio.sleep(EVERY)

    def close(self) -> None:
        """End every stream, so that the process can end."""
        self.closed = True
        for news in self._news.values():
            news.set()

    @property
    def open(self) -> int:
        """How many streams are open."""
        return self._watchers.total()

    def watched(self, run_id: str) -> int:
        """Return how many streams of `run_id` are open."""
        return self._watchers[run_id]

    async def events(
        self, run_id: str, after: int, may_read: Callable[[Session], Awaitable[bool]]
    ) -> AsyncIterator[JournalRow]:
        """Yield the events of `run_id` after number `after`, as they come.

        Ends when the feed closes, and before the next event once the watcher `may_read` no more.
        """
        self._watchers[run_id] += 1
        self._somebody.set()
        try:
            while not self.closed:
                news = self._news[run_id]
                async with self._database.reading() as session:
                    if not await may_read(session):
                        return
                    rows = await events_after(session, run_id, after, PAGE)
                for row in rows:
                    after = row.seq
                    yield row
                if not rows and not self.closed:
                    await news.wait()
        finally:
            self._leave(run_id)

    async def _look(self) -> None:
        try:
            async with self._database.reading() as session:
                heads = await heads_of(session, tuple(self._watchers))
        except SQLAlchemyError as away:
            log.warning("cannot look for news: %s", away)
            return
        for run_id, head in heads.items():
            if head > self._heads.get(run_id, -1) and run_id in self._watchers:
                self._heads[run_id] = head
                self._news.pop(run_id, asyncio.Event()).set()

    def _leave(self, run_id: str) -> None:
        self._watchers[run_id] -= 1
        if not self._watchers[run_id]:
            del self._watchers[run_id]
            self._news.pop(run_id, None)
            self._heads.pop(run_id, None)
        if not self._watchers:
            self._somebody.clear()
