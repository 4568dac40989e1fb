"""One supervisor per home folder: two would restart each other's children on one database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.failure import Failure
from cli.language import _


@contextmanager
def home_lock(home: Path) -> Iterator[None]:
    """Hold the home folder; refuse when another `golive up` holds it. The system lets go when we die."""
    path = home / "up.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            sentence = _(
                "golive already runs in {home}, as process {pid}. End that one with Ctrl-C first, "
                "or set GOLIVE_HOME to another folder."
            )
            raise Failure(sentence.format(home=home, pid=_pid(path))) from held
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


def _pid(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() or "?"
