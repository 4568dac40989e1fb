"""Keeps one part running: starts it again when it dies, at once at first, then ever more slowly."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from cli.failure import Failure
from cli.language import _
from cli.supervisor.child import Child
from cli.supervisor.log import Log
from cli.supervisor.parts import Part

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY = 30.0
"""Seconds of life after which a death counts as the first one again."""
STARTS_BEFORE_READY = 3
"""Deaths before a part was ever ready that show that starting it again will not help."""
BETWEEN_QUESTIONS = 0.1
SHOWN_LINES = 5
"""Important lines of a part on the terminal within `SHOWN_WITHIN` seconds; the log has all."""
SHOWN_WITHIN = 10.0
_IMPORTANT = (
    " ERROR ",
    " CRITICAL ",
    "ERROR:",
    "CRITICAL:",
    "level=ERROR",
    "level=FATAL",
)

Say = Callable[[str], None]


class Keeper:
    """One part of golive and the process that presently is it."""

    def __init__(self, part: Part, environment: dict[str, str], cwd: Path, log: Log, say: Say):
        self.part = part
        self._environment, self._cwd, self._log, self._say = environment, cwd, log, say
        self._child: Child | None = None
        self._was_ready = asyncio.Event()
        self._last_lines: deque[str] = deque(maxlen=20)
        self._told: deque[float] = deque(maxlen=SHOWN_LINES)

    async def keep(self) -> None:
        """Run the part for ever. Raises Failure when it dies again and again before it was ever ready."""
        pause, deaths = FIRST_PAUSE, 0
        while True:
            began = time.monotonic()
            code = await self._live_once()
            deaths += 1
            if not self._was_ready.is_set() and deaths >= STARTS_BEFORE_READY:
                raise Failure(self._hopeless(code), tuple(self._last_lines)[-5:])
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else pause
            self._say(self._death(code, pause))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _live_once(self) -> int:
        try:
            self._child = await Child.start(
                self.part.command, self._environment, self._cwd, self._log, self._hear
            )
        except OSError as why:
            sentence = _("{part} cannot be started: {why}.")
            raise Failure(sentence.format(part=self.part.name, why=why)) from why
        return await self._child.ended()

    async def ready(self, http: httpx.AsyncClient) -> None:
        """Wait until the part says that it is ready; Failure after its patience."""
        try:
            async with asyncio.timeout(self.part.patience):
                while not await self._is_ready(http):  # noqa: ASYNC110 - nobody sets an event over HTTP
                    await asyncio.sleep(BETWEEN_QUESTIONS)
        except TimeoutError as late:
            sentence = _("{part} was not ready after {seconds:.0f} s; its log says why: {log}.")
            told = sentence.format(part=self.part.name, seconds=self.part.patience, log=self._log.path)
            raise Failure(told, tuple(self._last_lines)[-5:]) from late
        self._was_ready.set()

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return await self.part.ready(http)
        except (httpx.HTTPError, ValueError):
            return False

    async def end(self, patience: float) -> None:
        """End the process; call it after `keep` was cancelled, or it would start again."""
        if self._child is not None and not await self._child.end(patience):
            self._say(
                _("{part} did not end within {seconds:.0f} s and was killed.").format(
                    part=self.part.name, seconds=patience
                )
            )

    def kill(self) -> None:
        """End the process at once."""
        if self._child is not None:
            self._child.kill()

    def _hear(self, line: str) -> None:
        """Show an important line, unless so many came that they would hide what matters."""
        self._last_lines.append(line)
        if not any(sign in line for sign in _IMPORTANT):
            return
        now = time.monotonic()
        if len(self._told) == SHOWN_LINES and now - self._told[0] < SHOWN_WITHIN:
            return
        self._told.append(now)
        self._say(f"{self.part.name}: {line[:500]}")

    def _death(self, code: int, pause: float) -> str:
        sentence = _("{time} {part} ended ({why}); starting it again in {pause:.1f} s. Log: {log}")
        at = datetime.now().astimezone().strftime("%H:%M:%S")
        return sentence.format(
            time=at, part=self.part.name, why=why_ended(code), pause=pause, log=self._log.path
        )

    def _hopeless(self, code: int) -> str:
        sentence = _("{part} cannot start: it ended {times} times ({why}); its log says why: {log}.")
        return sentence.format(
            part=self.part.name, times=STARTS_BEFORE_READY, why=why_ended(code), log=self._log.path
        )


def why_ended(code: int) -> str:
    """Return an exit code in words: `exit code 1`, `signal SIGKILL`."""
    if code >= 0:
        return _("exit code {code}").format(code=code)
    try:
        return _("signal {name}").format(name=signal.Signals(-code).name)
    except ValueError:
        return _("signal {name}").format(name=-code)
