"""What is recorded at once stays far below Temporal's payload limit, whatever people write."""

from __future__ import annotations

from golive import commands as c
from golive import rules
from golive.batches import MOST, take_batch
from golive.evidence import Link, Remark
from golive.recording import Batch
from golive.words import Words
from tests.rules.plans import make_plan, task
from tests.rules.world import World, started
from workflows.go_live import PROCESSES


def many(count: int) -> World:
    """Return a run of so many open tasks."""
    stage = {"id": "uat", "process": "uat", "title": "UAT", "tasks": [task(f"t{n}") for n in range(count)]}
    return World(make_plan(stage))


def recorded(world: World) -> list[Batch]:
    """Return all that is to be recorded now."""
    found = []
    while (batch := take_batch(world.run, PROCESSES, None)) is not None:
        found.append(batch)
    return found


def test_many_long_acts_at_once_are_recorded_in_several_batches() -> None:
    world = many(9)
    world.follow()
    said = tuple(Remark(text=Words(text="核" * 4_000, salt=f"{n}")) for n in range(20))
    shown = tuple(Link(url=f"https://example.com/{'x' * 1_900}/{n}") for n in range(20))
    for n in range(8):
        command = world.command(c.CompleteTask(task=f"uat.t{n}", evidence=(*said, *shown)), "qa1")
        rules.apply(world.run, command, world.now, PROCESSES)
    before = len(world.journal)
    batches = recorded(world)
    assert len(batches) > 1
    assert max(len(batch.model_dump_json().encode()) for batch in batches) < 2 * 512 * 1024
    numbers = [event.seq for batch in batches for event in batch.events]
    assert numbers == list(range(before + 1, before + 9))
    for batch in batches:
        about = [event.object.removeprefix("task:") for event in batch.events]
        assert [change.ref for change in batch.tasks] == about, "what an act changed is written with it"


def test_one_act_is_never_too_long_to_be_recorded() -> None:
    world = many(2)
    world.follow()
    said = tuple(Remark(text=Words(text="核" * 4_000, salt=f"{n}")) for n in range(60))
    command = world.command(c.CompleteTask(task="uat.t0", evidence=said), "qa1")
    rules.apply(world.run, command, world.now, PROCESSES)
    (batch,) = recorded(world)
    assert [change.evidence for change in batch.tasks] == [said]


def test_tasks_are_written_with_the_events_that_opened_them() -> None:
    batches = recorded(many(1_000))
    assert [len(batch.events) for batch in batches] == [MOST, MOST, 1_002 - 2 * MOST]
    for batch in batches:
        opened = [event.object for event in batch.events if event.type == "TaskOpened"]
        assert [f"task:{change.ref}" for change in batch.tasks] == opened


def test_changes_without_events_are_written_as_well() -> None:
    world = started(many(500).plan)
    for ref in world.run.state.tasks:
        world.run.task(ref)
    assert [len(batch.tasks) for batch in recorded(world)] == [MOST, 100]
