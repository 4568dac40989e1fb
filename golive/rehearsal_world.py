"""A run in memory, with a clock that is set and a world that answers every effect, always in the same way.

The rules are those of a real run. What the world is like is said by the script: what is measured, whether another run
holds the service, whether the gateway works. What nobody says is well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from golive import rules, service_lock
from golive.analysis import Measurement, Tally, judge, next_due, weigh
from golive.commands import Actor, Authenticated, Body, Command
from golive.directory import Directory, Person
from golive.effects import (
    LookUp,
    Measure,
    Measured,
    Notify,
    ReportWritten,
    ReturnTraffic,
    Shifted,
    ShiftTraffic,
    Supersede,
    Watch,
    WriteReport,
)
from golive.engine import ENGINE
from golive.plan import Plan
from golive.recording import Recorded, Start
from golive.rehearsal_steps import Measure as Measuring
from golive.rehearsal_steps import Service, Traffic
from golive.rehearsal_values import healthy, passing
from golive.run import Effect
from golive.sources import kind_of
from golive.stages import Processes
from golive.template_rollouts import Analysis
from golive.vocabulary import Role
from golive.words import N_, Words, say

RUN = "rehearsal"
OTHER_RUN = "another-run"
MANAGES: tuple[Role, ...] = ("release_manager",)
WORKS: tuple[Role, ...] = ("assignee", "approver")
_REPORT = f"sha256:{'0' * 64}"


def words(text: str) -> Words:
    """Return what a person says."""
    return Words(text=text, salt=RUN)


@dataclass
class Watched:
    """A watch and what the measurements of each of its metrics add up to."""

    effect: Watch
    tallies: list[Tally] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tallies = [Tally() for _ in self.effect.analyses]

    def next_moment(self) -> datetime | None:
        """Return when something is to be done; None is never."""
        pairs = zip(self.effect.analyses, self.tallies, strict=True)
        moments = [next_due(analysis, tally, self.effect.since) for analysis, tally in pairs]
        return min((at for at in [*moments, self.effect.until] if at is not None), default=None)


@dataclass
class Setting:
    """What the world is like: what connectors read, whether another run holds the service, the gateway is broken."""

    measured: dict[str, float | str | None] = field(default_factory=dict)
    taken: bool = False
    broken: bool = False

    def change(self, step: Measuring | Service | Traffic) -> None:
        """Let it be as the script says, from now on."""
        match step:
            case Measuring():
                self.measured |= step.measure
            case Service():
                self.taken = step.service == "taken"
            case Traffic():
                self.broken = step.traffic == "broken"


class World:
    """A run and everything around it. It has begun, and nothing has followed from that before `follow` is called."""

    run_id: ClassVar[str] = RUN

    def __init__(
        self,
        plan: Plan,
        people: dict[str, tuple[str, ...]],
        now: datetime,
        processes: Processes,
        setting: Setting | None = None,
    ) -> None:
        self.plan = plan
        self.processes = processes
        self.people = people
        self.found = dict(plan.found)
        self.now = now
        self.traffic = 0
        self.setting = setting or Setting()
        self.happened: dict[str, int] = {}
        self.measurements = 0
        self.watches: dict[str, Watched] = {}
        self.acts = 0
        self._due: list[datetime | None] = []
        actor = self.actor(plan.release_manager)
        self.start = Start(run_id=self.run_id, plan=plan, actor=actor, engine=ENGINE, command_id="start")
        self.run = rules.begin(self.start, now)
        rules.advance(self.run, now, processes)

    # -- people ----------------------------------------------------------------------------------------------

    def actor(self, name: str) -> Actor:
        """Return a person as the API would read them: of the functions and roles that the script gives them.

        Each has just proved who they are, so that approvals that ask for it can be rehearsed.
        """
        functions = tuple(function for function, names in self.people.items() if name in names)
        groups = tuple(
            kind_of(source)[1]
            for source, names in self.found.items()
            if name in names and kind_of(source)[0] == "group"
        )
        roles = MANAGES if name == self.plan.release_manager else ()
        works = functions or any(name in names for names in self.found.values())
        return Actor(
            name=name,
            roles=roles + (WORKS if works else ()),
            functions=functions,
            groups=groups,
            authenticated=Authenticated(method="password", at=self.now),
        )

    def command(self, body: Body, by: str | Actor) -> Command:
        """Return the next command, by a person as they are now, or as the caller says they are."""
        self.acts += 1
        actor = self.actor(by) if isinstance(by, str) else by
        return Command(id=f"{self.acts:064x}", run_id=self.run_id, actor=actor, body=body)

    def act(self, body: Body, by: str | Actor) -> int:
        """Let a person act, and everything follow that needs no time; return the number of its event.

        Raises GoliveError when it is refused.
        """
        command = self.command(body, by)
        self.check(command)
        seq = rules.apply(self.run, command, self.now, self.processes)
        self.follow()
        return seq

    def check(self, command: Command) -> None:
        """Ask the rules whether they take a command. Raises GoliveError when they refuse it."""
        rules.check(self.run, command, self.now)

    # -- time ------------------------------------------------------------------------------------------------

    def next_moment(self) -> datetime | None:
        """Return when something happens next by itself, or None."""
        if not self._due:  # else nothing has happened since but measurements
            self._due = [rules.next_due(self.run, self.processes)]
        moments = [*self._due, *(each.next_moment() for each in self.watches.values())]
        return min((at for at in moments if at is not None), default=None)

    def go_to(self, end: datetime) -> None:
        """Let the time go by until `end`, with all that happens on the way, in its order."""
        while (at := self.next_moment()) is not None and at <= end:
            if not self.step(at):
                break  # what is due waits for something else; it would be due for ever
        self.now = max(self.now, end)
        rules.advance(self.run, self.now, self.processes)
        self.follow()

    def step(self, at: datetime) -> bool:
        """Let happen what is due at `at`; tell whether that was anything, or time went by."""
        before = (self.now, self.run.state.seq, self.measurements)
        self.now = max(self.now, at)
        self._measure_due()
        if before[1] != self.run.state.seq or any(due and due <= self.now for due in self._due):
            rules.advance(self.run, self.now, self.processes)
            self.follow()
        return before != (self.now, self.run.state.seq, self.measurements)

    # -- effects ---------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Record and carry out effects until nothing is left but watches."""
        self._due = []
        while self._record() or self._perform():
            pass

    def change(self, step: Measuring | Service | Traffic) -> None:
        """Let the world be as the script says; a run that waits for the service is woken when it is given back."""
        self.setting.change(step)
        if not isinstance(step, Service) or self.setting.taken:
            return
        if self.run.state.lock.wanted:
            self.run.state.lock.look_at = self.now
            rules.advance(self.run, self.now, self.processes)
        self.follow()

    def _record(self) -> bool:
        """Answer what `record` would; nobody reads the facts that it would write."""
        run = self.run
        events, run.events = run.events, []
        lock = service_lock.request(run, events)
        for kept in (run.changed_tasks, run.changed_approvals, run.given, run.subjects):
            kept.clear()
        if not events and lock is None:
            return False
        for event in events:
            self.happened[event.type] = self.happened.get(event.type, 0) + 1
        if lock is not None and lock.do == "take":
            holder = OTHER_RUN if self.setting.taken else self.run_id
            rules.answered(run, Recorded(lock_holder=holder), self.now, self.processes)
        return True

    def _perform(self) -> bool:
        effects, self.run.effects = self.run.effects, []
        for key in self.run.stopped:
            self.watches.pop(key, None)
        self.run.stopped.clear()
        for _, effect in effects:
            self._carry_out(effect)
        return bool(effects)

    def _carry_out(self, effect: Effect) -> None:
        run, now = self.run, self.now
        match effect:
            case Notify():
                rules.told(run, effect, "logged", now)
            case ShiftTraffic():
                rules.shifted(run, effect, self._shift(effect), now, self.processes)
            case ReturnTraffic():
                self.traffic = 0
                self.watches.clear()
                rules.returned(run, effect, Shifted(weight=0), now, self.processes)
            case Watch():
                self.watches[effect.key] = Watched(effect)
            case Measure():
                rules.measured(run, effect, self._measure(effect), now, self.processes)
            case WriteReport():
                rules.reported(run, effect, ReportWritten(digest=_REPORT), now, self.processes)
            case Supersede():
                self.setting.taken = False
            case LookUp():
                rules.looked(run, effect, self.directory(effect), now, self.processes)

    def directory(self, effect: LookUp) -> Directory:
        """Return what the directory says: everybody is there and can sign, in groups and over others by the plan."""
        found = self.found
        managers = self._managers()
        groups = {group: found.get(f"group:{group}", ()) for group in effect.groups}
        owners = found.get("owner_of:service", ()) if effect.service else ()
        names = {
            *effect.names,
            *owners,
            *managers.values(),
            *(name for each in groups.values() for name in each),
        }
        people = {name: self.person(name, groups, managers.get(name)) for name in sorted(names)}
        deputies = {each.absence.deputy for each in people.values() if each.absence and each.absence.deputy}
        for name in sorted(deputies - names):
            people[name] = self.person(name, groups, None)
        return Directory(at=self.now, groups=groups, owners=owners, people=tuple(people.values()))

    def person(self, name: str, groups: Mapping[str, Collection[str]], manager: str | None) -> Person:
        """Return somebody as the directory has them: enabled, there, and as when they act."""
        actor = self.actor(name)
        return Person(
            name=name,
            roles=actor.roles,
            functions=actor.functions,
            groups=tuple(group for group, members in groups.items() if name in members),
            manager=manager,
        )

    def _managers(self) -> dict[str, str]:
        """Return who manages whom, as far as the plan found it: one manager for everybody who made the release."""
        managers: dict[str, str] = {}
        if over_starter := self.found.get("manager_of:release_manager"):
            managers[self.plan.release_manager] = over_starter[0]
        if over_authors := self.found.get("manager_of:authors"):
            managers |= dict.fromkeys(self.run.state.release.authors, over_authors[0])
        return managers

    def _shift(self, effect: ShiftTraffic) -> Shifted:
        if effect.generation != self.run.state.lock.generation:
            return Shifted(weight=self.traffic, fenced=True)
        if self.setting.broken:
            return Shifted(weight=self.traffic, error=say(N_("the gateway does not answer")))
        self.traffic = effect.weight
        return Shifted(weight=effect.weight)

    def _measure(self, effect: Measure) -> Measured:
        """Return what the connector reads for a check of a gate: the script's value, else one that passes."""
        value: Any = self.setting.measured.get(effect.metric, _UNSAID)
        if value is _UNSAID:
            stage, _, key = effect.about.partition("/")
            checks = (
                check
                for gate in self.run.index.stages[stage].gates
                for check in gate.checks
                if f"{gate.key}.{check.key}" == key
            )
            value = passing([(check.compare, check.threshold) for check in checks])
        if isinstance(value, int | float):
            return Measured(value=float(value), at=self.now)
        return Measured(at=self.now, error=say(N_("“{metric}” has no data"), metric=effect.metric))

    def _measure_due(self) -> None:
        for key, watched in list(self.watches.items()):
            watch = watched.effect
            last = self.now if watch.until is None else min(self.now, watch.until)
            for n, analysis in enumerate(watch.analyses):
                due = next_due(analysis, watched.tallies[n], watch.since)
                if due is not None and due <= last:
                    watched.tallies[n] = watched.tallies[n].after(self._measurement(analysis))
            ended = watch.until is not None and self.now >= watch.until
            verdict = weigh(watch.analyses, watched.tallies, ended=ended)
            if verdict and (ended or watch.until is None or verdict.verdict != "healthy"):
                del self.watches[key]
                rules.watched(self.run, watch, verdict, self.now, self.processes)

    def _measurement(self, analysis: Analysis) -> Measurement:
        self.measurements += 1
        value: Any = self.setting.measured.get(analysis.metric, _UNSAID)
        if value is _UNSAID:
            value = healthy(analysis)
        if value == "unreadable":
            return Measurement(at=self.now, outcome="error")
        return Measurement(at=self.now, outcome=judge(analysis, value), value=value)


_UNSAID = object()
