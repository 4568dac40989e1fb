"""Somebody at a terminal who answers what a command asks, and does something elsewhere once it waits."""

from __future__ import annotations

import errno
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Done:
    """How a command ended, and all that stood on the terminal."""

    code: int
    said: str


def at_a_terminal(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    answers: Mapping[str, Sequence[str]],
    *,
    once: str,
    then: Callable[[str], None],
) -> Done:
    """Run `command`, answer what it asks, and do `then` `once` that is said.

    `answers` are, by question, what is answered the first time and so on; the last answer serves from then on.
    """
    left = {question: list(each) for question, each in answers.items()}
    master, slave = pty.openpty()
    words = {**env, "TERM": "dumb", "COLUMNS": "400"}
    process = subprocess.Popen(command, cwd=folder, env=words, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    said, answered, acted = "", 0, False
    try:
        while more := _read(master, time.monotonic() + PATIENCE, said):
            said += more
            if asked := next((q for q in left if said[answered:].rstrip().endswith(q)), None):
                answered = len(said)
                answer = left[asked].pop(0) if len(left[asked]) > 1 else left[asked][0]
                os.write(master, f"{answer}\n".encode())
            if once in said and not acted:
                acted = True
                then(said)
        return Done(process.wait(PATIENCE), said)
    finally:
        os.close(master)
        if process.poll() is None:
            process.kill()


def _read(master: int, end: float, said: str) -> str:
    """Return what is said next, nothing once the command has ended."""
    ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
    assert ready, f"nothing more was said:\n{said}"
    try:
        more = os.read(master, 4096)
    except OSError as ended:
        if ended.errno != errno.EIO:  # what a terminal says when nobody is at its other end any more
            raise
        return ""
    return _COLOURS.sub("", more.decode(errors="replace")).replace("\r\n", "\n")
