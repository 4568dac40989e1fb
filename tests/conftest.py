"""What tests share: a real Temporal server with time skipping, a migrated database, the stack on both."""

from __future__ import annotations

import asyncio
import gc
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from db import migrations
from db.session import Database
from tests.databases import Cluster, Databases, Files, Kind, cluster
from tests.stack import Stack, running
from workflows.search import ALL

# Who starts the tests in the background of a script hands an ignored SIGINT down to every process that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How fast a test is depends on what else the machine does.
hypothesis.settings.register_profile("unhurried", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("unhurried")

LONGEST = ("chaos", "demo")
ELSEWHERE = "elsewhere"
"""A namespace in which there are no runs."""
SKIPPING = [
    "--namespace",
    ELSEWHERE,
    "--dynamic-config-value",
    "frontend.WorkflowTimeSkippingEnabled=true",
    "--dynamic-config-value",
    'history.timerProcessorMaxTimeShift="5ms"',
    "--dynamic-config-value",
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1",
]
"""Time is skipped without a second's delay, and a workflow whose task fails is reported at once, not at the fifth time:
that would take a minute."""


def temporal_binary() -> str:
    """Return the Temporal CLI that was installed beside the interpreter."""
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    assert found, "the temporal binary is missing; `make test` installs it"
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, so that no process is left alone with them at the end."""
    items.sort(key=lambda item: item.path.parent.name not in LONGEST)


def pytest_collection_finish() -> None:
    """Leave alone what is loaded by now: to look at it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """Start one Temporal development server, which can skip time, for all tests of this process."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=temporal_binary(),
        data_converter=pydantic_data_converter,
        search_attributes=ALL,
        dev_server_log_level="error",
        ts_config=TimeSkippingConfig(enabled=False, max_session_skip_count=5000),
        dev_server_extra_args=SKIPPING,
    )
    async with environment:
        yield environment


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the SQLite database by its migrations, once."""
    path = tmp_path_factory.mktemp("migrated") / "golive.db"
    asyncio.run(migrations.upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """Start a PostgreSQL server and build a database by the migrations, once; skip where there is none."""
    with cluster() as server:
        asyncio.run(migrations.upgrade(server.make("migrated")))
        yield server


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> Kind:
    """Which database a test runs on: SQLite, unless it is marked `ON_BOTH`."""
    found: Kind = getattr(request, "param", "sqlite")
    return found


@pytest.fixture
def databases(request: pytest.FixtureRequest, kind: Kind, migrated: Path, tmp_path: Path) -> Databases:
    """Where a test gets databases from."""
    if kind == "sqlite":
        return Files(migrated, tmp_path)
    server: Cluster = request.getfixturevalue("postgresql")
    return server


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """Return an empty database of this test's own."""
    database = Database(databases.fresh())
    yield database
    await database.close()


@pytest.fixture
async def stack(temporal: WorkflowEnvironment, database: Database, tmp_path: Path) -> AsyncIterator[Stack]:
    """Run a worker on the server and the database: no cache, so every step replays; sandboxed."""
    async with running(temporal, database, tmp_path) as stack:
        yield stack
