"""Planted faults. Each makes golive wrong in one way that the check must catch; none is in the product.

A test writes into the file that `CHAOS_PLANTED` names what is planted, and kills worker and API; those that are started
instead read the file. A `Stop` holds a process at the one moment at which a kill shows the fault.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import worker
from temporalio.client import (
    Client,
    OutboundInterceptor,
    StartWorkflowUpdateWithStartInput,
    WorkflowUpdateHandle,
)
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle
from typing_extensions import override

import db.journal
import db.recording
from activities.recording import Recording
from api.engine import Engine
from db.journal import Appended
from db.session import Database, Session
from golive.commands import Actor, Body, Receipt
from golive.events import Event
from golive.recording import Batch, Recorded
from golive.state import RunState
from tests.chaos.stops import Stop, planted
from workflows import shell

RECORDING = ("record", "open_tasks", "request_approval", "raise_alert")
SOON = timedelta(seconds=3)
"""Time after which a killed `record` is tried again; the product waits 20 seconds."""


# -- the worker ----------------------------------------------------------------------------------------------


class Planter(ClientInterceptor, worker.Interceptor):
    """Comes into the worker with its client. Makes a killed `record` be tried again soon, and what is planted."""

    @override
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        return _LocalInbound if "local_activity" in planted() else _SoonInbound

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Stopping(next)


class _Soon(WorkflowOutboundInterceptor):
    @override
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        if input.activity in RECORDING:
            input.start_to_close_timeout = SOON
        return super().start_activity(input)


class _Local(WorkflowOutboundInterceptor):
    """Fault: `record` is a local activity, so SQL commits before Temporal has accepted the act."""

    @override
    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        if input.activity not in RECORDING:
            return super().start_activity(input)
        kept = {field.name for field in dataclasses.fields(StartLocalActivityInput)}
        same = {name: value for name, value in vars(input).items() if name in kept}
        return self.next.start_local_activity(StartLocalActivityInput(**same, local_retry_threshold=None))


class _SoonInbound(WorkflowInboundInterceptor):
    @override
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Soon(outbound))


class _LocalInbound(WorkflowInboundInterceptor):
    @override
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Local(outbound))


class _Stopping(ActivityInboundInterceptor):
    """Stops before or after the first `record` that writes an act which says STOP."""

    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        marked = _marked(input.args[0])
        if marked and "stop_before_record" in planted():
            await Stop.here("before-record").pause()
        answer = await super().execute_activity(input)
        if marked and "stop_after_record" in planted():
            await Stop.here("after-record").pause()
        return answer


def _marked(asked: Any) -> bool:
    if not isinstance(asked, Batch):
        return False
    return any(event.command_id and event.type != "RunStarted" for event in asked.events)


def _answer_early() -> None:
    """Fault: an act is answered before its row is written; a start is not."""
    in_time = shell.Shell._receipt

    async def receipt(self: shell.Shell, command_id: str, seq: int) -> Receipt:
        if seq == 1:
            return await in_time(self, command_id, seq)
        state = self._run.state
        return Receipt(run_id=state.run_id, command_id=command_id, seq=seq, hash="", state=state.state)

    replace(shell.Shell, "_receipt", receipt)


def _forget() -> None:
    """Fault: the ids of acknowledged acts are not carried through continue-as-new."""
    begin = shell.Shell.__init__

    def forgetful(self: shell.Shell, start: Any, carried: RunState | None) -> None:
        begin(self, start, carried)
        if carried is not None:
            self._known = {}

    replace(shell.Shell, "__init__", forgetful)


def _write_again() -> None:
    """Fault: what a killed try had written is written once more, under new numbers."""
    append = db.journal.append

    async def again(
        session: Session, stream: str, events: tuple[Event, ...], at: datetime | None = None
    ) -> Appended:
        head = await db.journal.locked_head(session, stream)
        if not events or events[0].seq > head.seq:
            return await append(session, stream, events, at)
        new = [
            event.model_copy(update={"seq": head.seq + n, "command_id": None})
            for n, event in enumerate(events, 1)
        ]
        Stop.here("written-again").pass_by()
        appended = await append(session, stream, new)
        return Appended(appended.hashes, fresh=False)

    replace(db.recording, "append", again)


def _swallow() -> None:
    """Fault: a number that exists with other content is taken for a repetition."""
    replace(db.journal, "_same", lambda event, stream, stored: str(stored.hash))


def _apart() -> None:
    """Fault: the read model is updated in a transaction of its own, after that of the journal."""
    apply = db.recording._apply
    later: list[Batch] = []

    async def postponed(session: Session, batch: Batch) -> None:
        later.append(batch)

    async def write(self: Recording, batch: Batch) -> Recorded:
        database: Database = self._database
        async with database.transaction() as session:
            answer = await db.recording.record(session, batch, self._start_keys)
        if _marked(batch):
            await Stop.here("between").pause()
        while later:
            async with database.transaction() as session:
                await apply(session, later.pop(0))
        return answer

    replace(db.recording, "_apply", postponed)
    replace(Recording, "_write", write)


def _guess() -> None:
    """Fault: workflow code asks the machine, so a replay goes another way."""
    right = shell._recorder

    def by_clock(batch: Batch) -> Any:
        return Recording.raise_alert if time.time_ns() else right(batch)

    replace(shell, "_recorder", by_clock)


# -- the API -------------------------------------------------------------------------------------------------

Send = Callable[[Engine, str, str, Actor, Body], Any]


class Hurry(ClientInterceptor):
    """Gives a workflow task `SOON` to be done, so that a test need not wait 10 seconds for one that was killed."""

    @override
    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Hurry(next)


class _Hurry(OutboundInterceptor):
    @override
    async def start_update_with_start_workflow(
        self, input: StartWorkflowUpdateWithStartInput
    ) -> WorkflowUpdateHandle[Any]:
        input.start_workflow_input.task_timeout = SOON
        return await super().start_update_with_start_workflow(input)


def _answer_unsent() -> None:
    """Fault: the API answers with the number that the act will probably get, and sends it afterwards."""
    send: Send = Engine.send
    sending: set[asyncio.Task[Any]] = set()

    async def later(self: Engine, command_id: str, run_id: str, actor: Actor, body: Body) -> None:
        await Stop.here("unsent").pause()
        await send(self, command_id, run_id, actor, body)

    async def promise(self: Engine, command_id: str, run_id: str, actor: Actor, body: Body) -> Receipt:
        sending.add(asyncio.create_task(later(self, command_id, run_id, actor, body)))
        return Receipt(run_id=run_id, command_id=command_id, seq=1, hash="0" * 64, state="running")

    replace(Engine, "send", promise)


def _other_id() -> None:
    """Fault: every try of an act gets an update id of its own. Stops before the answer, which a kill then takes."""
    send: Send = Engine.send

    async def anew(self: Engine, command_id: str, run_id: str, actor: Actor, body: Body) -> Any:
        receipt = await send(self, secrets.token_hex(32), run_id, actor, body)
        await Stop.here("unanswered").pause()
        return receipt

    replace(Engine, "send", anew)


def _stop_before_send() -> None:
    """No fault: a try waits between the look into the journal and the sending."""
    send: Send = Engine.send

    async def late(self: Engine, command_id: str, run_id: str, actor: Actor, body: Body) -> Any:
        await Stop.here("before-send").pause()
        return await send(self, command_id, run_id, actor, body)

    replace(Engine, "send", late)


def replace(owner: Any, name: str, fault: Any) -> None:
    """Have `owner` do something else under `name`, in this process."""
    setattr(owner, name, fault)


IN_WORKER: dict[str, Callable[[], None]] = {
    "answer_early": _answer_early,
    "forget": _forget,
    "write_again": _write_again,
    "swallow": _swallow,
    "apart": _apart,
    "guess": _guess,
}
IN_API: dict[str, Callable[[], None]] = {
    "answer_unsent": _answer_unsent,
    "other_id": _other_id,
    "stop_before_send": _stop_before_send,
}


def intercepted(client: Client, interceptor: ClientInterceptor) -> Client:
    """Return the client with `interceptor` on its way."""
    config = client.config()
    config["interceptors"] = [interceptor]
    return Client(**config)


def plant(known: dict[str, Callable[[], None]]) -> None:
    """Plant in this process what is planted and `known` to it."""
    for name in sorted(planted() & known.keys()):
        known[name]()
