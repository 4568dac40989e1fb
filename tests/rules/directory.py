"""Runs whose rules ask the directory, for tests: who is otherwise now, who is away, what the journal tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from golive.directory import Absence
from tests.rules.acting import complete
from tests.rules.plans import SIGN_OFF, SIGNED, make_plan, task
from tests.rules.world import World, started

OPS = {"function": "ops"}
BOARD = {"group": "board"}
FOUND: dict[str, tuple[str, ...]] = {"group:board": ("bea", "bob")}


def is_now(world: World, name: str, **facts: Any) -> None:
    """Let somebody be otherwise from now on, in the directory and when they act."""
    world.said[name] = world.actor(name).model_copy(update=facts)


def away(world: World, name: str, deputy: str | None = None, days: int = 3) -> None:
    world.away[name] = Absence(until=world.now + timedelta(days=days), deputy=deputy)


def happened(world: World, kind: str) -> list[dict[str, Any]]:
    return [event.payload for event in world.journal if event.type == kind]


def asked_after_a_task(*rules: dict[str, Any], found: Any = FOUND) -> World:
    """Return a run in which something is to be done before decisions are asked for."""
    signed = {**SIGNED, "needs": [], "tasks": [task("collect", function="dev")]}
    signed["approvals"] = [{**SIGN_OFF, "rules": list(rules)}]
    return started(make_plan(signed, found=found))


def slow(*rules: dict[str, Any], **more: Any) -> World:
    """Return a run that asks for decisions while the directory takes its time."""
    signed = {**SIGNED, "needs": [], "tasks": [task("collect", function="dev")]}
    signed["approvals"] = [{**SIGN_OFF, "rules": list(rules)}]
    world = started(make_plan(signed, **more))
    world.slow = True
    complete(world, "sign-off.collect", "dev1")
    return world
