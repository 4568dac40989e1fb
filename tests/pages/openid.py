"""A real OpenID provider, certified as such, as a process of its own; and people who sign in at it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.pages.reader import SITE, Reader, Shown, filled

PROGRAM = Path(__file__).parent / "openid_provider.mjs"
BACK = f"{SITE}/sign-in/provider/back"


@dataclass(frozen=True)
class Provider:
    """The provider at `issuer`."""

    issuer: str
    process: asyncio.subprocess.Process

    async def knows(self, subject: str, **claims: Any) -> None:
        """Let the provider know somebody, from now on by these claims."""
        async with httpx.AsyncClient() as http:
            told = {"preferred_username": subject, **claims}
            await http.put(f"{self.issuer}/people", json={subject: told})

    async def ends(self) -> None:
        """End it at once."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def provided(*options: str, back: str = BACK) -> AsyncIterator[Provider]:
    """Start a provider that leads people to `back`, and end it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed here")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        node, str(PROGRAM), back, *options, stdout=asyncio.subprocess.PIPE, stderr=quiet
    )
    assert process.stdout is not None
    issuer = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    provider = Provider(issuer, process)
    try:
        yield provider
    finally:
        await provider.ends()


async def begun(reader: Reader, then: str = "/") -> str:
    """Begin at golive; return the address to which it leads, at the provider."""
    answer = await reader.http.get("/sign-in/provider", params={"next": then}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def at_provider(where: str, subject: str) -> str:
    """Sign in and consent at the provider; return the address to which it leads back."""
    async with httpx.AsyncClient(timeout=30) as http:
        answer = await http.get(where)
        while True:
            while answer.has_redirect_location:
                where = urljoin(str(answer.url), answer.headers["location"])
                if where.startswith(SITE):
                    return where
                answer = await http.get(where)
            form = BeautifulSoup(answer.text, "html.parser").form
            assert form is not None, answer.text
            typed = {**filled(form), "login": subject, "password": "any"}
            answer = await http.post(urljoin(str(answer.url), str(form["action"])), data=typed)


async def signed_in_there(reader: Reader, subject: str, then: str = "/") -> Shown:
    """Sign in at the provider and come back."""
    return await reader.look(await at_provider(await begun(reader, then), subject))
