from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from settings import Settings
from tests.api.client import Client
from tests.api.conftest import (
    admin,
    application,
    databases,
    joined,
    prepared,
    prepared_on_postgresql,
    settings,
    stack,
    team,
)
from tests.pages.chromium import chromium
from tests.pages.reader import Reader, reading
from tests.pages.scene import Scene, staged
from tests.pages.streams import Site, serving

__all__ = [
    "admin",
    "application",
    "chromium",
    "databases",
    "joined",
    "prepared",
    "prepared_on_postgresql",
    "settings",
    "stack",
    "team",
]


@pytest.fixture(scope="session")
async def scene() -> AsyncIterator[Scene]:
    """Run a whole golive with people and runs in states worth looking at, until the last test."""
    async with staged() as scene:
        yield scene


@pytest.fixture
async def stranger(admin: Client) -> AsyncIterator[Reader]:
    """Somebody who has not signed in, at an application without a Temporal server."""
    async with reading(admin.app) as reader:
        yield reader


@pytest.fixture
async def chief(admin: Client) -> AsyncIterator[Reader]:
    """The user `admin` at the pages of the same application."""
    async with reading(admin.app, admin.token) as reader:
        yield reader


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    """Golive behind a real server, with nobody signed in."""
    async with serving(settings) as site:
        yield site
