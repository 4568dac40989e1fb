"""How a process of golive begins to be seen: its log first, then its traces."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from observing import logs
from observing.tracing import WrongTracing, traced
from settings import Settings

if TYPE_CHECKING:
    from observing.spans import Tracing


def begin(settings: Settings, service: str) -> Tracing | None:
    """Set up the log, and the traces under the name `service` where they are asked for; warn of a weak key.

    Ends the process with a sentence when the standard variables ask for traces that golive cannot send.
    """
    try:
        tracing = traced(service)
    except WrongTracing as wrong:
        sys.exit(str(wrong))
    logs.set_up(settings, *([tracing.facts] if tracing else []))
    if (kept := settings.kept_keys()) and kept.warning:
        logging.getLogger("golive.settings").warning("%s", kept.warning)
    return tracing
