"""The end of a process that has spoken with Temporal."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process at once: threads of the Temporal SDK may abort a Python that is tidying up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
