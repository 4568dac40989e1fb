"""Sign-offs for tests of who may sign: one approval whose rules the test writes, asked at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from golive import commands as c
from golive.commands import Actor
from golive.effects import Notify
from golive.state import ApprovalState
from tests.rules.acting import digest
from tests.rules.plans import PEOPLE, SIGN_OFF, SIGNED, make_plan
from tests.rules.world import World, started, words

REF = "sign-off.sign"


def asked(*rules: dict[str, Any], people: Any = PEOPLE, found: Any = None, **approval: Any) -> World:
    """Return a run that waits for an approval with these rules; `found` are people by other sources than functions."""
    signed = {**SIGNED, "needs": [], "approvals": [{**SIGN_OFF, "rules": list(rules), **approval}]}
    return started(make_plan(signed, people=people, found=found or {}))


def state(world: World) -> ApprovalState:
    return world.run.state.approvals[REF]


def waiting(world: World) -> list[str]:
    """Return whom the read model was last told to wait for."""
    told = [change for batch in world.batches for change in batch.approvals if change.ref == REF]
    return list(told[-1].waiting_for)


def last_asked(world: World) -> tuple[str, ...]:
    """Return who was told last that their decision is awaited."""
    return [each for each in world.told if each.asks][-1].to


def closed(world: World) -> list[Notify]:
    """Return by which messages requests were closed."""
    return [each for each in world.told if each.closes]


def decide(which: Any, world: World, **more: Any) -> c.Decide:
    return c.Decide(approval=REF, decision=which, digest=digest(world), comment=words(), **more)


def hand_over(world: World, to: Actor, **more: Any) -> c.Delegate:
    until = more.pop("until", world.now + timedelta(days=1))
    return c.Delegate(approval=REF, to=to, until=until, reason=words(), **more)


def adding(place: Any, *people: Actor) -> c.AddSigners:
    return c.AddSigners(approval=REF, people=people, place=place, reason=words())


def withdraw() -> c.Withdraw:
    return c.Withdraw(approval=REF, reason=words())
