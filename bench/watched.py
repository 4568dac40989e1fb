"""An API process, and people who have its pages open as browsers have them."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import psutil

from bench.office import ROLES, person
from cli.failure import Failure
from cli.language import ROOT
from demo.acts import connection
from demo.people import administrator
from demo.processes import Stack, free_ports

READY_WITHIN = 60.0
VOICES = (("en", "Europe/Zurich"), ("zh-CN", "Asia/Shanghai"), ("en", "America/New_York"))
"""In which languages and time zones people look."""
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_STREAM = re.compile(r'hx-sse:connect="([^"]+)"')


@dataclass
class Browser:
    """Somebody of the office who has signed in."""

    http: httpx.AsyncClient

    async def sign_in(self, token: str) -> None:
        """Sign in with an API token."""
        form = await self.http.get("/sign-in")
        found = _CSRF.search(form.text)
        data = {"csrf": found[1] if found else "", "token": token, "next": "/"}
        answer = await self.http.post(
            "/sign-in/token", data=data, headers={"Origin": str(self.http.base_url).rstrip("/")}
        )
        if not answer.is_redirect:
            raise Failure(f"nobody could sign in: {answer.status_code}")

    async def look(self, path: str) -> Viewer:
        """Open a page, and the stream that it names."""
        page = await self.http.get(path)
        stream = _STREAM.search(page.text)
        if page.status_code != httpx.codes.OK or stream is None:
            raise Failure(f"{path} is no live page: {page.status_code}")
        return await self._follow(unescape(stream[1]))

    async def _follow(self, path: str) -> Viewer:
        url = self.http.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        sent = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        language = self.http.headers["Accept-Language"]
        asked = f"GET {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nAccept-Language: {language}\r\nCookie: {sent}"
        writer.write(f"{asked}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise Failure(f"no stream: {head.decode().splitlines()[0]}")
        return Viewer(reader, writer)


@dataclass
class Viewer:
    """A page that is looked at: it reads what it is sent, and counts."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    messages: int = 0
    size: int = 0

    async def read(self) -> None:
        """Read until the server or the benchmark ends it."""
        with suppress(OSError):
            while chunk := await self.reader.read(65536):
                self.messages += chunk.count(b"\nid: ")
                self.size += len(chunk)


@dataclass
class Site:
    """The API process, and how to look at its pages."""

    stack: Stack
    process: psutil.Process

    async def invite(self, names: Sequence[str]) -> dict[str, str]:
        """Make users of the office; return their tokens."""
        token = (self.stack.home / "admin.token").read_text().strip()
        made = {}
        async with connection(self.stack.api) as http:
            admin = administrator(http, token)
            for name in names:
                body = {"name": name, "roles": list(ROLES), "functions": list(person(name).functions)}
                made[name] = (await admin.act("/users", body))["token"]
        return made

    @asynccontextmanager
    async def browser(self, n: int, token: str) -> AsyncIterator[Browser]:
        """Be somebody who has signed in, in one of the languages and time zones."""
        language, zone = VOICES[n % len(VOICES)]
        async with httpx.AsyncClient(
            base_url=self.stack.api,
            headers={"Accept-Language": language},
            cookies={"golive-zone": zone},
            timeout=60,
            limits=httpx.Limits(keepalive_expiry=2),  # before the server ends it
            trust_env=False,
        ) as http:
            browser = Browser(http)
            await browser.sign_in(token)
            yield browser

    async def cpu(self, seconds: float) -> float:
        """Return the share of a core that the process takes during so many seconds, in per cent."""
        began, before = time.perf_counter(), self._taken()
        await asyncio.sleep(seconds)
        return (self._taken() - before) / (time.perf_counter() - began) * 100

    def _taken(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def serving(home: Path) -> AsyncIterator[Site]:
    """Run an API process of its own, without an engine: what is measured only reads SQL."""
    stack = Stack(home, *free_ports(4))
    log = home / "api.log"
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api"),
            env=stack.environment(),
            cwd=ROOT,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        await _ready(stack, log)
        yield Site(stack, psutil.Process(process.pid))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(stack: Stack, log: Path) -> None:
    async with httpx.AsyncClient(base_url=stack.api, timeout=5, trust_env=False) as http:
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while True:
                    with suppress(httpx.TransportError):
                        if (await http.get("/sign-in")).is_success:
                            return
                    await asyncio.sleep(0.1)
    raise Failure(f"the API did not come up; {log} says why")


@asynccontextmanager
async def looked_at(browsers: Sequence[Browser], paths: Sequence[str]) -> AsyncIterator[list[Viewer]]:
    """Have these pages open, each by the next of the people; and one page that is named again, by yet another."""
    async with AsyncExitStack() as ending, asyncio.TaskGroup() as group:
        watching = []
        for n, path in enumerate(paths):
            viewer = await browsers[(n + n // len(browsers)) % len(browsers)].look(path)
            ending.callback(viewer.writer.close)
            group.create_task(viewer.read())
            watching.append(viewer)
        yield watching
        for viewer in watching:
            viewer.writer.close()
