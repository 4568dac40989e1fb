from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from api.app import create_app
from api.prepare import prepare
from db.session import Database
from settings import Settings
from tests.api.client import Client
from tests.api.team import Team, Tokens, join, seated
from tests.databases import Cluster, Files, Kind
from tests.stack import Stack, running

NOBODY_LISTENS = 1
"""A port below 1024 on which no Temporal server can be in a test."""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder as the first start of golive leaves it; each test gets a copy."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    asyncio.run(prepare(Settings(home=home)))
    return home


@dataclass(frozen=True)
class Joined:
    """A home folder in whose database a team are users, and their tokens."""

    home: Path
    tokens: Tokens


@pytest.fixture(scope="session")
async def joined(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Joined:
    """The team as it joined, once."""
    home = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("joined") / "home"))
    async with at_home(Settings(home=home, temporal_port=NOBODY_LISTENS)) as admin:
        return Joined(home, await join(admin))


@pytest.fixture(scope="session")
def prepared_on_postgresql(postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder as the first start leaves it whose database is PostgreSQL's, named as the folder around it."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    asyncio.run(prepare(Settings(home=home, database_url=postgresql.make(home.parent.name))))
    return home


@pytest.fixture
def settings(request: pytest.FixtureRequest, kind: Kind, tmp_path: Path) -> Settings:
    """Settings of a golive whose Temporal server is away."""
    name, url = ("prepared", None)
    if kind == "postgresql":
        name, url = "prepared_on_postgresql", _copied(request)
    home = Path(shutil.copytree(request.getfixturevalue(name), tmp_path / "home"))
    return Settings(home=home, database_url=url, temporal_port=NOBODY_LISTENS)


def _copied(request: pytest.FixtureRequest) -> str:
    home: Path = request.getfixturevalue("prepared_on_postgresql")
    server: Cluster = request.getfixturevalue("postgresql")
    return server.copy(home.parent.name)


@pytest.fixture
async def admin(settings: Settings) -> AsyncIterator[Client]:
    """The user `admin` at the real application on a real database, without a Temporal server."""
    async with at_home(settings) as client:
        yield client


@asynccontextmanager
async def at_home(settings: Settings) -> AsyncIterator[Client]:
    """Be the user `admin` at such an application."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://golive") as http:
            token = (settings.home / "admin.token").read_text().strip()
            yield Client(app, http, token)


@pytest.fixture
def databases(request: pytest.FixtureRequest, kind: Kind, prepared: Path, tmp_path: Path) -> Files:
    """Where a test that has a worker as well gets databases from: as the first start leaves them, or with the team."""
    assert kind == "sqlite", "these run on SQLite alone"
    home = request.getfixturevalue("joined").home if "team" in request.fixturenames else prepared
    return Files(home / "golive.db", tmp_path)


@pytest.fixture
async def application(
    temporal: WorkflowEnvironment, database: Database, prepared: Path, tmp_path: Path
) -> AsyncIterator[Client]:
    """The user `admin` at an application that is connected to the Temporal server of the tests."""
    async with connected(temporal, database, prepared, tmp_path) as client:
        yield client


@asynccontextmanager
async def connected(
    temporal: WorkflowEnvironment, database: Database, prepared: Path, home: Path, **more: Any
) -> AsyncIterator[Client]:
    """Be the user `admin` at such an application, with `more` settings."""
    port = int(temporal.client.service_client.config.target_host.rpartition(":")[2])
    settings = Settings(
        home=home,
        database_url=database.url,
        secret_keys=SecretStr("a-key-of-tests-and-of-nothing-else"),
        temporal_port=port,
        **more,
    )
    token = Path(shutil.copy(prepared / "admin.token", home)).read_text().strip()
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://golive", timeout=30) as http:
            yield Client(app, http, token)


@pytest.fixture
async def stack(temporal: WorkflowEnvironment, database: Database, tmp_path: Path) -> AsyncIterator[Stack]:
    """Run a worker as it is released, with a cache and no sandbox: replay is for the tests of workflows."""
    async with running(temporal, database, tmp_path, sandbox=False, cached_runs=100) as stack:
        yield stack


@pytest.fixture
async def team(stack: Stack, application: Client, joined: Joined) -> Team:
    return seated(stack, application, joined.tokens)
