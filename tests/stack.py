"""A worker on a real server and a real database, and an API's way to speak with it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from connectors.local_traffic import LocalTraffic
from connectors.temporal import namespace_id
from db.groups import create_group, patch_group
from db.journal import administering, append_admin
from db.people import create_user, find_users
from db.session import Database
from golive.commands import GOLIVE, Actor, Command, Receipt, sign
from golive.engine import ENGINE
from golive.errors import Conflict
from golive.names import COMMAND, OPENED, STATE, TASK_QUEUE, workflow_id
from golive.plan import Plan
from golive.recording import Start
from golive.sources import groups_in
from golive.state import RunState
from golive.vocabulary import Role
from golive.words import Words
from settings import Settings
from worker.building import WORKFLOWS, Parts, build, sandbox
from worker.lending import Lending
from worker.reconciler import compare_living

PATIENT = 30
"""Seconds after which a workflow's step that does not end is taken for a deadlock."""


class Gauge:
    """A metrics connector whose values the test sets. None is no data."""

    def __init__(self) -> None:
        self.values: dict[str, float | None] = {"success_rate": 1.0}

    async def measure(
        self, metric: str, service: str, environment: str, version: str, since: datetime
    ) -> float | None:
        """Return what the test has set."""
        return self.values.get(metric)


def words(text: str = "because it is so, and everybody agreed") -> Words:
    """Return what a person says."""
    return Words(text=text, salt=secrets.token_hex(8))


