"""Where a due time counts from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from golive import commands as c
from tests.rules.plans import UAT, make_plan, task
from tests.rules.world import T0, World, started


def due(world: World, key: str) -> Any:
    clock = world.run.state.tasks[f"uat.{key}"].clock
    return clock and clock.due_at


def test_due_counts_from_the_entry_of_the_stage_a_task_or_back_from_the_go_live() -> None:
    tasks = [
        task("first", due="2d"),
        task("second", needs=["uat.first"], due="3d"),
        task("third", needs=["uat.first"], due={"within": "1d", "after": "uat.first"}),
        task("early", due={"within": "10d", "before_go_live": True}),
        task("free"),
        task("later", due={"within": "1d", "after": "uat.free"}),
    ]
    world = started(make_plan({**UAT, "tasks": tasks}, go_live_at=T0 + timedelta(days=30)))
    assert due(world, "first") == T0 + timedelta(days=2)
    assert due(world, "early") == T0 + timedelta(days=20)
    assert due(world, "later") is None, "nobody knows when before the other task is done"
    world.tick(timedelta(hours=5))
    world.act(c.CompleteTask(task="uat.first"), "qa1")
    assert due(world, "second") == T0 + timedelta(days=3)
    assert due(world, "third") == T0 + timedelta(days=1, hours=5)
    world.act(c.CompleteTask(task="uat.free"), "qa1")
    assert due(world, "later") == T0 + timedelta(days=1, hours=5)
