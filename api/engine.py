"""Signing what people ask and sending it to the run's workflow; what it answers, in golive's words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WithStartWorkflowOperation,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, TemporalError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.connection import Connection
from api.refusals import busy, engine_unavailable, run_frozen
from api.turns import Turns
from connectors import temporal
from db.freezing import why_frozen
from golive import names
from golive.commands import Actor, Body, Command, Receipt, sign
from golive.engine import ENGINE
from golive.errors import Conflict, GoliveError, Invalid, NotFound, Refused
from golive.names import COMMAND, OPENED, REFUSED, TASK_QUEUE, workflow_id
from golive.plan import Plan
from golive.recording import Start
from golive.state import RunState
from golive.words import N_, Sentence
from settings import Settings
from workflows.search import SERVICE, STATE, VERSION

if TYPE_CHECKING:
    from observing.spans import Tracing

log = logging.getLogger("golive.api")

BUDGET = 7.0
"""Seconds that a person waits for the engine, the wait for a turn included; the answer comes within 8."""

_KINDS: dict[int, type[GoliveError]] = {403: Refused, 404: NotFound, 409: Conflict, 422: Invalid}
_ENDED = "AcceptedUpdateCompletedWorkflow"
"""The type of the server's error for an act that was accepted while the workflow ended."""

Answer = TypeVar("Answer")


def search_attributes(plan: Plan) -> TypedSearchAttributes:
    """Return by what an operator finds the run in the Temporal UI from its first moment on."""
    state = "scheduled" if plan.start_at else "running"
    return TypedSearchAttributes(
        [
            SearchAttributePair(SERVICE, plan.release.service),
            SearchAttributePair(VERSION, plan.release.version),
            SearchAttributePair(STATE, state),
        ]
    )


def run_ended() -> Conflict:
    """Return the refusal of an act on a run that is over."""
    return Conflict(
        "run_ended", N_("This run has ended, so nothing can be done in it any more; start a new one.")
    )


