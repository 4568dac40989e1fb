"""`python -m worker.abandoning RUN...`: declares runs ended that Temporal does not know any more.

Two have to agree with the operator who says so: the worker, which has frozen the run because Temporal does not know its
workflow, and Temporal itself, asked again by this very process. So neither a worker nor a shell that is connected to
another namespace can end a run that goes on.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import sys
from collections.abc import Sequence

from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from db import reconciling
from db.freezing import frozen_runs
from db.operating import Undone, require_schema
from db.session import Database
from golive.findings import Finding
from golive.words import N_, say
from settings import Settings, settings_or_exit
from worker.connection import connect
from worker.reconciler import UNKNOWN, how_it_ended

_NOTHING_KEPT = gzip.compress(b"[]")
_ABANDONED = N_(
    "Run {run} is shown as ended now; traffic was not touched. Should its workflow be found after all, terminate it in "
    "Temporal."
)
_NOT_FROZEN = N_(
    "Run {run} was left as it is: it is not frozen as one that Temporal does not know. The worker looks every half "
    "minute; `golive show` says how the run is."
)
_KNOWN = N_(
    "Run {run} was left as it is: Temporal knows its workflow. With the worker connected to the same namespace it goes "
    "on by itself; `golive db recover` writes what the database lacks."
)


async def abandon(client: Client, database: Database, run_ids: Sequence[str]) -> list[Finding]:
    """Declare each of these runs ended, unless it is not frozen as unknown to Temporal or is known to it."""
    return [await _abandon(client, database, run_id) for run_id in dict.fromkeys(run_ids)]


async def _abandon(client: Client, database: Database, run_id: str) -> Finding:
    known = await how_it_ended(client, run_id) != UNKNOWN
    async with database.transaction() as session:
        if not (await frozen_runs(session)).get(run_id):
            return _told(_NOT_FROZEN, run_id, well=False)
        if known:
            return _told(_KNOWN, run_id, well=False)
        await reconciling.abandon(session, run_id)
        await reconciling.keep_history(
            session, run_id, _NOTHING_KEPT
        )  # it is not to be looked for again and again
    return _told(_ABANDONED, run_id, well=True)


def _told(msgid: str, run_id: str, *, well: bool) -> Finding:
    return Finding(about=run_id, well=well, found=say(msgid, run=run_id))


async def _abandoned(settings: Settings, run_ids: Sequence[str]) -> list[Finding]:
    await require_schema(settings.url)
    client = await connect(settings, counted=False)
    database = Database(settings.url)
    try:
        return await abandon(client, database, run_ids)
    finally:
        await database.close()


def main(run_ids: Sequence[str]) -> int:
    """Declare these runs ended and say what came of each, a finding a line; 1 unless all were."""
    try:
        told = asyncio.run(_abandoned(settings_or_exit(), run_ids))
    except Undone as other:
        told = [Finding(about="runs", well=False, found=other.sentence)]
    except (RPCError, RuntimeError, SQLAlchemyError, OSError) as failed:
        why = say(N_("The runs could not be abandoned: {why}."), why=" ".join(str(failed).split()))
        told = [Finding(about="runs", well=False, found=why)]
    for each in told:
        print(each.model_dump_json())  # noqa: T201 - the answer
    return 0 if all(each.well for each in told) else 1


if __name__ == "__main__":
    exit_code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(exit_code)  # a short-lived client of the SDK can abort while the interpreter takes itself down
