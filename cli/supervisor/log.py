"""The log of one part of golive: a file in the home folder, put aside when it is full."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

FULL = 5 * 1024 * 1024
"""Bytes after which a log is put aside, at the start as well."""
KEPT = 3


class Log:
    """Lines of one part, as it wrote them; `path` is the present file, `path.1` the one before."""

    def __init__(self, folder: Path, name: str):
        self.path = folder / f"{name}.log"
        self._file = RotatingFileHandler(self.path, maxBytes=FULL, backupCount=KEPT, encoding="utf-8")

    def write(self, line: str) -> None:
        """Append a line."""
        self._file.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
