"""The log of a process: to standard error, as lines for people or as one JSON object each. Set up here, once."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter
from typing_extensions import override

from observing.facts import known
from settings import Settings

CORE = "temporalio.core"
"""The logger that the compiled part of Temporal's SDK writes to."""

Told = Callable[[], dict[str, str]]
"""What else is known where a line is written, such as the trace."""

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_DISCREET = ("sqlalchemy", "aiosqlite", "httpx", "httpcore", "python_multipart")
"""Below a warning these tell rows, bodies or addresses with what is secret in them."""
_NOT_TOLD = (*RESERVED_ATTRS, "color_message", "temporal_log", "__temporal_error_identifier")


def set_up(settings: Settings, *sources: Told) -> None:
    """Send every log line of this process where it belongs, whichever library writes it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_lines(settings.log_format))
    handler.addFilter(_Knowing(sources))
    level = settings.log_level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _DISCREET:
        logging.getLogger(name).setLevel(max(logging.getLevelNamesMapping()[level], logging.WARNING))
    logging.captureWarnings(capture=True)
    sys.excepthook = _last_words


def _lines(form: str) -> logging.Formatter:
    if form == "text":
        return logging.Formatter(_TEXT)
    renamed = {"levelname": "level", "name": "logger"}
    shown = ["time", "levelname", "name", "message"]
    return _JsonLines(shown, rename_fields=renamed, reserved_attrs=_NOT_TOLD, json_ensure_ascii=False)


class _JsonLines(JsonFormatter):
    """Objects with time (RFC 3339, UTC), level, logger, message, then whatever is known."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        record.time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return super().format(record)


class _Knowing(logging.Filter):
    """Adds what is known to each record; it lets everything through."""

    def __init__(self, sources: tuple[Told, ...]) -> None:
        super().__init__()
        self._sources = sources

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        for name, fact in known().items():
            record.__dict__.setdefault(name, fact)
        for source in self._sources:
            record.__dict__.update(source())
        return True


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log what ends the process, in the same form as everything before."""
    logging.getLogger("golive").critical("ended by %s", kind.__name__, exc_info=(kind, error, trace))
