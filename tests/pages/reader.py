"""A person with a browser without script: looks at pages, fills in forms, sends them, follows where they lead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI

SITE = "http://golive"


@dataclass(frozen=True)
class Shown:
    """A page as it was answered."""

    answer: httpx.Response

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        return self.answer.url.path

    @cached_property
    def html(self) -> BeautifulSoup:
        return BeautifulSoup(self.answer.text, "html.parser")

    @property
    def text(self) -> str:
        """What stands in the page's content, in one line."""
        main = self.html.find("main")
        assert main is not None, self.answer.text
        return " ".join(main.get_text(" ").split())

    @property
    def alert(self) -> str:
        """What was refused, and why; empty when nothing was."""
        found = self.html.select_one('[role="alert"]')
        return " ".join(found.get_text(" ").split()) if found else ""

    def form(self, action: str) -> Tag:
        """Return the form that is sent to `action`."""
        found = self.html.select_one(f'form[action="{action}"]')
        assert found is not None, f"no form to {action} on {self.path}: {self.text[:2000]}"
        return found

    def offers(self, action: str) -> bool:
        """Tell whether there is a form to `action`."""
        return self.html.select_one(f'form[action="{action}"]') is not None


def filled(form: Tag) -> dict[str, list[str]]:
    """Return what a browser would send of a form that nobody has touched."""
    values: dict[str, list[str]] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field.get("type") in ("file", "submit") or field.has_attr("disabled"):
            continue
        if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        values.setdefault(str(field["name"]), []).append(_value(field))
    return values


def _value(field: Tag) -> str:
    if field.name == "textarea":
        return field.get_text().removeprefix("\n")
    if field.name == "select":
        options = field.select("option")
        chosen = next((option for option in options if option.has_attr("selected")), options[0])
        return str(chosen.get("value", chosen.get_text()))
    return str(field.get("value", "on" if field.get("type") in ("checkbox", "radio") else ""))


@dataclass(frozen=True)
class Reader:
    """Somebody at the pages of `app`, with cookies of their own."""

    app: FastAPI
    http: httpx.AsyncClient

    async def look(self, path: str, **params: Any) -> Shown:
        """Open a page, wherever it leads."""
        return Shown(await self.http.get(path, params=params or None))

    async def live(self, address: str) -> BeautifulSoup:
        """Return what the stream at `address` tells first to whose page does not say how far it has come."""
        asked = self.http.build_request("GET", address)
        asked.url = asked.url.copy_remove_param("after")
        return BeautifulSoup(await _told_first(self.app, asked), "html.parser")

    async def send(
        self,
        shown: Shown,
        action: str,
        files: Any = None,
        headers: Any = None,
        **typed: Any,
    ) -> Shown:
        """Fill in the form to `action` of a page and send it. A value of None leaves its field out."""
        values: dict[str, Any] = {**filled(shown.form(action)), **typed}
        data = {name: value for name, value in values.items() if value is not None}
        told = {"Origin": SITE, **(headers or {})}
        return Shown(await self.http.post(action, data=data, files=files, headers=told))

    async def act(self, path: str, action: str, **typed: Any) -> Shown:
        """Open a page and send the form to `action` that it shows."""
        return await self.send(await self.look(path), action, **typed)

    async def sign_in(self, token: str) -> None:
        """Sign in by a token; where that leads is not looked at."""
        values = {**filled((await self.look("/sign-in")).form("/sign-in/token")), "token": token}
        answer = await self.http.post(
            "/sign-in/token", data=values, headers={"Origin": SITE}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text


async def _told_first(app: FastAPI, asked: httpx.Request) -> str:
    """Return the data of the first event of a stream, and leave it."""
    events, told = bytearray(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await told.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        events.extend(message.get("body", b""))
        if message.get("status", 200) != httpx.codes.OK or b"data: " in events:
            told.set()

    url = asked.url
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in asked.headers.raw],
        "client": ("127.0.0.1", 50000),
        "server": (url.host, url.port),
    }
    async with asyncio.timeout(20):
        await app(scope, receive, send)
    lines = events.decode().splitlines()
    return "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))


@asynccontextmanager
async def reading(
    app: FastAPI, token: str | None = None, language: str = "en", address: str = "127.0.0.1"
) -> AsyncIterator[Reader]:
    """Be somebody at the pages of a running application, signed in when a token is given."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000))
    headers = {"Accept-Language": language}
    async with httpx.AsyncClient(
        transport=transport, base_url=SITE, headers=headers, follow_redirects=True, timeout=30
    ) as http:
        reader = Reader(app, http)
        if token is not None:
            await reader.sign_in(token)
        yield reader
