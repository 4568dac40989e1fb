"""Holds, long waits and ladders. Each test failed before its rule was mended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from golive import commands as c
from golive import rules
from golive.template import Ladder
from tests.rules.acting import (
    rests,
)
from tests.rules.plans import (
    UAT,
    make_plan,
    task,
    whole,
)
from tests.rules.world import started, words
from workflows.go_live import PROCESSES


def test_a_hold_brings_no_reminder_forward_and_overdue_time_stands_still() -> None:
    world = started(whole())
    world.tick(timedelta(hours=12))
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=10))
    world.act(c.Resume(reason=words()), "rm")
    assert rules.next_due(world.run, PROCESSES) == world.now + timedelta(hours=12)
    assert "Reminded" not in world.types()
    world.tick(timedelta(days=2))
    count = world.types().count("Escalated")
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=10))
    world.act(c.Resume(reason=words()), "rm")
    assert world.types().count("Escalated") == count
    assert rests(world)


def test_years_of_working_time_are_no_trouble() -> None:
    world = started(make_plan({**UAT, "tasks": [task("run", due="900d")]}))
    world.act(c.Hold(reason=words()), "rm")
    world.tick(timedelta(days=400))
    world.act(c.Resume(reason=words()), "rm")
    assert rests(world)


def test_a_ladder_has_rungs() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Ladder(rungs=())
