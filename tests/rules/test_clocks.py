"""Holds, long waits and ladders. Each test failed before its rule was mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from golive import commands as c
from golive import rules
from golive.calendar import Calendar
from golive.template import Ladder
from tests.rules.acting import approve, rests
from tests.rules.plans import (
    PEOPLE,
    SIGN_OFF,
    SIGNED,
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


def test_an_overdue_approval_escalates_rung_by_rung_in_working_time_until_somebody_decides() -> None:
    """Asked on Friday at 15:00 in Shanghai, due on Monday at 15:00: half of that is 3 h then and 1.5 h on Monday."""
    friday = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
    sign_off = {
        **SIGN_OFF,
        "rules": [{"function": "ops"}, {"function": "qa"}],
        "due": "1d",
        "expires_in": "9d",
    }
    stage = {**SIGNED, "needs": [], "approvals": [sign_off]}
    world = started(make_plan(stage, calendar=Calendar(time_zone="Asia/Shanghai"), start_at=friday))
    awaited = [*PEOPLE["ops"], *PEOPLE["qa"]]
    world.tick()
    assert world.now == friday
    seen: list[tuple[str, str, list[str]]] = []
    for _ in range(5):
        world.tick()
        told = [each for each in world.journal if each.type in ("Reminded", "Escalated")][-1]
        seen.append((told.type, f"{world.now:%a %H:%M}", told.payload["to"]))
    assert seen == [
        ("Reminded", "Mon 02:30", awaited),
        ("Reminded", "Mon 04:45", awaited),
        ("Escalated", "Mon 07:00", [*awaited, "rm"]),
        ("Escalated", "Tue 07:00", [*awaited, "rm"]),
        ("Escalated", "Wed 07:00", [*awaited, "rm"]),
    ]
    approve(world, "ops1")
    world.tick()
    told = [each for each in world.journal if each.type == "Escalated"][-1]
    assert told.payload["to"] == [*PEOPLE["qa"], "rm"], "who need not decide any more is left in peace"
    approve(world, "qa1")
    assert rules.next_due(world.run, PROCESSES) is None


def test_a_ladder_has_rungs() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Ladder(rungs=())