class Engine:
    """The way to the runs' workflows."""

    def __init__(self, settings: Settings, tracing: Tracing | None = None):
        self.connection = Connection(settings, tracing)
        self.turns = Turns()
        self._settings = settings

    async def send(self, command_id: str, run_id: str, actor: Actor, body: Body) -> Receipt:
        """Have the run apply one act and return its receipt.

        Raises what the rules refused, Conflict `run_ended`, Frozen `run_frozen` for a run that Temporal does not know,
        Away `engine_unavailable` or `busy`.
        """
        command = Command(id=command_id, run_id=run_id, actor=actor, body=body)
        command = command.model_copy(update={"signature": sign(command, self._settings.keys("command")[0])})
        return await self._in_turn(run_id, self._update(command))

    async def state(self, run_id: str) -> RunState:
        """Return the state of a run, which SQL knows in the words of its readers alone. Raises as `send`."""
        try:
            async with asyncio.timeout(BUDGET):
                return await _translated(self._query(run_id))
        except TimeoutError:
            raise engine_unavailable() from None

    async def start(self, run_id: str, command_id: str, actor: Actor, plan: Plan) -> Receipt:
        """Start a run and return once that is recorded; twice the same makes one run. Raises as `send`."""
        start = Start(
            run_id=run_id,
            plan=plan,
            actor=actor,
            engine=ENGINE,
            command_id=command_id,
            continue_after=self._settings.continue_after,
        )
        start = start.model_copy(update={"signature": sign(start, self._settings.keys("start")[0])})
        return await self._in_turn(run_id, self._open(start))

    async def _in_turn(self, run_id: str, sent: Coroutine[Any, Any, Receipt]) -> Receipt:
        try:
            async with asyncio.timeout(BUDGET), self.turns.turn(run_id):
                return await _translated(sent)
        except TimeoutError:
            raise engine_unavailable() from None
        finally:
            sent.close()

    async def _update(self, command: Command) -> Receipt:
        client = await self.connection.client()
        handle = client.get_workflow_handle(workflow_id(command.run_id))
        try:
            receipt: Receipt = await handle.execute_update(
                COMMAND, command, id=command.id, result_type=Receipt, rpc_timeout=timedelta(seconds=BUDGET)
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise await _why_not_found(client, command.run_id) from error
            raise
        return receipt

    async def _query(self, run_id: str) -> RunState:
        client = await self.connection.client()
        handle = client.get_workflow_handle(workflow_id(run_id))
        try:
            found: RunState = await handle.query(
                names.STATE, result_type=RunState, rpc_timeout=timedelta(seconds=BUDGET)
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise await _why_not_found(client, run_id) from error
            raise
        except WorkflowQueryFailedError as failed:
            raise engine_unavailable() from failed
        return found

    async def _open(self, start: Start) -> Receipt:
        client = await self.connection.client()
        operation = _operation(start)
        handle = asyncio.ensure_future(operation.workflow_handle())
        try:
            receipt: Receipt = await client.execute_update_with_start_workflow(
                OPENED,
                id=start.command_id,
                result_type=Receipt,
                start_workflow_operation=operation,
                rpc_timeout=timedelta(seconds=BUDGET),
            )
        finally:
            handle.cancel()  # nobody asks for it: asyncio would log its error as never retrieved
        return receipt


async def _why_not_found(client: Client, run_id: str) -> GoliveError:
    """Return what an act on an open run meets whose workflow takes none. Raises NoNamespace, RPCError."""
    match await temporal.how_it_ended(client, run_id):
        case None:
            return engine_unavailable()
        case temporal.UNKNOWN:
            return run_frozen(why_frozen(unknown=True))
        case _:
            return run_ended()


def _operation(start: Start) -> WithStartWorkflowOperation[Any, Any]:
    plan = start.plan
    return WithStartWorkflowOperation(
        plan.workflow,
        args=[start, None],  # a run that begins carries no state over
        id=workflow_id(start.run_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        static_summary=f"{plan.title} → {plan.release.environment}",
        static_details=_details(start),
        memo={"title": plan.title, "template": plan.template, "release_manager": plan.release_manager},
        search_attributes=search_attributes(plan),
    )


def _details(start: Start) -> str:
    plan = start.plan
    facts = [
        ("Release", f"{plan.release.service} {plan.release.version} to {plan.release.environment}"),
        ("Template", f"{plan.template} version {plan.template_version}"),
        ("Release manager", plan.release_manager),
        ("Started by", start.actor.name),
        *((f"Artifact {artifact.name}", f"`{artifact.digest}`") for artifact in plan.release.artifacts[:10]),
        ("Stages", " → ".join(stage.title.en for stage in plan.stages)),
    ]
    rows = "\n".join(f"| {name} | {value.replace('|', chr(92) + '|')} |" for name, value in facts)
    return f"| Go-live | |\n|---|---|\n{rows}"


async def _translated(sent: Coroutine[Any, Any, Answer]) -> Answer:
    """Return what the engine answers; what it refuses or fails at is raised in golive's words."""
    try:
        return await sent
    except WorkflowUpdateFailedError as failed:
        raise _refusal(failed) from failed
    except WorkflowAlreadyStartedError as closed:
        raise run_ended() from closed
    except RPCTimeoutOrCancelledError as late:
        raise engine_unavailable() from late
    except (RPCError, temporal.NoNamespace) as away:
        raise _away(away) from away


def _refusal(failed: WorkflowUpdateFailedError) -> Exception:
    cause = failed.cause
    if not isinstance(cause, ApplicationError):
        return failed
    if cause.type == _ENDED:
        return run_ended()
    if cause.type != REFUSED or not cause.details:
        return failed
    told = cause.details[0]
    sentence = Sentence.model_validate(told["sentence"])
    kind = _KINDS.get(told["status"], Conflict)
    also = [Sentence.model_validate(other) for other in told.get("also", ())]
    return kind(told["code"], sentence.msgid, facts=told.get("facts"), also=also, **sentence.args)


def _away(error: TemporalError) -> GoliveError:
    match error:
        case RPCError(status=RPCStatusCode.ALREADY_EXISTS):
            return run_ended()
        case RPCError(status=RPCStatusCode.RESOURCE_EXHAUSTED):
            return busy()
        case _:
            log.warning("Temporal: %s", error)
            return engine_unavailable()
