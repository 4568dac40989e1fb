"""A world for a run: it carries out the effects that the rules ask for, when the test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from golive import rules
from golive.batches import take_batch
from golive.commands import Actor, Command
from golive.effects import (
    Measure,
    Measured,
    Notify,
    ReportWritten,
    ReturnTraffic,
    Shifted,
    ShiftTraffic,
    Supersede,
    Verdict,
    Watch,
    WriteReport,
)
from golive.engine import ENGINE
from golive.errors import GoliveError
from golive.events import Event
from golive.plan import Plan
from golive.recording import Batch, Recorded, Start
from golive.run import Run
from golive.vocabulary import Role, VerdictName
from golive.words import Words, say
from workflows.go_live import PROCESSES

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MANAGES: tuple[Role, ...] = ("release_manager",)


def words(text: str = "because it is so, and everybody agreed") -> Words:
    """Return what a person says."""
    return Words(text=text, salt="5a17")


class World:
    """A run and everything around it, in memory."""

    def __init__(self, plan: Plan, *, run_id: str = "r1") -> None:
        self.plan = plan
        self.now = T0
        self.start = Start(
            run_id=run_id, plan=plan, actor=self.actor("rm"), engine=ENGINE, command_id="start"
        )
        self.run = rules.begin(self.start, self.now)
        self.journal: list[Event] = []
        self.batches: list[Batch] = []
        self.watches: dict[str, Watch] = {}
        self.traffic = 0
        self.lock_holder: str | None = None
        self.broken_traffic = False
        self.told: list[Notify] = []
        self.superseded: list[str] = []
        self.measured: dict[str, float | None] = {}
        self.acts = 0
        rules.advance(self.run, self.now, PROCESSES)

    def actor(self, name: str) -> Actor:
        """Return a person as the API would read them."""
        functions = tuple(f for f, names in self.plan.people.items() if name in names)
        able: dict[Role, bool] = {
            "assignee": name not in self.plan.sign_only,
            "approver": name not in self.plan.do_only,
        }
        roles = tuple(role for role, can in able.items() if can)
        return Actor(name=name, roles=MANAGES if name == "rm" else roles, functions=functions)

    def command(self, body: Any, by: str | Actor, command_id: str | None = None) -> Command:
        """Return a command of a person."""
        self.acts += 1
        actor = self.actor(by) if isinstance(by, str) else by
        return Command(id=command_id or f"{self.acts:064x}", run_id=self.start.run_id, actor=actor, body=body)

    def act(self, body: Any, by: str | Actor) -> int:
        """Let a person act, and everything follow that needs no clock. Raises GoliveError when refused."""
        command = self.command(body, by)
        before = self.run.state.model_dump()
        try:
            rules.check(self.run, command)
        except GoliveError:
            assert self.run.state.model_dump() == before, "a refused act changed the state"
            raise
        assert self.run.state.model_dump() == before, "a check changed the state"
        seq = rules.apply(self.run, command, self.now, PROCESSES)
        self.follow()
        return seq

    def refused(self, body: Any, by: str | Actor) -> str:
        """Return the code with which an act is refused; fails when it is not."""
        with pytest.raises(GoliveError) as refusal:
            self.act(body, by)
        assert str(refusal.value)
        return refusal.value.code

    def follow(self) -> None:
        """Record and carry out effects until nothing is left but watches."""
        while self._record() or self._perform():
            pass

    def _record(self) -> bool:
        batch = take_batch(self.run, PROCESSES, None if self.journal else self.start)
        if batch is None:
            return False
        self.batches.append(batch)
        self.journal += batch.events
        holder = None
        if batch.lock is not None and batch.lock.do == "take":
            self.lock_holder = self.lock_holder or self.start.run_id
            holder = self.lock_holder
        elif batch.lock is not None:
            self.lock_holder = None if self.lock_holder == self.start.run_id else self.lock_holder
        hashes = tuple(f"h{event.seq}" for event in batch.events)
        rules.answered(self.run, Recorded(hashes=hashes, lock_holder=holder), self.now, PROCESSES)
        return True

    def _perform(self) -> bool:
        effects, self.run.effects = self.run.effects, []
        for key in self.run.stopped:
            self.watches.pop(key, None)
        self.run.stopped.clear()
        for _, effect in effects:
            self._carry_out(effect)
        return bool(effects)

    def _carry_out(self, effect: Any) -> None:
        match effect:
            case Notify():
                self.told.append(effect)
                rules.told(self.run, effect, "logged", self.now)
            case ShiftTraffic():
                rules.shifted(self.run, effect, self._shift(effect), self.now, PROCESSES)
            case ReturnTraffic():
                self.traffic = 0
                rules.returned(self.run, effect, Shifted(weight=0), self.now, PROCESSES)
            case Watch():
                self.watches[effect.key] = effect
            case Measure():
                value = self.measured.get(effect.metric)
                rules.measured(self.run, effect, Measured(value=value, at=self.now), self.now, PROCESSES)
            case WriteReport():
                rules.reported(self.run, effect, ReportWritten(digest="d"), self.now, PROCESSES)
            case Supersede():
                self.superseded.append(effect.holder)

    def _shift(self, effect: ShiftTraffic) -> Shifted:
        if effect.generation != self.run.state.lock.generation:
            return Shifted(weight=self.traffic, fenced=True)
        if self.broken_traffic:
            return Shifted(weight=self.traffic, error=say("the gateway is away"))
        self.traffic = effect.weight
        return Shifted(weight=effect.weight)

    def verdict(self, verdict: VerdictName) -> None:
        """Let the one watch that runs report."""
        key, watch = self.watches.popitem()
        assert not self.watches, f"more watches than {key}"
        rules.watched(self.run, watch, Verdict(verdict=verdict, cause=say(verdict)), self.now, PROCESSES)
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
    return Run(state, world.plan, world.now)
