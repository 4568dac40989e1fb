"""Finds runs that ended outside golive and keeps the history of those that ended within it.

A run that somebody terminated, reset or let time out in Temporal would otherwise be shown as running for ever. A run
of which Temporal knows nothing is no such run: it is frozen, since golive may be connected to another namespace. What
is told of a run is named as in golive's own stream.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from datetime import timedelta
from itertools import count

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from connectors.temporal import COMPLETED, RUNNING, UNKNOWN, every_run, executions, how_it_ended, namespace_id
from db import reconciling
from db.freezing import found_again, freeze, freeze_unknown, known_runs
from db.journal import head, locked_head
from db.session import Database, Session
from golive.events import Event
from golive.names import STATE, workflow_id
from golive.state import RunState
from worker.recorded import batches

EVERY = timedelta(seconds=30)
SELDOM = 20
"""So many looks apart are those that ask each run itself."""
SETTLED = timedelta(seconds=45)
"""What a workflow has numbered is recorded by then: a `record` whose worker died is tried again after 20 seconds."""
LOG = logging.getLogger("golive.reconciler")


async def reconcile_for_ever(client: Client, database: Database) -> None:
    """Look every half minute, and at every `SELDOM`th time at all that is looked at.

    A look that fails is logged, does not keep the others from theirs, and is made again the next time.
    """
    for n in count():
        for look in (*SELDOM_LOOKS, *LOOKS) if n % SELDOM == 0 else LOOKS:
            try:
                await look(client, database)
            except (TemporalError, SQLAlchemyError, OSError) as failed:
                LOG.warning("could not %s, will look again: %s", look.__name__, failed)
        await asyncio.sleep(EVERY.total_seconds())


async def compare_living(client: Client, database: Database) -> dict[str, str]:
    """Compare what Temporal lists as living with what SQL shows as open; return what was told of which run.

    One listing finds the suspects; since it lags behind, each of them is looked at itself. Those that this namespace is
    known not to know are left out, unless they are listed again.
    """
    here = await namespace_id(client)
    async with database.reading() as session:
        open_runs = await reconciling.open_runs(session)
    alive = {run_id async for run_id in every_run(client, RUNNING)}
    await _keep_namespace(
        database, here, [name for name in alive & open_runs.keys() if not open_runs[name].namespace]
    )
    came: dict[str, str | None] = {}
    for run_id, run in open_runs.items():
        if run_id not in alive and run.unknown_in != here:
            came[run_id] = await _ask_after(client, database, here, run_id)
        elif run_id in alive and run.unknown:
            came[run_id] = await _thaw_found(client, database, run_id)
    for run_id in await _given_up(database, alive - open_runs.keys()):
        came[run_id] = await _terminate(client, database, run_id)
    return {run_id: told for run_id, told in came.items() if told}


async def ask_again(client: Client, database: Database) -> dict[str, str]:
    """Ask after each run that was unknown here: it may be known, and over. Returns what was told of which."""
    here = await namespace_id(client)
    async with database.reading() as session:
        open_runs = await reconciling.open_runs(session)
    unknown = [run_id for run_id, run in open_runs.items() if run.unknown_in == here]
    came = {run_id: await _ask_after(client, database, here, run_id) for run_id in unknown}
    return {run_id: told for run_id, told in came.items() if told}


async def _keep_namespace(database: Database, here: str, run_ids: list[str]) -> None:
    """Keep where runs live that were started before golive kept that."""
    if run_ids:
        async with database.transaction() as session:
            await reconciling.lives_in(session, run_ids, here)


async def _ask_after(client: Client, database: Database, here: str, run_id: str) -> str | None:
    """Ask how an open run's workflow ended; freeze the run or mark it as lost. Returns what was told, if anything."""
    how = await how_it_ended(client, run_id)
    if how is None:
        return None
    async with database.transaction() as session:
        told = await _mark(session, run_id, how, here)
    if told:
        LOG.error("run %s is open in SQL and its workflow is %s", run_id, how)
    return told


async def _mark(session: Session, run_id: str, how: str, here: str) -> str | None:
    if how == UNKNOWN:
        return "RunFrozen" if await freeze_unknown(session, run_id, here) else None
    if how == COMPLETED:  # it was recorded then, and is not now
        return "RunFrozen" if await freeze(session, run_id) else None
    return "RunLost" if await reconciling.mark_lost(session, run_id, how) else None


async def _thaw_found(client: Client, database: Database, run_id: str) -> str | None:
    """Let a run go on that is known again, if the database and Temporal know the same of it; return what was told.

    What the workflow has not recorded yet is waited for: a clock may have moved it on meanwhile.
    """
    async with database.reading() as session:
        known = (await head(session, run_id)).seq
    seq = await _last_number(client, run_id)
    last = await _last_recorded(client, run_id) if seq == known else ()
    if seq is None or seq > known or (seq == known and seq not in [event.seq for event in last]):
        return None
    async with database.transaction() as session:
        told = await found_again(session, run_id, known, last)
    LOG.warning("run %s is known to Temporal again: %s", run_id, told or "it has moved on")
    return told


async def _last_recorded(client: Client, run_id: str) -> tuple[Event, ...]:
    """Return the events of the last batch that has any, by the workflow's history."""
    return next((each.batch.events for each in reversed(await batches(client, run_id)) if each.last), ())


async def _given_up(database: Database, run_ids: set[str]) -> tuple[str, ...]:
    if not run_ids:
        return ()
    async with database.reading() as session:
        return await reconciling.given_up(session, run_ids)


async def _terminate(client: Client, database: Database, run_id: str) -> str:
    """End a workflow whose run was given up: its service may be another run's by now. Its history will be kept."""
    try:
        await client.get_workflow_handle(workflow_id(run_id)).terminate("golive gave the run up")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended since it was listed
            raise
    async with database.transaction() as session:
        await reconciling.found_after_all(session, run_id)
    LOG.error("run %s was given up and its workflow was found; it was terminated", run_id)
    return "RunFoundAfterAll"


async def freeze_disagreeing(client: Client, database: Database) -> list[str]:
    """Freeze every open run of which SQL and Temporal know different things; return their ids.

    The workflow is asked for its last number, which is recorded within a moment unless SQL was put back. A number of
    SQL that the workflow does not know was given by a workflow that Temporal has forgotten. What is known to be unknown
    cannot be asked: that is thawed, or found to disagree, once it is listed again.
    """
    async with database.reading() as session:
        known, still_open = await known_runs(session), await reconciling.open_runs(session)
    asked = {
        run_id: await _last_number(client, run_id) for run_id, run in still_open.items() if not run.unknown
    }
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
    handles = await executions(client, run_id)
    return [json.loads((await handle.fetch_history()).to_json()) for handle in handles]


LOOKS = (compare_living, keep_histories)
SELDOM_LOOKS = (freeze_disagreeing, ask_again)
