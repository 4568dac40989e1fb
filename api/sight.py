"""A thing as it stood at one look, and what was made of that for those who watch it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Sight(Generic[T]):
    """One look at a thing; two that saw the same are equal. What it makes is made once for all who read alike."""

    look: T
    _made: dict[Hashable, object] = field(default_factory=dict, compare=False)

    def made(self, alike: Hashable, make: Callable[[T], Made]) -> Made:
        """Return what readers who are `alike` are sent."""
        if alike not in self._made:
            self._made[alike] = make(self.look)
        return self._made[alike]  # type: ignore[return-value]  # each `alike` is made by one function
