"""`python -m worker.examining`: what is amiss with an installation, looked at from the machine where it runs.

Every look is a function that gives findings, each with its remedy. The last one replays every open run against the code
that is installed here: run it with the new version before an upgrade.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from connectors.leaving import leave
from connectors.temporal import RUNNING, every_run
from db.audit import identity_of
from db.freezing import frozen_runs, known_runs
from db.operating import Undone, require_schema
from db.session import Database, database_time
from golive.findings import Finding
from golive.names import TASK_QUEUE, WATCH_QUEUE, workflow_id
from golive.words import N_, Sentence, say
from settings import Settings, settings_or_exit
from worker.building import WORKFLOWS
from worker.connection import WrongSearchAttributes, connect, missing_search_attributes, not_answering
from worker.lending import Lending
from worker.telling import tell

APART = timedelta(seconds=2)
"""By how much clocks may differ before times in reports and due times contradict each other."""
FRESH = timedelta(seconds=70)
"""A worker that waits for work asks again within a minute."""
LEAST_FREE = 1024**3
"""Bytes that must be free: SQLite needs room for its journal, and attachments are up to 20 MiB each."""
NAMED = 5
"""So many runs are named, the others counted."""
_SERVED = "--served="
_AWAY = (RPCError, RuntimeError, SQLAlchemyError, OSError)
_GONE = N_(
    "See that TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS are those under which the runs were started, or restore "
    "Temporal: they go on by themselves within a minute. If their workflows are gone for good, declare the runs ended: "
    "`golive db abandon RUN`."
)


@dataclass(frozen=True)
class Machine:
    """What is looked at without Temporal."""

    settings: Settings
    database: Database


@dataclass(frozen=True)
class Installation(Machine):
    """What is looked at."""

    client: Client


Look = Callable[[Installation], AsyncIterator[Finding]]
LocalLook = Callable[[Machine], AsyncIterator[Finding]]


async def secret_keys(here: Machine) -> AsyncIterator[Finding]:
    """Can none of the keys be guessed? Not the first, or nothing would have started; an old one still may."""
    kept = here.settings.kept_keys()
    weak = kept.warning if kept else None
    remedy = say(
        N_(
            "golive's guide for operators says under “Upgrading” how a key is replaced: docs/en/operator/upgrade.md."
        )
    )
    yield _finding(
        "secret keys", weak or say(N_("No key that signs can be guessed.")), remedy, well=weak is None
    )


async def disk(here: Machine) -> AsyncIterator[Finding]:
    """Is there room where the data lies?"""
    free = shutil.disk_usage(here.settings.home).free
    found = say(
        N_("{free} MiB are free for {home}."), free=free // 1024**2, home=str(here.settings.home.absolute())
    )
    remedy = say(N_("Make room on that disk, or move the data folder: without room nothing can be recorded."))
    yield _finding("disk", found, remedy, well=free >= LEAST_FREE)


async def clocks(here: Machine) -> AsyncIterator[Finding]:
    """Do the clocks of this machine and of the database agree?"""
    async with here.database.reading() as session:
        apart = abs(await database_time(session) - datetime.now(UTC))
    found = say(
        N_("The clocks of this machine and of the database differ by {seconds} s."), seconds=_seconds(apart)
    )
    remedy = say(N_("Let both machines take their time from the same servers (NTP)."))
    yield _finding("clocks", found, remedy, well=apart <= APART)


async def other_database(here: Machine, served: str) -> AsyncIterator[Finding]:
    """Is it another database than that of the golive which answers, the one that is `served`?"""
    async with here.database.reading() as session:
        if await identity_of(session) == served:
            return
    found = say(
        N_("The golive that answers has another database than the settings here name ({kind})."),
        kind=here.database.engine.dialect.name,
    )
    remedy = say(
        N_(
            "What follows is about the one here. Call it with the settings of the golive that answers "
            "(GOLIVE_HOME, GOLIVE_DATABASE_URL), or name the address of the golive here: GOLIVE_URL."
        )
    )
    yield _finding("database", found, remedy, well=False)


async def schema(here: Machine) -> AsyncIterator[Finding]:
    """Has the database the schema of this golive?"""
    try:
        await require_schema(here.database.url)
    except Undone as other:
        yield Finding(about="schema", well=False, found=other.sentence)
    else:
        yield Finding(about="schema", well=True, found=say(N_("The database has the schema of this golive.")))


async def search_attributes(here: Installation) -> AsyncIterator[Finding]:
    """Can runs be found in the Temporal UI? One that is not registered blocks every run that writes it."""
    try:
        missing = await missing_search_attributes(here.client)
    except WrongSearchAttributes as wrong:
        yield Finding(about="search attributes", well=False, found=say("{why}", why=str(wrong)))
        return
    if missing:
        found = say(N_("Temporal lacks the search attributes {names}."), names=", ".join(missing))
    else:
        found = say(N_("Temporal has golive's search attributes."))
    remedy = say(N_("Start a worker: it registers them; on Temporal Cloud create them with `tcld` first."))
    yield _finding("search attributes", found, remedy, well=not missing)


async def workers(here: Installation) -> AsyncIterator[Finding]:
    """Does somebody take the work of runs, and of watches?"""
    kinds = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    for queue, kind in zip((TASK_QUEUE, WATCH_QUEUE), kinds, strict=True):
        fresh = sorted(await _pollers(here.client, queue, kind), key=lambda poller: poller.identity)
        told = ", ".join(f"{poller.identity} ({_seconds(_ago(poller))} s)" for poller in fresh)
        remedy = say(N_("Start a worker (`golive up`, or `python -m worker`) with the settings of this one."))
        if not fresh:
            found = say(
                N_("No worker has asked for work on {queue} for {seconds} s."),
                queue=queue,
                seconds=_seconds(FRESH),
            )
        else:
            found = say(N_("Work on {queue} was last asked for by {workers}."), queue=queue, workers=told)
        yield _finding("workers", found, remedy, well=bool(fresh))


async def frozen(here: Machine) -> AsyncIterator[Finding]:
    """Do the database and Temporal know the same runs, and as much of each?"""
    async with here.database.reading() as session:
        found = await frozen_runs(session)
    behind = [run for run, is_unknown in found.items() if not is_unknown]
    gone = [run for run, is_unknown in found.items() if is_unknown]
    remedy = say(N_("Write what is missing from Temporal's history: `golive db recover`."))
    if behind:
        yield _finding("frozen runs", _named(N_("Frozen: {runs}."), behind), remedy, well=False)
    if gone:
        told = _named(N_("Frozen, since Temporal does not know their workflows: {runs}."), gone)
        yield _finding("frozen runs", told, say(_GONE), well=False)
    if not found:
        yield _finding("frozen runs", say(N_("No run is frozen.")), remedy, well=True)


async def unknown(here: Installation) -> AsyncIterator[Finding]:
    """Does the database know every run that goes on?"""
    async with here.database.reading() as session:
        known = await known_runs(session)
    found = [run async for run in every_run(here.client, RUNNING) if run not in known]
    remedy = say(
        N_(
            "The database was restored from an older backup: write them from Temporal's history, `golive db recover`."
        )
    )
    if found:
        told = _named(N_("Temporal runs what the database does not know: {runs}."), found)
        yield _finding("unknown runs", told, remedy, well=False)
    else:
        yield _finding("unknown runs", say(N_("The database knows every open run.")), remedy, well=True)


async def stuck(here: Installation) -> AsyncIterator[Finding]:
    """Does the code of every workflow get on? Temporal marks one whose task has failed several times."""
    found = [
        run async for run in every_run(here.client, f"{RUNNING} AND TemporalReportedProblems IS NOT NULL")
    ]
    remedy = say(
        N_(
            "Look at the last failure in the Temporal UI. If the code was changed, start the version again that the "
            "run went well with; nothing is lost meanwhile."
        )
    )
    if found:
        yield _finding("stuck runs", _named(N_("Stuck: {runs}."), found), remedy, well=False)
    else:
        yield _finding("stuck runs", say(N_("No run is stuck.")), remedy, well=True)


async def replays(here: Installation) -> AsyncIterator[Finding]:
    """Would every open run go on with the code that is installed here?"""
    replayer = Replayer(
        workflows=list(WORKFLOWS),
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=pydantic_data_converter,
        interceptors=[Lending(here.settings.keys("command"))],
    )
    count = 0
    remedy = say(
        N_(
            "Do not start workers of this version while these runs are open: finish them with the version before, or "
            "report it as a fault of golive."
        )
    )
    async for run in every_run(here.client, RUNNING):
        count += 1
        handle = here.client.get_workflow_handle(workflow_id(run))
        result = await replayer.replay_workflow(await handle.fetch_history(), raise_on_replay_failure=False)
        if result.replay_failure is not None:
            why = " ".join(str(result.replay_failure).split())
            found = say(N_("Run {run} cannot go on with this golive: {why}."), run=run, why=why[:300])
            yield _finding("replay", found, remedy, well=False)
    one, several = (
        N_("One open run was replayed with this golive."),
        N_("{count} open runs were replayed with this golive."),
    )
    yield _finding("replay", say(one if count == 1 else several, count=count), remedy, well=True)


LOCAL: tuple[LocalLook, ...] = (secret_keys, disk, schema, clocks, frozen)
QUICK: tuple[Look, ...] = (unknown, search_attributes, workers, stuck)


async def examine(settings: Settings, *, replay: bool, served: str | None = None) -> AsyncIterator[Finding]:
    """Give what every look finds, or why it could not look; `served` is the database of the golive that answers."""
    database = Database(settings.url)
    try:
        machine = Machine(settings, database)
        if served is not None:
            async for finding in _looked("database", other_database(machine, served)):
                yield finding
        for local in LOCAL:
            async for finding in _looked(local.__name__, local(machine)):
                yield finding
        try:
            client = await connect(settings, counted=False)
        except _AWAY as away:
            yield _temporal_is_away(settings, away)
            return
        here = Installation(settings, database, client)
        for look in (*QUICK, replays) if replay else QUICK:
            async for finding in _looked(look.__name__, look(here)):
                yield finding
    finally:
        await database.close()


async def _looked(name: str, findings: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    try:
        async for finding in findings:
            yield finding
    except _AWAY as away:
        yield _away(name.replace("_", " "), away)


def _away(about: str, away: Exception) -> Finding:
    why = " ".join(str(away).split())[:300]
    remedy = say(N_("See that the database and Temporal answer, and that this machine's settings name them."))
    return _finding(about, say(N_("This could not be looked at: {why}."), why=why), remedy, well=False)


def _temporal_is_away(settings: Settings, away: Exception) -> Finding:
    remedy = say(
        N_(
            "Start it: `make up` starts an embedded one, whose log is logs/temporal.log. Of your own see that "
            "TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and what it asks of who connects are right."
        )
    )
    return _finding("temporal", not_answering(settings, away), remedy, well=False)


async def _pollers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> list[PollerInfo]:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    found = (await client.workflow_service.describe_task_queue(request)).pollers
    return [poller for poller in found if _ago(poller) <= FRESH]


def _ago(poller: PollerInfo) -> timedelta:
    return datetime.now(UTC) - poller.last_access_time.ToDatetime(tzinfo=UTC)


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 1)


def _named(msgid: str, runs: list[str]) -> Sentence:
    more = [f"+{len(runs) - NAMED}"] if len(runs) > NAMED else []
    return say(msgid, runs=", ".join([*runs[:NAMED], *more]))


def _finding(about: str, found: Sentence, remedy: Sentence, *, well: bool) -> Finding:
    return Finding(about=about, well=well, found=found, remedy=None if well else remedy)


async def main(words: list[str]) -> int:
    """Print each finding as a line of JSON; 1 unless all is well."""
    served = next((word.removeprefix(_SERVED) for word in words if word.startswith(_SERVED)), None)
    found = examine(settings_or_exit(), replay="--no-replay" not in words, served=served)
    return max([tell([each]) async for each in found], default=0)


if __name__ == "__main__":
    leave(asyncio.run(main(sys.argv[1:])))
