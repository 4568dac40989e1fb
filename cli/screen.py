"""The two consoles: answers go to standard output, everything said about them to standard error."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from cli.language import LANGUAGE, _
from language import NAMES, name_of

_WIDE = 1000
"""Columns of a table in a pipe or a file, where nobody resizes a window."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

STYLES = {
    **dict.fromkeys(("completed", "passed", "done", "approved", "pass", "healthy", "ok"), "green"),
    **dict.fromkeys(("running", "open", "in_progress", "pending", "to_verify"), "cyan"),
    **dict.fromkeys(("held", "blocked", "returned", "stale", "pass_with_waiver", "inconclusive"), "yellow"),
    **dict.fromkeys(("aborted", "failed", "fail", "error", "rejected", "expired", "unhealthy"), "bold red"),
    "rolling_back": "red",
    **dict.fromkeys(("locked", "skipped", "not_applicable", "not_run", "scheduled"), "dim"),
}


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def out() -> Console:
    """Return the console of answers; colours only on a terminal and without NO_COLOR."""
    return _console(sys.stdout)


def err() -> Console:
    """Return the console of remarks and errors."""
    return _console(sys.stderr)


def say(sentence: str, style: str = "") -> None:
    """Say a sentence beside the answer. The terminal wraps it, if at all, so that it can be copied whole."""
    err().print(Text(_CONTROL.sub("", sentence), style=style), soft_wrap=True)


def plain(value: Any) -> str:
    """Return text for a terminal: in the reader's language, without the characters that steer one."""
    if isinstance(value, dict) and value.keys() == {"en", "zh"}:
        value = value[LANGUAGE]
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(plain(part) for part in value)
    return _CONTROL.sub("", str(value))


def named(word: Any) -> str:
    """Return a word of a closed list, such as a state, as the reader calls it."""
    return name_of(word, LANGUAGE) if word in NAMES else plain(word)


def state(name: Any) -> Text:
    """Return a state as the reader calls it, coloured by what it means."""
    return Text(named(name), style=STYLES.get(plain(name), ""))


def number(value: Any) -> str:
    """Return a measured value without needless zeros."""
    return plain(round(value) if isinstance(value, float) and value.is_integer() else value)


def moment(written: str | None) -> datetime | None:
    """Read a time of the API into the local zone."""
    return datetime.fromisoformat(written).astimezone() if written else None


def when(written: str | None) -> str:
    """Return a time of the API in the local zone, which is named, to the minute."""
    at = moment(written)
    return at.strftime("%Y-%m-%d %H:%M %Z") if at else ""


def clock(written: str | None) -> str:
    """Return a time of the API in the local zone, with the date only when it is not today, to the second."""
    at = moment(written)
    if at is None:
        return ""
    return at.strftime(
        "%H:%M:%S" if at.date() == datetime.now(UTC).astimezone().date() else "%Y-%m-%d %H:%M:%S"
    )


def until(written: str | None) -> str:
    """Return how far a time of the API is away, roughly: `in 3 h`, `2 d ago`."""
    at = moment(written)
    if at is None:
        return ""
    seconds = (at - datetime.now(UTC)).total_seconds()
    return (_("in {span}") if seconds >= 0 else _("{span} ago")).format(span=_rough(abs(seconds)))


def _rough(seconds: float) -> str:
    for size, unit in ((86400, _("{n} d")), (3600, _("{n} h")), (60, _("{n} min"))):
        if seconds >= 2 * size:
            return unit.format(n=round(seconds / size))
    return _("{n} s").format(n=round(seconds))
