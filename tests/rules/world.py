"""The world of rehearsals as the tests of the rules look at it: all that is recorded and told is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typing_extensions import override

from golive import rehearsal_world, rules
from golive.batches import take_batch
from golive.commands import Actor, AddSigners, Body, Command, Delegate
from golive.directory import Absence, Directory, Person
from golive.effects import LookUp, Notify, Supersede, Verdict
from golive.errors import GoliveError
from golive.events import Event
from golive.plan import Plan
from golive.recording import Batch, Recorded
from golive.rehearsal_world import MANAGES
from golive.run import Effect, Run
from golive.vocabulary import Role, VerdictName
from golive.words import Words, say
from workflows.go_live import PROCESSES

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def words(text: str = "because it is so, and everybody agreed") -> Words:
    """Return what a person says."""
    return Words(text=text, salt="5a17")


class World(rehearsal_world.World):
    """A run and everything around it, in memory. A watch reports when the test says so, by `verdict`."""

    run_id = "r1"

    def __init__(self, plan: Plan) -> None:
        self.journal: list[Event] = []
        self.batches: list[Batch] = []
        self.lock_holder: str | None = None
        self.told: list[Notify] = []
        self.superseded: list[str] = []
        self.said: dict[str, Actor] = {}
        self.away: dict[str, Absence] = {}
        self.looks: list[LookUp] = []
        self.slow = False
        self.late: list[tuple[LookUp, Directory]] = []
        super().__init__(plan, dict(plan.people), T0, PROCESSES)

    @override
    def actor(self, name: str) -> Actor:
        """Return a person as the API would read them: as presented, or of the roles that the plan leaves them."""
        if name in self.said:
            return self.said[name].model_copy(update={"authenticated": None})
        functions = tuple(f for f, names in self.plan.people.items() if name in names)
        able: dict[Role, bool] = {
            "assignee": name not in self.plan.sign_only,
            "approver": name not in self.plan.do_only,
        }
        roles = tuple(role for role, can in able.items() if can)
        groups = super().actor(name).groups
        roles = MANAGES if name == "rm" else roles
        return Actor(name=name, roles=roles, functions=functions, groups=groups)

    @override
    def command(self, body: Body, by: str | Actor) -> Command:
        """Return the next command; whoever is presented in it is known to the directory from now on, as they are."""
        presented = [by] if isinstance(by, Actor) else []
        presented += [body.to] if isinstance(body, Delegate) and body.to else []
        presented += body.people if isinstance(body, AddSigners) else []
        self.said |= {actor.name: actor for actor in presented}
        return super().command(body, by)

    @override
    def person(self, name: str, groups: Mapping[str, Collection[str]], manager: str | None) -> Person:
        """Return somebody as they were presented, if they were, and as the test says whether they are away."""
        found = super().person(name, groups, manager)
        facts = {"enabled": self.actor(name).enabled, "absence": self.away.get(name)}
        return found.model_copy(update=facts)

    @override
    def check(self, command: Command) -> None:
        """Ask the rules, which only look: accepted or refused, the state stays as it is."""
        before = self.run.state.model_dump()
        try:
            super().check(command)
        finally:
            assert self.run.state.model_dump() == before, "a check changed the state"

    def refused(self, body: Any, by: str | Actor) -> str:
        """Return the code with which an act is refused; fails when it is not."""
        with pytest.raises(GoliveError) as refusal:
            self.act(body, by)
        assert str(refusal.value)
        return refusal.value.code

    @override
    def _record(self) -> bool:
        batch = take_batch(self.run, PROCESSES, None if self.journal else self.start)
        if batch is None:
            return False
        self.batches.append(batch)
        self.journal += batch.events
        holder = None
        if batch.lock is not None and batch.lock.do == "take":
            self.lock_holder = self.lock_holder or self.run_id
            holder = self.lock_holder
        elif batch.lock is not None:
            self.lock_holder = None if self.lock_holder == self.run_id else self.lock_holder
        hashes = tuple(f"h{event.seq}" for event in batch.events)
        rules.answered(self.run, Recorded(hashes=hashes, lock_holder=holder), self.now, PROCESSES)
        return True

    @override
    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Notify():
                self.told.append(effect)
            case Supersede():
                self.superseded.append(effect.holder)
            case LookUp():
                self.looks.append(effect)
                if self.slow:
                    self.late.append((effect, self.directory(effect)))
                    return
        super()._carry_out(effect)

    def answer_late(self) -> None:
        """Let the directory answer what it was asked while it was slow, with what was so then."""
        late, self.late, self.slow = self.late, [], False
        for effect, answer in late:
            rules.looked(self.run, effect, answer, self.now, PROCESSES)
        self.follow()

    def verdict(self, verdict: VerdictName) -> None:
        """Let the one watch that runs report."""
        key, watched = self.watches.popitem()
        assert not self.watches, f"more watches than {key}"
        told = Verdict(verdict=verdict, cause=say(verdict))
        rules.watched(self.run, watched.effect, told, self.now, PROCESSES)
        self.follow()

    def tick(self, step: timedelta | None = None) -> None:
        """Let the clock go on by `step`, or to the next moment at which something is due."""
        due = rules.next_due(self.run, PROCESSES)
        if step is None:
            assert due is not None, "nothing is due"
            self.now = max(due, self.now)
        else:
            self.now += step
        rules.advance(self.run, self.now, PROCESSES)
        self.follow()

    def types(self) -> list[str]:
        """Return the types of what has happened."""
        return [event.type for event in self.journal]


def started(plan: Plan) -> World:
    """Return a world whose run has started and settled."""
    world = World(plan)
    world.follow()
    return world


def run_of(world: World) -> Run:
    """Return the run of a world, loaded anew from its state as continue-as-new does."""
    state = type(world.run.state).model_validate_json(world.run.state.model_dump_json())
    return Run(state, world.run.plan, world.now)
