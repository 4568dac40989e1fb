"""`python -m bench`, which is `make bench`: measure, and print ratios with the facts of the machine.

Absolute times say more about the machine than about golive; each comparison is therefore made in one run, the two
sides in turn, so that both bear the same load.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

from bench import acknowledged, http, machine, thousand, throughput, viewers
from bench.figures import Finding, table
from bench.place import Place, standing
from cli.failure import Failure
from connectors.leaving import leave


class Measure(Protocol):
    """One measurement; `quick` in a short form, whose figures say little."""

    def __call__(self, place: Place, *, quick: bool) -> Awaitable[Finding]:
        """Measure."""


MEASURES: dict[str, Measure] = {
    "thousand": thousand.measure,
    "acknowledged": acknowledged.measure,
    "runs": throughput.measure,
    "http": http.measure,
    "viewers": viewers.measure,
}


def main() -> int:
    """Measure what was asked for; 1 when golive does not come up."""
    parser = argparse.ArgumentParser(
        prog="make bench", description="Measures golive against bare Temporal, side by side."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="a short form that shows that it runs")
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in MEASURES]
    if unknown:
        parser.error(f"there is no measurement “{unknown[0]}”; there are {', '.join(MEASURES)}")
    try:
        asyncio.run(_measure(args.names or list(MEASURES), quick=args.quick))
    except Failure as why:
        print(why, *why.more, sep="\n", file=sys.stderr)
        return 1
    return 0


async def _measure(names: list[str], *, quick: bool) -> None:
    began = time.monotonic()
    print("\n".join(machine.facts()))
    with tempfile.TemporaryDirectory(prefix="golive-bench-") as home:
        async with standing(Path(home) / "home") as place:
            for name in names:
                found = await MEASURES[name](place, quick=quick)
                print(f"\n$ python -m bench {name}{' --quick' if quick else ''}\n{table(found)}", flush=True)
    print(f"\n{machine.load()}; measured in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    leave(main())
