from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.prepare import prepare
from settings import Settings
from tests.api.client import Client

NOBODY_LISTENS = 1
"""A port below 1024 on which no Temporal server can be in a test."""


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder as the first start of golive leaves it; each test gets a copy."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    asyncio.run(prepare(Settings(home=home)))
    return home


@pytest.fixture
def settings(prepared: Path, tmp_path: Path) -> Settings:
    """Settings of a golive whose Temporal server is away."""
    home = Path(shutil.copytree(prepared, tmp_path / "home"))
    return Settings(home=home, temporal_port=NOBODY_LISTENS)


@pytest.fixture
async def admin(settings: Settings) -> AsyncIterator[Client]:
    """The user `admin` at the real application on a real database, without a Temporal server."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://golive") as http:
            token = (settings.home / "admin.token").read_text().strip()
            yield Client(app, http, token)
