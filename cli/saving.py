"""Write what was fetched to a file."""

from __future__ import annotations

from pathlib import Path

from cli import screen
from cli.failure import Failure
from cli.language import _


def save(content: bytes, output: Path) -> None:
    """Write `content` to `output` and say so. Raises Failure when it cannot be written."""
    try:
        output.write_bytes(content)
    except OSError as why:
        raise Failure(_("{path} cannot be written: {why}.").format(path=output, why=why.strerror)) from why
    screen.say(_("Written to {path}.").format(path=output))
