"""The durable loop around the pure rules, written once for every process.

loop     record what happened, in order; start effects beside the loop; show; sleep until something changes
update   an act of a person: checked, applied all at once, answered when it is recorded
timer    one, for the next moment at which something is due
end      when the rules have ended the run; continue as new when Temporal suggests it
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.recording import Recording
    from golive import rules
    from golive.asking import adopt
    from golive.batches import take_batch
    from golive.commands import Command, Receipt
    from golive.effects import Watch
    from golive.engine import ENGINE
    from golive.errors import GoliveError
    from golive.explain import next_due_words
    from golive.model import Fact
    from golive.names import COMMAND, LOOK_AGAIN, OPENED, REFUSED, STATE, UNRECORDABLE, workflow_id
    from golive.process import Process
    from golive.recording import Batch, Recorded, Start
    from golive.rollout import running_watch
    from golive.run import Effect, Run
    from golive.state import RunState
    from golive.vocabulary import RunStateName
    from workflows import effects, options
    from workflows.display import Display, batch_words, brief

VERIFY = "golive.verify"
"""The function that the worker lends to workflows: the check of a signature, so that keys stay outside Temporal."""

STUCK = timedelta(seconds=1)


class Outcome(Fact):
    """How a run ended, and the number of its last event."""

    run_id: str
    state: RunStateName
    seq: int


class Shell:
    """A run as a workflow. Subclasses name their processes and are otherwise empty."""

    processes: ClassVar[Mapping[str, Process]]

    def __init__(self, start: Start, carried: RunState | None) -> None:
        self._start = start
        self._unopened: Start | None = start if carried is None else None
        now = workflow.now()
        if carried is None:
            self._run = rules.begin(start, now)
        else:
            self._run = Run(carried, start.plan, now)
        self._recorded = self._carried = 0 if carried is None else carried.seq
        self._hashes: dict[int, str] = {}
        self._awaiting: dict[int, None] = {1: None} if carried is None else {}
        self._known = dict.fromkeys(self._run.state.ledger)
        self._version = self._seen = 0
        self._broken: ActivityError | None = None
        self._draining = False
        self._beside: dict[int, asyncio.Task[None]] = {}
        self._started = 0
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._timer: asyncio.Task[None] | None = None
        self._due: datetime | None = None
        self._display = Display()

    # -- the loop --------------------------------------------------------------------------------------------

    async def live(self) -> Outcome:
        """Live until the run ends. Raises what `record` refused: a forged start, a journal that disagrees."""
        self._watch_again()
        rules.advance(self._run, workflow.now(), self.processes)
        while True:
            await self._record()
            self._start_effects()
            if self._run.state.ended and not self._beside:
                return await self._end()
            if self._may_continue():
                self._continue_as_new()
            self._seen = self._version
            self._display.show(self._run, self.processes)
            self._set_timer(rules.next_due(self._run, self.processes))
            await workflow.wait_condition(self._moved)

    def _moved(self) -> bool:
        """Tell whether the loop has work: something happened, or the last effect or handler is through."""
        if self._version != self._seen:
            return True
        return self._may_continue() or (self._run.state.ended and not self._beside)

    async def _record(self) -> None:
        """Write everything that has happened, batch by batch, in order."""
        while True:
            self._run.now = workflow.now()
            batch = take_batch(self._run, self.processes, self._unopened)
            if batch is None:
                return
            try:
                answer = await workflow.execute_activity_method(
                    _recorder(batch), batch, summary=batch_words(batch), **options.RECORD
                )
            except ActivityError as refused:
                await self._break(refused)
                raise
            self._unopened = None
            self._follow(batch, answer)

    async def _break(self, refused: ActivityError) -> None:
        """Fail the acts that wait for a row which SQL will never take: a forged start, a journal that disagrees."""
        self._broken = refused
        await workflow.wait_condition(workflow.all_handlers_finished)

    def _follow(self, batch: Batch, answer: Recorded) -> None:
        for event, row_hash in zip(batch.events, answer.hashes, strict=True):
            self._recorded = event.seq
            if event.seq in self._awaiting:
                self._hashes[event.seq] = row_hash
        rules.answered(self._run, answer, workflow.now(), self.processes)
        for waiter in answer.waiting:
            self._beside_loop(_wake(waiter))
        self._start_effects()

    async def _end(self) -> Outcome:
        state = self._run.state
        self._display.show(self._run, self.processes)
        for task in [*self._watches.values(), *([self._timer] if self._timer else [])]:
            task.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return Outcome(run_id=state.run_id, state=state.state, seq=state.seq)

    # -- continue as new -------------------------------------------------------------------------------------

    def _may_continue(self) -> bool:
        """Tell whether the run can continue as new now, which Temporal suggests.

        Short effects finish first. Only then are watches ended, to start again from the carried state: a message that
        cannot be delivered for an hour must not leave traffic unwatched. Something must have been recorded since
        the last time, so that a low limit never continues a waiting run for ever.
        """
        run = self._run
        if run.state.ended or self._recorded <= self._carried or not self._long_enough():
            return False
        if self._beside or run.events or run.effects or run.changed_tasks or run.changed_approvals:
            return False
        if not self._draining:
            self._draining = True
            for watch in self._watches.values():
                watch.cancel()
        return not self._watches and workflow.all_handlers_finished()

    def _long_enough(self) -> bool:
        limit, known = self._start.continue_after, workflow.info()
        if known.is_continue_as_new_suggested():
            return True
        return limit is not None and known.get_current_history_length() >= limit

    def _continue_as_new(self) -> None:
        # Only here: what was carried decides as it did when it was carried, also in a replay by later code.
        adopt(self._run)
        self._run.state.engine = ENGINE
        start = self._start.model_copy(update={"plan": self._run.plan})  # the present one, if it was amended
        workflow.continue_as_new(args=[start, self._run.state])

    def _watch_again(self) -> None:
        for stage in self._run.plan.stages:
            watch = running_watch(self._run, stage)
            if watch is not None and self._recorded:
                self._run.ask(watch)

    # -- effects ---------------------------------------------------------------------------------------------

    def _start_effects(self) -> None:
        """Start every effect whose events are recorded, and those that do not wait; end watches that are over."""
        for key in self._run.stopped:
            if key in self._watches:
                self._watches[key].cancel()
        self._run.stopped.clear()
        waiting: list[tuple[int, Effect]] = []
        for after, effect in self._run.effects:
            if after > self._recorded:
                waiting.append((after, effect))
            elif isinstance(effect, Watch):
                self._start_watch(effect)
            else:
                self._beside_loop(effects.perform(self._run, effect, self.processes))
        self._run.effects = waiting

    def _moved_on(self) -> None:
        """Wake the loop. What does not wait for a row, the return of traffic, starts though SQL be away."""
        self._version += 1
        self._start_effects()

    def _start_watch(self, watch: Watch) -> None:
        if self._draining:
            return  # started again from the carried state

        async def watching() -> None:
            await effects.watch(self._run, watch, self.processes)
            self._moved_on()

        work = asyncio.create_task(watching())
        self._watches[watch.key] = work
        # A task that is cancelled before its first step never runs, not even its `finally`: hence a callback.
        work.add_done_callback(lambda _: self._unwatched(watch.key))

    def _unwatched(self, key: str) -> None:
        del self._watches[key]
        self._version += 1

    def _beside_loop(self, work: effects.Work) -> None:
        self._started += 1
        number = self._started

        async def through() -> None:
            try:
                await work
            finally:
                del self._beside[number]
                self._version += 1
            self._moved_on()

        self._beside[number] = asyncio.create_task(through())

    # -- the one timer ---------------------------------------------------------------------------------------

    def _set_timer(self, due: datetime | None) -> None:
        if due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = asyncio.create_task(self._ring(due)) if due is not None else None

    async def _ring(self, due: datetime) -> None:
        left = due - workflow.now()
        words = brief(next_due_words(self._run, due))
        await workflow.sleep(left if left > timedelta() else STUCK, summary=words)
        self._due, self._timer = None, None
        rules.advance(self._run, workflow.now(), self.processes)
        self._moved_on()

    # -- acts of people --------------------------------------------------------------------------------------

    @workflow.update(name=COMMAND, description="One signed act of a person. Only the API can sign it.")
    async def command(self, command: Command) -> Receipt:
        """Apply an act all at once, and answer when it is recorded."""
        state = self._run.state
        ledger_id = rules.ledger_id(command.id)
        if ledger_id in self._known:
            return Receipt(
                run_id=state.run_id, command_id=command.id, seq=0, hash="", state=state.state, known=True
            )
        try:
            rules.check(self._run, command, workflow.now())
        except GoliveError as refusal:
            raise _refused(refusal) from refusal
        seq = rules.apply(self._run, command, workflow.now(), self.processes)
        self._known[ledger_id] = None
        self._moved_on()
        return await self._receipt(command.id, seq)

    @command.validator
    def _check_command(self, command: Command) -> None:
        if not workflow.extern_functions()[VERIFY](command):
            raise ApplicationError("The signature does not verify.", type="golive.forged", non_retryable=True)
        if command.run_id != self._run.state.run_id:
            raise ApplicationError("The act is of another run.", type="golive.forged", non_retryable=True)
        if rules.ledger_id(command.id) in self._known:
            return
        try:
            rules.check(self._run, command, workflow.now())
        except GoliveError as refusal:
            raise _refused(refusal) from refusal

    @workflow.update(name=OPENED, description="Answers as soon as the start of the run is recorded.")
    async def opened(self) -> Receipt:
        """Answer when the first event is recorded."""
        return await self._receipt(self._start.command_id, 1)

    async def _receipt(self, command_id: str, seq: int) -> Receipt:
        self._awaiting[seq] = None
        await workflow.wait_condition(lambda: self._recorded >= seq or self._broken is not None)
        if self._broken is not None:
            raise ApplicationError(str(self._broken.cause), type=UNRECORDABLE, non_retryable=True)
        row_hash = self._hashes.get(seq)
        state = self._run.state
        return Receipt(
            run_id=state.run_id,
            command_id=command_id,
            seq=seq if row_hash else 0,
            hash=row_hash or "",
            state=state.state,
            known=row_hash is None,
        )

    @workflow.signal(name=LOOK_AGAIN, description="The holder of the service has ended: look again.")
    def look_again(self) -> None:
        """Look at once whether the service is free."""
        if self._run.state.lock.wanted:
            self._run.state.lock.look_at = workflow.now()
            self._version += 1

    @workflow.query(name=STATE, description="The whole state of the run.")
    def state(self) -> RunState:
        """Return the state as it is carried through continue-as-new."""
        return self._run.state


def _recorder(batch: Batch):  # type: ignore[no-untyped-def] # noqa: ANN202 - a method reference of Recording
    """Return the recording activity whose name tells what the batch is about."""
    types = {event.type for event in batch.events}
    if "AlertRaised" in types or "Escalated" in types:
        return Recording.raise_alert
    if "ApprovalRequested" in types:
        return Recording.request_approval
    return Recording.open_tasks if "TaskOpened" in types else Recording.record


def _refused(refusal: GoliveError) -> ApplicationError:
    detail = {
        "code": refusal.code,
        "status": refusal.status,
        "sentence": refusal.sentence.model_dump(mode="json"),
        "facts": refusal.facts,
        "also": [sentence.model_dump(mode="json") for sentence in refusal.also],
    }
    return ApplicationError(str(refusal), detail, type=REFUSED, non_retryable=True)


async def _wake(waiter: str) -> None:
    try:
        await workflow.get_external_workflow_handle(workflow_id(waiter)).signal(LOOK_AGAIN)
    except FailureError:
        workflow.logger.info("run %s is gone; whoever waits next looks by itself", waiter)
