"""Where it is measured: a whole golive as `make up` starts it, and beside it the worker of the bare workflow."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter

from bench.bare import QUEUE, Bare, Steps
from bench.runs import Direct
from cli.language import ROOT
from demo.acts import connection
from demo.people import Cast, administrator, invite
from demo.processes import Stack, golive
from golive.commands import Receipt
from golive.names import OPENED, TASK_QUEUE, workflow_id
from golive.plan import Plan
from settings import Settings

PATIENCE = timedelta(seconds=60)
TEXT = "x" * 400
"""About as long as the command that completes a task."""


@dataclass(frozen=True)
class Place:
    """A golive in processes of its own, and the ways to it."""

    client: Client
    settings: Settings
    http: httpx.AsyncClient
    cast: Cast

    async def start(self, plan: Plan) -> Direct:
        """Start a run as the API does."""
        run = Direct(self.client, self.settings, plan, secrets.token_hex(8))
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            plan.workflow,
            args=[run.signed_start(), None],
            id=workflow_id(run.run_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await self._opened(operation, OPENED, None)
        return run

    async def start_bare(self, steps: Steps) -> WorkflowHandle[Bare, int]:
        """Start a bare workflow in the same way: its first update is noted by an activity."""
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            Bare.run,
            steps,
            id=f"bare/{secrets.token_hex(8)}",
            task_queue=QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await self._opened(operation, "noted", TEXT)
        handle: WorkflowHandle[Bare, int] = await operation.workflow_handle()
        return handle

    async def _opened(self, operation: WithStartWorkflowOperation[Any, Any], name: str, arg: Any) -> None:
        await self.client.execute_update_with_start_workflow(
            name,
            args=[] if arg is None else [arg],
            result_type=Receipt if arg is None else int,
            start_workflow_operation=operation,
            rpc_timeout=PATIENCE,
        )


@asynccontextmanager
async def standing(home: Path) -> AsyncIterator[Place]:
    """Start everything in an empty folder and end it with the block. Raises Failure when it does not come up."""
    (home / "logs").mkdir(parents=True)
    stack = Stack.in_home(home)
    async with golive(stack), _bare_worker(stack), connection(stack.api) as http:
        address = f"127.0.0.1:{stack.temporal_port}"
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        token = (home / "admin.token").read_text().strip()
        cast = await invite(administrator(http, token), each=2, functions=("dev", "qa", "ops"), tag="")
        yield Place(client, Settings(home=home), http, cast)


@asynccontextmanager
async def _bare_worker(stack: Stack) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.bare", str(stack.temporal_port)),
        cwd=ROOT,
        env=stack.environment(),
        start_new_session=True,
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def at_once(most: int, works: list[Callable[[], Awaitable[object]]]) -> None:
    """Do all of `works`, so many at once."""
    room = asyncio.Semaphore(most)

    async def one(work: Callable[[], Awaitable[object]]) -> None:
        async with room:
            await work()

    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(one(work))
