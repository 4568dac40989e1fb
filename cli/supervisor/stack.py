"""golive on one machine: every part started in order, kept, and ended in reverse order."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from cli.failure import Failure
from cli.language import ROOT, _
from cli.supervisor import parts
from cli.supervisor.child import Child
from cli.supervisor.keeper import Keeper, Say, why_ended
from cli.supervisor.log import Log
from cli.supervisor.parts import Once, Part

PATIENCE_AT_END = 8.0
"""Seconds in which each part may end by itself; what takes longer is killed. Nothing is lost by that."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stack:
    """golive in `home`. `say` tells a line, `ready` is called once when everything is up.

    `order` is what to start, group by group; see `parts.order`.
    """

    def __init__(self, home: Path, order: list[list[Part | Once]], say: Say, ready: Callable[[], None]):
        self._home, self._order, self._say, self._ready = home, order, say, ready
        self._environment = parts.environment(home)
        self._keepers: list[Keeper] = []
        self._keeping: list[asyncio.Task[None]] = []
        self._logs: list[Log] = []
        self._asked_to_end = asyncio.Event()

    async def run(self) -> None:
        """Start everything, keep it until Ctrl-C or SIGTERM, end everything. Failure when it cannot start."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._end)
        ending = asyncio.create_task(self._asked_to_end.wait())
        starting = asyncio.create_task(self._start())
        try:
            await self._first(starting, ending)
            if not ending.done():
                self._ready()
                await self._first(ending)
        finally:
            starting.cancel()
            ending.cancel()
            await asyncio.gather(starting, ending, return_exceptions=True)
            await self._end_all()

    async def _first(self, *awaited: asyncio.Task[Any]) -> None:
        """Wait for one of `awaited`. A failure in it, or a part that cannot be kept, is raised."""
        while not any(task.done() for task in awaited):
            done, _pending = await asyncio.wait(
                {*awaited, *self._keeping}, timeout=1, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                task.result()

    async def _start(self) -> None:
        """Start group after group."""
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
            for group in self._order:
                begun = [self._begin(part) for part in group if isinstance(part, Part)]
                for once in group:
                    if isinstance(once, Once):
                        await self._run_once(once)
                await asyncio.gather(*(keeper.ready(http) for keeper in begun))

    def _begin(self, part: Part) -> Keeper:
        self._say(_("starting {part} ...").format(part=part.name))
        keeper = Keeper(part, self._environment, ROOT, self._log(part.name), self._say)
        self._keepers.append(keeper)
        self._keeping.append(asyncio.create_task(keeper.keep(), name=part.name))
        return keeper

    async def _run_once(self, once: Once) -> None:
        """Run a step to its end; Failure with its last lines when it fails."""
        lines: deque[str] = deque(maxlen=5)
        log = self._log(once.name)
        child = await Child.start(once.command, self._environment, ROOT, log, lines.append)
        try:
            code = await child.ended()
        finally:
            child.kill()
        if code != 0:
            sentence = _("golive cannot start: the step “{step}” failed ({why}); its log says why: {log}.")
            raise Failure(sentence.format(step=once.name, why=why_ended(code), log=log.path), tuple(lines))

    def _log(self, name: str) -> Log:
        log = Log(self._home / "logs", name)
        self._logs.append(log)
        return log

    def _end(self) -> None:
        """End on the first Ctrl-C; kill what is left on the second."""
        if self._asked_to_end.is_set():
            for keeper in self._keepers:
                keeper.kill()
        else:
            self._asked_to_end.set()
            self._say(_("ending ... (Ctrl-C again kills what is left)"))

    async def _end_all(self) -> None:
        for keeping in self._keeping:
            keeping.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        for keeper in reversed(self._keepers):
            await keeper.end(PATIENCE_AT_END)
        for log in self._logs:
            log.close()
