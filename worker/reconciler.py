"""Finds runs that ended outside golive and keeps the history of those that ended within it.

A run that somebody terminated, reset or let time out in Temporal would otherwise be shown as running for ever. A run
of which Temporal knows nothing is no such run: it is frozen, since golive may be connected to another namespace.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from datetime import timedelta
from itertools import count

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from db import reconciling
from db.freezing import found_again, freeze, freeze_unknown, frozen_runs, known_runs
from db.journal import locked_head
from db.session import Database, Session
from golive.names import OURS, STATE, workflow_id
from golive.state import RunState

EVERY = timedelta(seconds=30)
SELDOM = 20
COMPLETED = "completed"
UNKNOWN = "unknown to Temporal"
SETTLED = timedelta(seconds=45)
"""What a workflow has numbered is recorded by then: a `record` whose worker died is tried again after 20 seconds."""
LOG = logging.getLogger("golive.reconciler")


async def reconcile_for_ever(client: Client, database: Database) -> None:
    """Look every half minute, and at every `SELDOM`th time at what each run knows.

    A look that fails is logged, does not keep the others from theirs, and is made again the next time.
    """
    for n in count():
        for look in LOOKS[0 if n % SELDOM == 0 else 1 :]:
            try:
                await look(client, database)
            except (TemporalError, RPCError, SQLAlchemyError, OSError) as failed:
                LOG.warning("could not %s, will look again: %s", look.__name__, failed)
        await asyncio.sleep(EVERY.total_seconds())


async def mark_lost(client: Client, database: Database) -> list[str]:
    """Mark every run that SQL shows as open and whose workflow ended otherwise than by its rules; return their ids.

    One listing finds the suspects; since it lags behind, each suspect is looked at itself. Those that Temporal does
    not know, and those that ended by their rules and are open in SQL alone, are frozen instead.
    """
    async with database.reading() as session:
        open_runs = await reconciling.open_runs(session)
    if not open_runs:
        return []
    alive = await _alive(client)
    suspects = [run_id for run_id in open_runs if workflow_id(run_id) not in alive]
    over = [(run_id, how) for run_id in suspects if (how := await how_it_ended(client, run_id)) is not None]
    for run_id, how in over:
        async with database.transaction() as session:
            if await _mark(session, run_id, how):
                LOG.error("run %s is open in SQL and its workflow is %s", run_id, how)
    return [run_id for run_id, how in over if how not in (COMPLETED, UNKNOWN)]


async def _mark(session: Session, run_id: str, how: str) -> bool:
    """Freeze a run or mark it as lost, by how its workflow ended; tell whether it was not yet."""
    if how == UNKNOWN:
        return await freeze_unknown(session, run_id)
    if how == COMPLETED:  # it was recorded then, and is not now
        return await freeze(session, run_id)
    return await reconciling.mark_lost(session, run_id, how)


async def thaw_found(client: Client, database: Database) -> list[str]:
    """Let every run go on that was frozen as unknown to Temporal and is known to it again; return their ids.

    Only a run of which the database and Temporal know the same goes on.
    """
    async with database.reading() as session:
        unknown = [run_id for run_id, is_unknown in (await frozen_runs(session)).items() if is_unknown]
    if not unknown:
        return []
    alive = await _alive(client)
    found = {run_id: await _last_number(client, run_id) for run_id in unknown if workflow_id(run_id) in alive}
    return [run_id for run_id, seq in found.items() if seq and await _thaw(database, run_id, seq)]


async def _thaw(database: Database, run_id: str, seq: int) -> bool:
    async with database.transaction() as session:
        goes_on = await found_again(session, run_id, seq)
    LOG.warning("run %s is known to Temporal again and %s", run_id, "goes on" if goes_on else "stays frozen")
    return goes_on


async def _alive(client: Client) -> set[str]:
    running = client.list_workflows(f"ExecutionStatus = 'Running' AND {OURS}")
    return {execution.id async for execution in running}


async def freeze_disagreeing(client: Client, database: Database) -> list[str]:
    """Freeze every open run of which SQL and Temporal know different things; return their ids.

    The workflow is asked for its last number, which is recorded within a moment unless SQL was put back. A number of
    SQL that the workflow does not know was given by a workflow that Temporal has forgotten.
    """
    async with database.reading() as session:
        known, still_open = await known_runs(session), await reconciling.open_runs(session)
    asked = {run_id: await _last_number(client, run_id) for run_id in still_open}
    suspects = [run_id for run_id, seq in asked.items() if seq not in (None, known[run_id][0])]
    if not suspects:
        return []
    await asyncio.sleep(SETTLED.total_seconds())
    frozen = [
        run_id for run_id in suspects if await _freeze_unless_it_moved(database, run_id, known[run_id][0])
    ]
    for run_id in frozen:
        LOG.error("run %s is frozen: the database and Temporal know different things of it", run_id)
    return frozen


async def _freeze_unless_it_moved(database: Database, run_id: str, known: int) -> bool:
    async with database.transaction() as session:
        if (await locked_head(session, run_id)).seq != known:
            return False
        return await freeze(session, run_id)


async def _last_number(client: Client, run_id: str) -> int | None:
    """Return the number of the workflow's last event; None when it cannot be asked: then other looks tell why."""
    handle = client.get_workflow_handle(workflow_id(run_id))
    try:
        state: RunState = await handle.query(STATE, result_type=RunState)
    except (RPCError, WorkflowQueryFailedError) as why:
        LOG.info("run %s cannot be asked what it knows: %s", run_id, why)
        return None
    return state.seq


async def how_it_ended(client: Client, run_id: str) -> str | None:
    """Return how a workflow ended without its run, or None while it goes on."""
    try:
        status = (await client.get_workflow_handle(workflow_id(run_id)).describe()).status
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return UNKNOWN
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
        if not histories:
            continue  # Temporal does not list it yet, or golive is connected to another namespace
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


LOOKS = (freeze_disagreeing, thaw_found, mark_lost, keep_histories)
"""What is looked at, in this order; the first seldom."""
