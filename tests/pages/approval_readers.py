"""Who reads the page of an approval in tests: whoever is wanted, with a session of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.api.client import Client
from tests.api.team import Team
from tests.pages.approvals import Asked, asked
from tests.pages.reader import Reader, reading


@pytest.fixture
async def go(team: Team) -> Asked:
    """A run whose sign-off is asked for."""
    return await asked(team)


class Readers:
    """Whoever is wanted, each at the pages with a session of their own."""

    def __init__(self, go: Asked, open_until: AsyncExitStack):
        self._app, self._open = go.team.admin.app, open_until

    async def of(self, client: Client, language: str = "en") -> Reader:
        """Sign `client` in."""
        return await self._open.enter_async_context(reading(self._app, client.token, language))


@pytest.fixture
async def readers(go: Asked) -> AsyncIterator[Readers]:
    """Who reads the pages of the run's application."""
    async with AsyncExitStack() as open_until:
        yield Readers(go, open_until)
