"""One process of golive: it dies with the supervisor, and its output goes to a log of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from cli.supervisor.log import Log

_PR_SET_PDEATHSIG = 1
_LONGEST_LINE = 64 * 1024

_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

Hear = Callable[[str], None]


class Child:
    """A running process. `hear` gets each line that it writes, after it is in the log."""

    def __init__(self, process: asyncio.subprocess.Process, output: asyncio.Task[None]):
        self._process, self._output = process, output
        self.pid = process.pid

    @classmethod
    async def start(
        cls, command: list[str], environment: dict[str, str], cwd: Path, log: Log, hear: Hear
    ) -> Child:
        """Start `command` in a session of its own: a Ctrl-C of the terminal reaches the supervisor alone.

        The pipe is ours: asyncio's own would count a process as running while what it forked holds the pipe.
        """
        ours, theirs = os.pipe()
        output = asyncio.create_task(_copy(ours, log, hear))
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=theirs,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
            )
        finally:
            os.close(theirs)
        return cls(process, output)

    async def ended(self) -> int:
        """Wait for the end and return the exit code, negative for the signal that ended it."""
        code = await self._process.wait()
        await self._clear()
        return code

    async def end(self, patience: float) -> bool:
        """Ask it to end, and kill it after `patience` seconds; tell whether it ended by itself."""
        if self._process.returncode is not None:
            return True
        self._process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(self._process.wait()), patience)
        except TimeoutError:
            self.kill()
            await self._process.wait()
            return False
        finally:
            await self._clear()
        return True

    async def _clear(self) -> None:
        """End what it left behind, which may hold its port, and let its last words reach the log."""
        _signal_group(self.pid, signal.SIGKILL)
        await asyncio.wait({self._output}, timeout=2)

    def kill(self) -> None:
        """End it and what it started at once."""
        _signal_group(self.pid, signal.SIGKILL)


def _die_with(supervisor: int) -> Callable[[], None] | None:
    """Return what a child does before it becomes its program, so that kill -9 of the supervisor ends it too.

    Linux only (prctl, PR_SET_PDEATHSIG). Elsewhere a supervisor that is killed leaves its children; the next
    `golive up` then names the port that they hold.
    """
    if _prctl is None:
        return None
    set_option = _prctl

    def bind() -> None:
        set_option(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before we could ask
            os._exit(1)

    return bind


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


async def _copy(pipe: int, log: Log, hear: Hear) -> None:
    """Copy what comes through `pipe`, line by line; a line without end is broken, not kept in memory."""
    output = asyncio.StreamReader()
    transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(output), os.fdopen(pipe, "rb", buffering=0)
    )
    rest = b""
    try:
        while block := await output.read(_LONGEST_LINE):
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                _keep(line, log, hear)
    finally:
        transport.close()
    if rest:
        _keep(rest, log, hear)


def _keep(line: bytes, log: Log, hear: Hear) -> None:
    text = line.decode(errors="replace").rstrip("\r")
    log.write(text)
    hear(text)
