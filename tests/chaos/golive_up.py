"""`golive up` for people who kill it: what dies is started again at once, however often it died.

The product waits ever longer, as a part that keeps dying by itself cannot be helped by haste. `CHAOS_PLANTED` names a
file of planted faults; then worker and API are those of faulty_worker.py and faulty_api.py, which read it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys

from cli.environment import read_settings
from cli.supervisor import checks, keeper, parts
from cli.supervisor.lock import home_lock
from cli.supervisor.parts import Once, Part
from cli.supervisor.stack import Stack

PLANTED = "CHAOS_PLANTED"
INSTEAD = {"worker": "tests.chaos.faulty_worker", "api": "tests.chaos.faulty_api"}


def _instead(part: Part | Once) -> Part | Once:
    if PLANTED not in os.environ or part.name not in INSTEAD:
        return part
    return dataclasses.replace(part, command=[sys.executable, "-m", INSTEAD[part.name]])


def main() -> None:
    """Start everything and keep it until SIGINT."""
    keeper.STEADY = 0.0
    settings = read_settings()
    home = checks.prepare_home(settings.home)
    with home_lock(home):
        order = [[_instead(part) for part in group] for group in parts.order(settings, home)]
        checks.check_ports(settings)
        checks.check_keys(settings, home)
        asyncio.run(Stack(home, order, _say, lambda: _say("up")).run())


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
