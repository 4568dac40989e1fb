"""Which faults are planted, and moments at which a process waits for its death: files that a test writes and reads."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from tests.chaos.golive_up import PLANTED
from tests.chaos.live import LOOK


def planted() -> frozenset[str]:
    """Return the names of the faults that are planted now."""
    return frozenset(json.loads(Path(os.environ[PLANTED]).read_text()))


class Stop:
    """A moment at which a process waits once, until it is killed or let go."""

    def __init__(self, folder: Path, name: str) -> None:
        self._reached, self._let_go = folder / f"{name}.reached", folder / f"{name}.let-go"

    @classmethod
    def here(cls, name: str) -> Stop:
        """Return a moment of this process."""
        return cls(Path(os.environ[PLANTED]).parent, name)

    def pass_by(self) -> None:
        """Say that somebody was here."""
        self._reached.touch()

    async def pause(self) -> None:
        """Wait here, unless somebody waited here before."""
        try:
            self._reached.touch(exist_ok=False)
        except FileExistsError:
            return
        while not self._let_go.exists():
            await asyncio.sleep(LOOK)

    async def reached(self) -> bool:
        """Tell whether a process came here."""
        return self._reached.exists()

    def let_go(self) -> None:
        """Let the process go on."""
        self._let_go.touch()
