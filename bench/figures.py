"""What was measured, and how it is told: two things side by side, and their ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Spread:
    """Times in milliseconds: the median, and what 95 % of them stay below."""

    median: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Return the spread of times given in seconds; at least one."""
        ordered = sorted(seconds)
        at_95 = min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))
        return cls(statistics.median(ordered) * 1000, ordered[at_95] * 1000)


@dataclass(frozen=True)
class Line:
    """One comparison: what `ours` came to, what the `other` came to beside it, and ours by the other's."""

    what: str
    ours: str
    other: str
    ratio: float


@dataclass
class Finding:
    """What one measurement found. `ours` and `other` say what the columns are; `notes` are said below them."""

    title: str
    ours: str
    other: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def compare(self, what: str, ours: float, other: float, unit: str) -> None:
        """Add a line."""
        self.lines.append(Line(what, f"{_short(ours)} {unit}", f"{_short(other)} {unit}", ours / other))

    def compare_times(self, what: str, ours: Sequence[float], other: Sequence[float]) -> None:
        """Add the lines of two series of times in seconds: median and 95 %."""
        one, two = Spread.of(ours), Spread.of(other)
        self.compare(f"{what}, median of {len(ours)}", one.median, two.median, "ms")
        self.compare(f"{what}, 95 % below", one.p95, two.p95, "ms")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits say enough


async def alternately(times: int, *acts: Act) -> list[list[float]]:
    """Do the acts in turn, so many times, and return the seconds that each took: A B A B, under the same load."""
    took: list[list[float]] = [[] for _ in acts]
    for _ in range(times):
        for act, seconds in zip(acts, took, strict=True):
            began = time.perf_counter()
            await act()
            seconds.append(time.perf_counter() - began)
    return took


def table(finding: Finding) -> str:
    """Return a finding as plain text."""
    head = ("", finding.ours, finding.other, "ratio")
    rows = [head, *((one.what, one.ours, one.other, f"{one.ratio:.2f}") for one in finding.lines)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    told = [finding.title, "-" * len(finding.title)]
    for what, *values in rows:
        cells = [f"{value:>{width}}" for value, width in zip(values, widths[1:], strict=True)]
        told.append("  ".join((f"{what:<{widths[0]}}", *cells)))
    return "\n".join([*told, *(f"  {note}" for note in finding.notes)])
