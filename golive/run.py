"""A run at work: its state, what is derived from its plan, and what has happened since it was last recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from golive.commands import GOLIVE, Actor
from golive.docket import Docket
from golive.effects import (
    LookUp,
    Measure,
    Notify,
    ReturnTraffic,
    ShiftTraffic,
    Supersede,
    Watch,
    WriteReport,
)
from golive.engine import NUMBERS_MESSAGES
from golive.events import Event
from golive.plan import Plan
from golive.state import ApprovalState, RunState, StageState, TaskState
from golive.template import FactSource, Stage, Task
from golive.template_approvals import Approval
from golive.words import Sentence, Text, Words

Effect = Notify | ShiftTraffic | ReturnTraffic | Watch | Measure | WriteReport | Supersede | LookUp


class Index:
    """What the rules look up in a plan, computed once per workflow instance and never stored."""

    def __init__(self, plan: Plan) -> None:
        self.stages: dict[str, Stage] = {stage.id: stage for stage in plan.stages}
        self.tasks: dict[str, tuple[Stage, Task]] = {}
        self.back_out: dict[str, tuple[Stage, Task]] = {}
        self.approvals: dict[str, tuple[Stage, Approval]] = {}
        self.dependents: dict[str, list[str]] = defaultdict(list)
        self.barring: dict[str, list[str]] = defaultdict(list)
        self.due_after: dict[str, list[str]] = defaultdict(list)
        self.before: dict[str, frozenset[str]] = {}
        self.judged: dict[str, list[str]] = defaultdict(list)
        for stage in plan.stages:
            self._add(stage)

    def _add(self, stage: Stage) -> None:
        self.before[stage.id] = frozenset(stage.needs).union(*(self.before[need] for need in stage.needs))
        for task in stage.tasks:
            ref = f"{stage.id}.{task.key}"
            self.tasks[ref] = stage, task
            for need in task.needs:
                self.dependents[need].append(ref)
            if task.due and task.due.after:
                self.due_after[task.due.after].append(ref)
        for task in stage.on_rollback:
            self.back_out[f"{stage.id}.{task.key}"] = stage, task
            for need in task.needs:
                self.dependents[need].append(f"{stage.id}.{task.key}")
        for approval in stage.approvals:
            ref = f"{stage.id}.{approval.key}"
            self.approvals[ref] = stage, approval
            for task_ref in dict.fromkeys(done for rule in approval.rules for done in rule.exclude_doers_of):
                self.barring[task_ref].append(ref)
        for check in [check for gate in stage.gates for check in gate.checks]:
            if isinstance(check.source, FactSource):
                self.judged[check.source.task].append(check.source.fact)

    def task(self, ref: str) -> Task:
        """Return the plan of a task or a back-out task. Raises KeyError."""
        return (self.tasks.get(ref) or self.back_out[ref])[1]


class Run:
    """The context in which the rules act: they change `state` and say what happened, at `now`, by `actor`.

    `events` are not recorded yet; `effects` are asked for and carry the number of the event after which they may
    start, or 0 for those that do not wait (the return of traffic); `stopped` are keys of watches to end.
    `amended` is the plan that it follows since an amendment, until that is recorded. `touched` are tasks whose
    evidence, and stages whose gates, changed what may have been signed.
    """

    def __init__(self, state: RunState, plan: Plan, now: datetime) -> None:
        self.state = state
        self.plan = plan
        self.now = now
        self.index = Index(plan)
        self.actor: Actor = GOLIVE
        self.command_id: str | None = None
        self.events: list[Event] = []
        self.effects: list[tuple[int, Effect]] = []
        self.stopped: list[str] = []
        self.changed_tasks: dict[str, None] = {}
        self.changed_approvals: dict[str, None] = {}
        self.given: dict[str, dict[str, Any]] = {}
        self.subjects: dict[str, dict[str, Any]] = {}
        # What was touched before the run was carried over is not carried: every stage is compared once.
        self.touched: dict[str, None] = dict.fromkeys(state.stages)
        self.docket = Docket(state.tasks)
        self.amended: Plan | None = None
        self.clocked: dict[str, None] = {ref: None for ref, task in state.tasks.items() if task.clock}

    @property
    def title(self) -> str:
        """What the run is called now."""
        return self.plan.title_with(self.state.release)

    @property
    def moving(self) -> bool:
        """Tell whether the run goes on by itself: neither held, nor ending, nor ended."""
        return self.state.state == "running" and self.state.ending is None and not self.state.closing

    def follow(self, plan: Plan) -> None:
        """Look up everything in another plan from now on; the state has been brought to it."""
        self.plan = self.amended = plan
        self.index = Index(plan)
        self.docket = Docket(self.state.tasks)
        self.clocked = {ref: None for ref, task in self.state.tasks.items() if task.clock}
        for known in (self.changed_tasks, self.given):
            for ref in [ref for ref in known if ref not in self.state.tasks]:
                del known[ref]
        for asked in (self.changed_approvals, self.subjects):
            for ref in [ref for ref in asked if ref not in self.state.approvals]:
                del asked[ref]

    def stage(self, stage_id: str) -> StageState:
        """Return the state of a stage."""
        return self.state.stages[stage_id]

    def task(self, ref: str) -> TaskState:
        """Return the state of a task, marked as changed in the read model."""
        self.changed_tasks[ref] = None
        self.docket.changed(ref)
        return self.state.tasks[ref]

    def approval(self, ref: str) -> ApprovalState:
        """Return the state of an approval, marked as changed in the read model."""
        self.changed_approvals[ref] = None
        return self.state.approvals[ref]

    def emit(
        self,
        event_type: str,
        about: str = "run",
        *,
        words: dict[str, Words] | None = None,
        digest: str | None = None,
        **payload: object,
    ) -> Event:
        """Say that something happened.

        The first event of an act is the person's and carries the act's command id; what follows from it is golive's.
        """
        self.state.seq += 1
        event = Event(
            seq=self.state.seq,
            at=self.now,
            type=event_type,
            object=about,
            actor=self.actor if self.command_id else GOLIVE,
            payload={name: _json(value) for name, value in payload.items()},
            words=words or {},
            command_id=self.command_id,
            digest=digest,
        )
        self.command_id = None
        self.events.append(event)
        return event

    def ask(self, effect: Effect, *, at_once: bool = False) -> None:
        """Ask for an effect, once everything that has happened so far is recorded, or `at_once`."""
        self.effects.append((0 if at_once else self.state.seq, effect))

    def tell(  # noqa: PLR0913 - what a message says, and which request it opens or closes
        self,
        to: tuple[str, ...],
        sentence: Sentence,
        link: str,
        *,
        asks: str | None = None,
        closes: str | None = None,
        quietly: tuple[str, ...] = (),
    ) -> None:
        """Notify people; `link` is the path of the page that the message leads to. The rest is as `Notify` says."""
        if not (to or quietly):
            return
        told = Notify(
            key=self._next_key(),
            run_id=self.state.run_id,
            to=to,
            sentence=sentence,
            link=link,
            asks=asks,
            closes=closes,
            quietly=quietly,
            at_seq=self.state.seq if asks or closes else 0,
        )
        self.ask(told)

    def _next_key(self) -> str:
        """Return the key of the next message; with the number of the last event alone, two could have the same."""
        if self.state.engine < NUMBERS_MESSAGES:
            return f"{self.state.run_id}/{self.state.seq}/{len(self.effects)}"
        self.state.told += 1
        return f"{self.state.run_id}/told/{self.state.told}"

    def close_request(self, request: str, names: Sequence[str], why: Sentence, link: str) -> None:
        """Tell people that nothing is awaited of them any more; whoever did it themselves is told nothing.

        Whom no message of the request was sent to yet is not asked any more. A message that is left to nobody stays in
        its place, where nothing is done with it: the keys of later ones count those before them.
        """
        gone = set(names)
        for n, (after, effect) in enumerate(self.effects):
            if isinstance(effect, Notify) and effect.asks == request:
                left = tuple(name for name in effect.to if name not in gone)
                self.effects[n] = after, effect.model_copy(update={"to": left})
        to = tuple(name for name in names if name != self.actor.name)
        quietly = tuple(name for name in names if name == self.actor.name)
        self.tell(to, why, link, closes=request, quietly=quietly)


def _json(value: object) -> Any:
    if isinstance(value, Text | Sentence):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
