"""Secrets in files that only their owner reads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept_once(path: Path, draw: Callable[[], str]) -> str:
    """Return what the file at `path` says, without surrounding spaces; what is drawn is kept there when it is new.

    Of several processes that draw at once one wins, and all return what it drew: the file appears whole, with
    mode 0600, by a link that fails where there is one already. Raises OSError when the folder cannot be written.
    """
    while not (found := read(path)):
        draft = _draft(path, draw())
        try:
            os.link(draft, path)
        except FileExistsError:
            if not read(path):  # an empty file, which no link of ours has made, says nothing
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    return found


def read(path: Path) -> str:
    """Return what the file at `path` says, without surrounding spaces; nothing when there is none. Raises OSError."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def replaced(path: Path, secret: str) -> None:
    """Put another secret in the place of the one in the file at `path`."""
    _draft(path, secret).replace(path)


def _draft(path: Path, secret: str) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(draft)
