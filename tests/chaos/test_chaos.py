"""The short form: golive is killed again and again during whole go-lives, and nothing is lost or doubled."""

from __future__ import annotations

import random
import secrets
from pathlib import Path

import pytest

from tests.chaos.killer import drawn
from tests.chaos.live import VICTIMS
from tests.chaos.rounds import one_round
from tests.cli.processes import environment

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.timeout(600),
]


@pytest.mark.parametrize(
    "each", [pytest.param(1, id="once each"), pytest.param(4, id="four times each", marks=pytest.mark.proof)]
)
async def test_no_acknowledged_act_is_lost_or_doubled_by_kill_9(tmp_path: Path, each: int) -> None:
    seed = secrets.randbelow(10**6)
    print(f"seed {seed}; data and logs: {tmp_path}")
    chance = random.Random(seed)
    env = environment(tmp_path / "home", GOLIVE_CONTINUE_AFTER="60")
    figures = await one_round(env, drawn(chance, VICTIMS, each), chance, say=print)
    print(figures)
    assert figures.violations == []
    assert figures.kills.count == dict.fromkeys(VICTIMS, each)
    assert figures.executions > figures.runs, "no run continued as new"
