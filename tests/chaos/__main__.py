"""`python -m tests.chaos`: the long form. Prints its seed; the exit status is 1 when anything was lost or doubled."""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.killer import drawn
from tests.chaos.live import VICTIMS, NotBack, Victim
from tests.chaos.rounds import Figures, one_round
from tests.cli.processes import environment

AT_ONCE = 45
"""Kills in a round; after each round everything is checked."""
CONTINUE_AFTER = (60, None, 150)
"""Events after which runs continue as new, by turns; None is Temporal's own suggestion."""


async def play(victims: tuple[Victim, ...], each: int, seed: int, home: Path) -> Figures:
    """Kill each of `victims` so often, in rounds, and say how it goes."""
    chance, whole = random.Random(seed), Figures()
    order = drawn(chance, victims, each)
    rounds = [order[at : at + AT_ONCE] for at in range(0, len(order), AT_ONCE)]
    for number, part in enumerate(rounds):
        after = CONTINUE_AFTER[number % len(CONTINUE_AFTER)]
        limit = {"GOLIVE_CONTINUE_AFTER": str(after)} if after else {}
        often = f"after {after} events" if after else "when Temporal suggests it"
        _say(f"round {number + 1} of {len(rounds)}: {len(part)} kills; runs continue as new {often}")
        env = environment(home / f"round-{number + 1}", **limit)
        whole.add(await one_round(env, part, chance, say=lambda line: _say(f"  {line}")))
        if whole.violations:
            break
    return whole


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(
        prog="make chaos", description="kill -9 at random moments; nothing may be lost or doubled."
    )
    parser.add_argument("--kills", type=int, default=300, help="kills of each victim (300)")
    parser.add_argument("--victim", choices=[*VICTIMS, "all"], default="all", help="whom to kill (all)")
    parser.add_argument("--seed", type=int, default=None, help="the seed that an earlier call printed")
    parser.add_argument("--home", type=Path, default=None, help="where data and logs are kept (a new folder)")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else secrets.randbelow(10**6)
    home = args.home or Path(tempfile.mkdtemp(prefix="golive-chaos-"))
    victims: tuple[Victim, ...] = VICTIMS if args.victim == "all" else (args.victim,)
    print(
        f"seed {seed}; again with: python -m tests.chaos --kills {args.kills} --victim {args.victim} --seed {seed}"
    )
    print(f"data and logs: {home}", flush=True)
    began = time.monotonic()
    try:
        whole = asyncio.run(play(victims, args.kills, seed, home))
    except NotBack as away:
        print(away)
        return 1
    print(f"{whole}\nin {time.monotonic() - began:.0f} s, seed {seed}")
    for violation in whole.violations:
        print(f"- {violation}")
    return 1 if whole.violations else 0


if __name__ == "__main__":
    sys.exit(main())
