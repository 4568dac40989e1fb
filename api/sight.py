"""A run as it stood at one look, and what was made of that for those who watch it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from db.looking import Look


@dataclass(frozen=True, eq=False)
class Sight:
    """One look at a run. What viewers are sent is made once for all who read it alike."""

    look: Look
    _made: dict[Hashable, bytes] = field(default_factory=dict)

    def made(self, alike: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return what readers who are `alike` are sent."""
        if alike not in self._made:
            self._made[alike] = make()
        return self._made[alike]
