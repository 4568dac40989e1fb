"""What tests of the rules have people do, and what they look at after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from golive import commands as c
from golive import rules
from golive.evidence import Remark
from golive.recording import RunChange
from tests.rules.world import World, words
from workflows.go_live import PROCESSES


def complete(world: World, ref: str, by: str) -> None:
    world.act(c.CompleteTask(task=ref, evidence=(Remark(text=words()),)), by)


def digest(world: World, ref: str = "sign-off.sign") -> str:
    shown = world.run.state.approvals[ref].digest
    assert shown is not None
    return shown


def approve(world: World, by: str, ref: str = "sign-off.sign") -> None:
    world.act(c.Decide(approval=ref, decision="approved", digest=digest(world, ref)), by)


def decision(world: World, ref: str, which: Any, **more: Any) -> c.Decide:
    return c.Decide(approval=ref, decision=which, digest=digest(world, ref), comment=words(), **more)


def to_sign_off(world: World) -> World:
    complete(world, "uat.run", "qa1")
    complete(world, "uat.read", "qa2")
    return world


def to_grey(world: World) -> World:
    to_sign_off(world)
    approve(world, "ops1")
    approve(world, "qa3")
    return world


def shown(world: World) -> RunChange:
    change = world.batches[-1].run
    assert change is not None
    return change


def states(world: World) -> dict[str, str]:
    return {name: stage.state for name, stage in world.run.state.stages.items()}


def due_of(world: World) -> datetime:
    clock = world.run.state.tasks["uat.run"].clock
    assert clock is not None
    return clock.due_at


def rests(world: World) -> bool:
    """Tell that the timer would not ring at once again and again."""
    due = rules.next_due(world.run, PROCESSES)
    return due is None or due > world.now
