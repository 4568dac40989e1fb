"""One kind of thing that people watch, such as runs: who watches which, and how each stood at the last look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from db.browsing import Browsing
from db.news import Stamp
from db.session import Session
from golive.errors import GoliveError

log = logging.getLogger("golive.api")

T = TypeVar("T")

Stamps = Callable[[Session, Collection[str]], Awaitable[dict[str, Stamp]]]
"""Returns how far each of the things named has come, in one query."""
Read = Callable[[Session, str, Stamp, Stamp], Awaitable[T | None]]
"""Reads one thing that has come from the first stamp as far as the second says: once, for all who watch it.

None when nothing of it has changed since the first, which is empty where that is not known: then it is always read.
"""


@dataclass(eq=False)
class Watched(Generic[T]):
    """One thing: who watches it, how far it has come, and how it was read then; unread until something is new.

    `missed`: what it had become could not be read.
    """

    stamp: Stamp
    watches: set[Watch[T]] = field(default_factory=set)
    read: tuple[T] | None = None
    missed: bool = False


class Channel(Generic[T]):
    """All watched things of one kind. Who comes `enters` and, at the end, `leaves`."""

    def __init__(
        self,
        stamps: Stamps,
        read: Read[T],
        *,
        enters: Callable[[Watch[Any]], None],
        leaves: Callable[[Watch[Any]], None],
    ):
        self._stamps, self._read = stamps, read
        self._enters, self._leaves = enters, leaves
        self._things: dict[str, Watched[T]] = {}

    def watch(self, key: str, seen: Stamp, session: Browsing | None = None) -> Watch[T]:
        """Watch a thing of which the viewer has `seen` so much; `session` is the browser's that they watch in."""
        return Watch(self, key, seen, session)

    def watched(self, key: str) -> int:
        """Return how many watch this thing."""
        return len(self._things[key].watches) if key in self._things else 0

    async def look(self, sql: Session) -> None:
        """Look whether anything watched is new, read it, and wake who watches it."""
        if not self._things:
            return
        here = [watch for thing in self._things.values() for watch in thing.watches]
        for key, stamp in (await self._stamps(sql, tuple(self._things))).items():
            thing = self._things.get(key)
            if thing is not None and thing.stamp != stamp:
                await self._turn(sql, thing, key, stamp)
        for watch in here:
            watch.looked()

    async def _turn(self, sql: Session, thing: Watched[T], key: str, stamp: Stamp) -> None:
        was = "" if thing.missed else thing.stamp
        try:
            found = await self._read(sql, key, was, stamp)
        except (GoliveError, ValueError, LookupError):
            # The others are told nevertheless, and this one when it goes on: until then nobody is told what it was.
            log.exception("cannot read what has become of %s", key)
            thing.stamp, thing.read, thing.missed = stamp, None, True
            return
        thing.stamp, thing.missed = stamp, False
        if was and (found is None or thing.read == (found,)):
            for watch in thing.watches:
                watch.passes(was, stamp)
        elif found is not None:
            thing.read = (found,)
            for watch in thing.watches:
                watch.wake()

    def enter(self, watch: Watch[T]) -> Watched[T]:
        """Begin to watch."""
        thing = self._things.setdefault(watch.key, Watched(watch.seen))
        if thing.read is None and thing.stamp != watch.seen:
            thing.stamp = ""  # one of them has seen less than there is: it is read at the next look
        thing.watches.add(watch)
        self._enters(watch)
        return thing

    def leave(self, watch: Watch[T], thing: Watched[T]) -> None:
        """End a watch; with the last one the thing is forgotten."""
        thing.watches.discard(watch)
        self._leaves(watch)
        if not thing.watches and self._things.get(watch.key) is thing:
            del self._things[watch.key]


class Watch(Generic[T]):
    """One viewer of one thing, inside a `with` block. `over` once they may watch no more."""

    def __init__(self, channel: Channel[T], key: str, seen: Stamp, session: Browsing | None):
        self.key, self.seen, self.session = key, seen, session
        self.over = self.outdone = False
        self._current = False
        self._channel = channel
        self._woken = asyncio.Event()

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thing = self._channel.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave."""
        self._channel.leave(self, self._thing)

    def wake(self) -> None:
        """Let the viewer look up."""
        self._woken.set()

    def passes(self, was: Stamp, stamp: Stamp) -> None:
        """Take what the viewer has seen for all there is: nothing of it has changed from `was` to `stamp`."""
        if self.seen == was:
            self.seen = stamp

    def looked(self) -> None:
        """Take the thing as it stands from now on: what was read before may be older than the viewer's page."""
        if not self._current:
            self._current = True
            self.wake()

    def end(self, *, outdone: bool = False) -> None:
        """Show the viewer nothing more; `outdone`, because they watch too much at once."""
        self.over, self.outdone = True, outdone
        self._woken.set()

    async def woken(self) -> None:
        """Return once there may be something new."""
        await self._woken.wait()
        self._woken.clear()

    async def news(self, within: float) -> T | None:
        """Return the thing as it stands once it has gone on; None after `within` seconds without, or when over."""
        try:
            async with asyncio.timeout(within):
                while not self.over:
                    if self._current and self._thing.read is not None and self._thing.stamp != self.seen:
                        self.seen = self._thing.stamp
                        return self._thing.read[0]
                    await self.woken()
        except TimeoutError:
            pass
        return None
