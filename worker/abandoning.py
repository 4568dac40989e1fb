"""`python -m worker.abandoning --reason TEXT RUN...`: declares runs ended that Temporal does not know any more.

Three have to agree with the operator who says so: the worker, which has frozen the run because Temporal does not know
its workflow; Temporal itself, asked again by this very process; and the namespace, which has to be that in which the
run was started. So neither a worker nor a shell that is connected to another namespace, nor both together, can end a
run that goes on. Where that namespace is gone with its server, the operator has to name it.
"""

from __future__ import annotations

import argparse
import os
import pwd
import re
import secrets
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.client import Client

from connectors.leaving import leave
from connectors.temporal import UNKNOWN, has_namespace, how_it_ended, namespace_id
from db import reconciling
from db.operating import Undone, require_schema
from db.session import Database
from golive.commands import Actor
from golive.findings import Finding
from golive.vocabulary import USER_NAME
from golive.words import N_, Sentence, Words, say
from settings import Settings, settings_or_exit
from worker.connection import connect
from worker.telling import attempted

MOST = 4000
"""Characters of a reason, as everywhere in golive."""
_ABANDONED = N_(
    "Run {run} is shown as ended now; traffic was not touched. Should its workflow be found after all, golive "
    "terminates it."
)
_NO_REASON = N_("Say why, in at most {most} characters.")
_NO_SUCH_RUN = N_("There is no run {run}; `golive list` names them.")
_NOT_FROZEN = N_(
    "Run {run} was left as it is: it is not frozen as one that Temporal does not know. The worker looks every half "
    "minute; `golive show` says how the run is."
)
_KNOWN = N_(
    "Run {run} was left as it is: Temporal knows its workflow. With the worker connected to the same namespace it goes "
    "on by itself; `golive db recover` writes what the database lacks."
)
_ELSEWHERE = N_(
    "Run {run} was left as it is: it was started in the Temporal namespace {namespace}, and golive is connected to "
    "{here}. Correct TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS. If that namespace is gone for good with its server, say "
    "so: `--gone {namespace}`."
)
_STILL_THERE = N_(
    "Run {run} was left as it is: its Temporal namespace {namespace} is not gone, this very server has it. Correct "
    "TEMPORAL_NAMESPACE."
)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """Who declares runs ended, and why; `gone` is the id of the namespace that was lost with its server."""

    by: Actor
    reason: str
    gone: str | None = None


async def abandon(
    client: Client, database: Database, run_ids: Sequence[str], declared: Declaration
) -> list[Finding]:
    """Declare each of these runs ended, unless one of those who have to agree does not. Raises NoNamespace."""
    here = await namespace_id(client)
    return [await _abandon(client, database, run_id, declared, here) for run_id in dict.fromkeys(run_ids)]


async def _abandon(
    client: Client, database: Database, run_id: str, declared: Declaration, here: str
) -> Finding:
    async with database.reading() as session:
        run = await reconciling.find(session, run_id)
    if refusal := await _refusal(client, run_id, run, declared, here):
        return Finding(about=run_id, well=False, found=refusal)
    reason = Words(text=declared.reason, salt=secrets.token_hex(16))
    async with database.transaction() as session:
        well = await reconciling.abandon(session, run_id, declared.by, reason)
    return Finding(about=run_id, well=well, found=say(_ABANDONED if well else _NOT_FROZEN, run=run_id))


async def _refusal(
    client: Client, run_id: str, run: reconciling.OpenRun | None, declared: Declaration, here: str
) -> Sentence | None:
    """Return why a run is left as it is, if it is."""
    if run is None:
        return say(_NO_SUCH_RUN, run=run_id)
    if not run.unknown:
        return say(_NOT_FROZEN, run=run_id)
    if run.namespace not in (None, here):
        if run.namespace != declared.gone:
            return say(_ELSEWHERE, run=run_id, namespace=run.namespace, here=here)
        if await has_namespace(client, run.namespace):
            return say(_STILL_THERE, run=run_id, namespace=run.namespace)
    return None if await how_it_ended(client, run_id) == UNKNOWN else say(_KNOWN, run=run_id)


def operator() -> Actor:
    """Return the operating-system user who runs this, by number where the name is none that golive could write."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = ""
    fits = re.fullmatch(USER_NAME, name)
    return Actor(name=name if fits else str(os.getuid()), method="shell", address=socket.gethostname())


async def _abandoned(settings: Settings, run_ids: Sequence[str], declared: Declaration) -> list[Finding]:
    if not 0 < len(declared.reason) <= MOST:
        raise Undone(say(_NO_REASON, most=MOST))
    await require_schema(settings.url)
    client = await connect(settings, counted=False)
    database = Database(settings.url)
    try:
        return await abandon(client, database, run_ids, declared)
    finally:
        await database.close()


def read(words: Sequence[str]) -> argparse.Namespace:
    """Return what is asked for: `runs`, `reason`, `gone`."""
    parser = argparse.ArgumentParser(prog="python -m worker.abandoning")
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--reason", required=True)
    parser.add_argument("--gone")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Declare these runs ended and say what came of each, a finding a line; 1 unless all were."""
    given = read(words)
    declared = Declaration(by=operator(), reason=given.reason.strip(), gone=given.gone)
    work = _abandoned(settings_or_exit(), given.runs, declared)
    return attempted(work, failed=N_("The runs could not be abandoned: {why}."))


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
