"""A person at the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

PROBLEM = "application/problem+json"
RELEASE: dict[str, Any] = {
    "service": "checkout",
    "version": "1.4.0",
    "artifacts": [{"name": "checkout", "digest": f"sha256:{'a' * 64}"}],
}


@dataclass(frozen=True)
class Client:
    app: FastAPI
    http: httpx.AsyncClient
    token: str

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **more)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, *, key: str | None = None) -> httpx.Response:
        return await self.ask("POST", path, json=body, headers={"Idempotency-Key": key or uuid4().hex})

    async def done(self, method: str, path: str, body: Any) -> Any:
        answer = await self.ask(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def until(self, path: str, is_so: Callable[[Any], bool], within: float = 20) -> Any:
        """Return what is at `path` as soon as it is so: an effect of an act follows in a moment of its own."""
        async with asyncio.timeout(within):
            while not is_so(found := await self.get(path)):
                await asyncio.sleep(0.02)
        return found

    async def joined(self, name: str, *roles: str, functions: tuple[str, ...] = (), **more: Any) -> Client:
        """Return a new user, signed in."""
        body = {"name": name, "roles": list(roles), "functions": list(functions), **more}
        answer = await self.post("/users", body)
        assert answer.status_code == 201, answer.text
        return replace(self, token=answer.json()["token"])

    async def upload(self, name: str, content: bytes) -> str:
        answer = await self.ask("POST", "/attachments", files={"file": (name, content, "text/plain")})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of `answer`, which must be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    told: dict[str, Any] = answer.json()
    assert told["code"] == code, told
    assert told["status"] == status
    assert {"type", "title", "detail"} <= told.keys()
    assert len(told["detail"]) > 10
    return told
