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
from db.session import Database
from golive.names import workflow_id

OURS = "WorkflowId STARTS_WITH 'golive/'"
EVERY = timedelta(seconds=30)
LOG = logging.getLogger("golive.reconciler")


async def reconcile_for_ever(client: Client, database: Database) -> None:
    """Look every half minute. A look that fails is logged and the next one tries again."""
    while True:
        try:
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
            await reconciling.mark_lost(session, run_id, how)
        LOG.error("run %s ended outside golive: its workflow is %s", run_id, how)
    return [run_id for run_id, _ in lost]


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
