"""Finds runs that ended outside golive and keeps the history of those that ended within it.

A run that somebody terminated, reset or let time out in Temporal would otherwise be shown as running for ever.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from db import reconciling
from db.freezing import freeze, heads
from db.session import Database
from golive.names import STATE, workflow_id
from golive.state import RunState

OURS = "WorkflowId STARTS_WITH 'golive/'"
EVERY = timedelta(seconds=30)
COMPLETED = "completed"
SETTLED = timedelta(seconds=5)
"""What a workflow has numbered is recorded by then, or cannot be."""
LOG = logging.getLogger("golive.reconciler")


async def reconcile_for_ever(client: Client, database: Database) -> None:
    """Look every half minute, first for runs of which SQL knows too little.

    A look that fails is logged and the next one tries again.
    """
    looked_for_behind = False
    while True:
        try:
            if not looked_for_behind:
                for run_id in await freeze_behind(client, database):
                    LOG.error("run %s is frozen: Temporal knows more of it than the database", run_id)
                looked_for_behind = True
            await mark_lost(client, database)
            await keep_histories(client, database)
        except (RPCError, SQLAlchemyError) as away:
            LOG.warning("could not look for lost runs, will look again: %s", away)
        await asyncio.sleep(EVERY.total_seconds())


async def mark_lost(client: Client, database: Database) -> list[str]:
    """Mark every run that SQL shows as open and whose workflow is over; return their ids.

    One listing finds the suspects; since it lags behind, each suspect is looked at itself.
    """
    async with database.reading() as session:
        open_runs = await reconciling.open_runs(session)
    if not open_runs:
        return []
    alive = {
        execution.id async for execution in client.list_workflows(f"ExecutionStatus = 'Running' AND {OURS}")
    }
    suspects = [run_id for run_id in open_runs if workflow_id(run_id) not in alive]
    lost = [(run_id, how) for run_id in suspects if (how := await _how_it_ended(client, run_id)) is not None]
    for run_id, how in lost:
        async with database.transaction() as session:
            if how == COMPLETED:  # it was recorded then, and is not now
                await freeze(session, run_id)
            else:
                await reconciling.mark_lost(session, run_id, how)
        LOG.error("run %s is open in SQL and its workflow is %s", run_id, how)
    return [run_id for run_id, how in lost if how != COMPLETED]


async def freeze_behind(client: Client, database: Database) -> list[str]:
    """Freeze every open run of which Temporal knows more than SQL; return their ids.

    The workflow is asked for its last number, which is recorded within a moment unless SQL was put back.
    """
    async with database.reading() as session:
        known, still_open = await heads(session), await reconciling.open_runs(session)
    behind = [run_id for run_id in still_open if await _ahead(client, run_id, known.get(run_id, 0))]
    if not behind:
        return []
    await asyncio.sleep(SETTLED.total_seconds())
    async with database.transaction() as session:
        now = await heads(session)
        stuck = [run_id for run_id in behind if now.get(run_id) == known.get(run_id)]
        return [run_id for run_id in stuck if await freeze(session, run_id)]


async def _ahead(client: Client, run_id: str, known: int) -> bool:
    handle = client.get_workflow_handle(workflow_id(run_id))
    try:
        state: RunState = await handle.query(STATE, result_type=RunState)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return state.seq > known


async def _how_it_ended(client: Client, run_id: str) -> str | None:
    """Return how a workflow ended without its run, or None while it goes on."""
    try:
        status = (await client.get_workflow_handle(workflow_id(run_id)).describe()).status
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return "unknown to Temporal"
        raise
    if status in (None, WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW):
        return None
    return status.name.lower()


async def keep_histories(client: Client, database: Database) -> None:
    """Export the history of each ended run once, so that a finished run needs nothing from Temporal."""
    async with database.reading() as session:
        runs = await reconciling.runs_without_history(session)
    for run_id in runs:
        histories = await _histories(client, run_id)
        async with database.transaction() as session:
            await reconciling.keep_history(session, run_id, gzip.compress(json.dumps(histories).encode()))


async def _histories(client: Client, run_id: str) -> list[object]:
    """Return the history of each of a run's workflow executions, from the first to the last."""
    chain = [
        (execution.start_time, execution.run_id)
        async for execution in client.list_workflows(f"WorkflowId = '{workflow_id(run_id)}'")
    ]
    handles = [client.get_workflow_handle(workflow_id(run_id), run_id=part) for _, part in sorted(chain)]
    return [json.loads((await handle.fetch_history()).to_json()) for handle in handles]