@dataclass
class Stack:
    """Everything that runs, and what acts on it."""

    environment: WorkflowEnvironment
    database: Database
    settings: Settings
    traffic: LocalTraffic
    gauge: Gauge
    runs: list[str] = field(default_factory=list)

    @property
    def client(self) -> Client:
        """The Temporal client."""
        return self.environment.client

    def actor(self, plan: Plan, name: str) -> Actor:
        """Return a person as the API would read them."""
        functions = tuple(f for f, names in plan.people.items() if name in names)
        groups = tuple(groups_in(source for source, names in plan.found.items() if name in names))
        roles: tuple[Role, ...] = ("assignee", "approver")
        if name == plan.release_manager:
            roles = ("release_manager",)
        return Actor(name=name, roles=roles, functions=functions, groups=groups)

    async def know(self, plan: Plan) -> None:
        """Let the directory know the people of a plan, as it does those whom the API plans with."""
        names = dict.fromkeys([plan.release_manager, *plan.everybody()])
        async with administering(self.database) as session:
            known = await find_users(session, names)
            for name in names:
                if name not in known:
                    actor = self.actor(plan, name)
                    await create_user(session, name=name, roles=actor.roles, functions=actor.functions)
                    await append_admin(session, GOLIVE, "UserAdded", f"user:{name}")
        for group in groups_in(plan.found):
            await self.let_group_be(group, plan.found[f"group:{group}"])

    async def let_group_be(self, name: str, members: Sequence[str]) -> None:
        """Let a group of the directory have these members from now on."""
        async with administering(self.database) as session:
            known = await find_users(session, members)
            users = [known[member] for member in members]
            with suppress(Conflict):
                await create_group(session, name=name, title=name, members=users)
            await patch_group(session, name, members=users)
            await append_admin(session, GOLIVE, "GroupChanged", f"group:{name}")

    async def start(self, plan: Plan, *, forged: bool = False) -> Running:
        """Start a run as the API does, and wait until its start is recorded."""
        await self.know(plan)
        run_id = secrets.token_hex(6)
        actor = self.actor(plan, plan.release_manager)
        start = Start(
            run_id=run_id,
            plan=plan,
            actor=actor,
            engine=ENGINE,
            command_id=secrets.token_hex(32),
            continue_after=self.settings.continue_after,
        )
        key = b"wrong" if forged else self.settings.keys("start")[0]
        start = start.model_copy(update={"signature": sign(start, key)})
        self.runs.append(run_id)
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            plan.workflow,
            args=[start, None],
            id=workflow_id(run_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await self.client.execute_update_with_start_workflow(
            OPENED, result_type=Receipt, start_workflow_operation=operation, rpc_timeout=timedelta(seconds=30)
        )
        return Running(self, plan, run_id)

    async def end_all(self) -> None:
        """Terminate what still runs, so that the next test's worker is left alone."""
        for run_id in self.runs:
            try:
                await self.client.get_workflow_handle(workflow_id(run_id)).terminate("the test is over")
            except RPCError as gone:
                if gone.status is not RPCStatusCode.NOT_FOUND:
                    raise


@dataclass
class Running:
    """A run on the stack."""

    stack: Stack
    plan: Plan
    run_id: str

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow's handle, of whichever execution is the latest."""
        return self.stack.client.get_workflow_handle(workflow_id(self.run_id))

    def command(self, body: Any, by: str, command_id: str | None = None) -> Command:
        """Return a signed command."""
        command = Command(
            id=command_id or secrets.token_hex(32),
            run_id=self.run_id,
            actor=self.stack.actor(self.plan, by),
            body=body,
        )
        return command.model_copy(update={"signature": sign(command, self.stack.settings.keys("command")[0])})

    async def send(self, command: Command) -> Receipt:
        """Send a command as the API does."""
        receipt: Receipt = await self.handle.execute_update(
            COMMAND, command, id=command.id, result_type=Receipt, rpc_timeout=timedelta(seconds=30)
        )
        return receipt

    async def act(self, body: Any, by: str) -> Receipt:
        """Let a person act."""
        return await self.send(self.command(body, by))

    async def refused(self, body: Any, by: str) -> str:
        """Return the code with which an act is refused; fails when it is not."""
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await self.act(body, by)
        cause = failed.value.cause
        assert isinstance(cause, ApplicationError)
        return str(cause.details[0]["code"]) if cause.details else str(cause.type)

    async def state(self) -> RunState:
        """Return the workflow's state."""
        state: RunState = await self.handle.query(STATE, result_type=RunState)
        return state

    async def until(self, reached: Callable[[RunState], bool]) -> RunState:
        """Wait until the state is as the test wants it."""
        async with asyncio.timeout(60):
            while not reached(state := await self.state()):
                await asyncio.sleep(0.05)
        return state

    async def replays(self) -> int:
        """Replay the history of every execution of this run; return how many there were."""
        replayer = Replayer(
            workflows=list(WORKFLOWS),
            workflow_runner=sandbox(),
            data_converter=pydantic_data_converter,
            interceptors=[Lending(self.stack.settings.keys("command"))],
        )
        chain = await self.executions()
        for execution in chain:
            handle = self.stack.client.get_workflow_handle(workflow_id(self.run_id), run_id=execution)
            await replayer.replay_workflow(await handle.fetch_history())
        return len(chain)

    async def executions(self) -> list[str]:
        """Return the run ids of the chain of executions, from the latest to the first."""
        chain = [(await self.handle.describe()).run_id]
        while True:
            handle = self.stack.client.get_workflow_handle(workflow_id(self.run_id), run_id=chain[-1])
            first = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes
            if not first.continued_execution_run_id:
                return chain
            chain.append(first.continued_execution_run_id)


async def compared(client: Client, database: Database, runs: int = 1) -> dict[str, str]:
    """Look as the reconciler does until something was told of so many runs: Temporal's listing lags behind."""
    told: dict[str, str] = {}
    async with asyncio.timeout(30):
        while len(told) < runs:
            told |= await compare_living(client, database)
            await asyncio.sleep(0.02)
    return told


@asynccontextmanager
async def running(
    environment: WorkflowEnvironment, database: Database, home: Path, **set_up: Any
) -> AsyncIterator[Stack]:
    """Run the worker until the block ends: every step replays, in the sandbox, unless `set_up` says otherwise."""
    usual = {"sandbox": True, "cached_runs": 0} | set_up
    settings = Settings(home=home, secret_keys=SecretStr("a-key-of-tests-and-of-nothing-else"), **usual)
    traffic, gauge = LocalTraffic(home / "traffic"), Gauge()
    namespace = await namespace_id(environment.client)
    parts = Parts(settings=settings, namespace=namespace, database=database, traffic=traffic, metrics=gauge)
    runs, watches = build(environment.client, parts)
    # Everything is in one process here: a step that waits for its turn on a busy machine is no deadlock. Interrupted,
    # it leaves a worker that never ends.
    assert runs._workflow_worker is not None
    runs._workflow_worker._deadlock_timeout_seconds = PATIENT
    async with runs, watches:
        stack = Stack(environment, database, settings, traffic, gauge)
        yield stack
        await stack.end_all()
