"""Strikes a random victim at a random moment, again and again, all drawn from a seed."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from typing_extensions import override

from tests.chaos.live import Live, Victim

LATEST = 1.5
"""Seconds of peace at most between two kills."""
HASTY = 0.15
"""Share of kills after which the next one does not wait until everything works again."""


@dataclass
class Kills:
    """How often each victim was killed, and how long golive took to work again, in seconds."""

    count: dict[Victim, int] = field(default_factory=lambda: defaultdict(int))
    away: dict[Victim, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def total(self) -> int:
        """All kills."""
        return sum(self.count.values())

    def add(self, other: Kills) -> None:
        """Count those of `other` as well."""
        for victim, count in other.count.items():
            self.count[victim] += count
            self.away[victim] += other.away[victim]

    @override
    def __str__(self) -> str:
        told = []
        for victim, count in sorted(self.count.items()):
            away = sorted(self.away[victim]) or [0.0]
            told.append(f"{victim} {count} (back in {statistics.median(away):.1f} s, at most {away[-1]:.1f})")
        return ", ".join(told) or "none"


def drawn(chance: random.Random, victims: Iterable[Victim], each: int) -> list[Victim]:
    """Return each of `victims` so often, in random order."""
    order = [victim for victim in victims for _ in range(each)]
    chance.shuffle(order)
    return order


async def kill_all(
    live: Live,
    chance: random.Random,
    order: Iterable[Victim],
    acknowledged: Callable[[], int],
    say: Callable[[str], None] = lambda _: None,
) -> Kills:
    """Kill one after the other, at random moments between acts that were `acknowledged` since the last kill.

    Raises NotBack when one stays away, or nothing is acknowledged any more.
    """
    kills = Kills()
    began, before = time.monotonic(), -1

    async def acting() -> bool:
        return acknowledged() > before

    for victim in order:
        await live.until(acting, "people act again")
        await asyncio.sleep(chance.uniform(0, LATEST))
        hasty = chance.random() < HASTY
        before = -1 if hasty else acknowledged()
        killed = live.kill(victim)
        kills.count[victim] += 1
        say(
            f"{time.monotonic() - began:6.1f} s  kill -9 {victim} ({killed}){', at once the next' if hasty else ''}"
        )
        if hasty:
            await live.started(victim, killed)
        else:
            kills.away[victim].append(await live.back(victim, killed))
    await live.until(live.works, "golive works after the last kill")
    return kills
