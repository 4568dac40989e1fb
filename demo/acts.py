"""A person's side of the HTTP API, patient and with a memory of its own of everything that was sent.

The memory is what a test of durability judges golive by: an act that was acknowledged must be in the journal
once, one that was never acknowledged at most once.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

ANSWER_WITHIN = 30.0
BETWEEN_TRIES = 0.25

Json = dict[str, Any]


class Refusal(Exception):
    """golive answered an act with a problem: `status`, its stable `code` and the sentence."""

    def __init__(self, act: str, answer: httpx.Response) -> None:
        self.status = answer.status_code
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        self.code = str(problem.get("code", ""))
        self.sentence = str(problem.get("detail") or answer.text[:300])
        super().__init__(f"{act}: {self.status} {self.code} {self.sentence}")


class Away(Exception):
    """No answer came within the sender's patience; whether the act was applied is unknown."""


@dataclass
class Act:
    """One act: who sent what under which key, how often it was sent, and the answer once there was one."""

    key: str
    who: str
    path: str
    body: Json
    first_sent: float
    tries: int = 0
    status: int | None = None
    answer: Any = None
    seconds: float | None = None

    @property
    def acknowledged(self) -> bool:
        """Tell whether golive said that it did this."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's success


@dataclass
class ActLog:
    """Every act in the order of sending. With `file`, each sending and each answer is a line there."""

    file: Path | None = None
    acts: dict[str, Act] = field(default_factory=dict)

    def sent(self, key: str, who: str, path: str, body: Json) -> Act:
        """Remember that an act is being sent, before it is."""
        act = self.acts.setdefault(key, Act(key=key, who=who, path=path, body=body, first_sent=time.time()))
        act.tries += 1
        self._write(act)
        return act

    def answered(self, act: Act, answer: httpx.Response) -> None:
        """Remember the answer. An act that was answered twice keeps the first answer that was final."""
        if act.status is None:
            act.status = answer.status_code
            act.seconds = time.time() - act.first_sent
            act.answer = answer.json() if answer.content else None
            self._write(act)

    def of_run(self, run_id: str) -> list[Act]:
        """Return the acts on a run, its tasks and its approvals, in the order of sending."""
        return [act for act in self.acts.values() if f"/{run_id}" in act.path]

    def _write(self, act: Act) -> None:
        if self.file is not None:
            with self.file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(act), ensure_ascii=False) + "\n")


class Person:
    """Speaks with the API as the holder of one token.

    While golive is away (no connection, 503) it tries for `patience` seconds, sending an act again with the
    same Idempotency-Key, so that it happens once. `http` is what all people share, see `connection`.
    """

    def __init__(self, http: httpx.AsyncClient, name: str, token: str, log: ActLog, patience: float) -> None:
        self.http = http
        self.name = name
        self.token = token
        self.log = log
        self.patience = patience
        self.busy = asyncio.Lock()
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **asked: str | int) -> Any:
        """Read JSON. Raises Refusal and Away."""
        return (await self.read(path, **asked)).json()

    async def read(self, path: str, **asked: str | int) -> httpx.Response:
        """Read anything. Raises Refusal and Away."""
        answer = await self._patiently("GET", path, params=asked, headers=self._headers)
        if not answer.is_success:
            raise Refusal(f"GET {path}", answer)
        return answer

    async def items(self, path: str, **asked: str | int) -> AsyncIterator[Any]:
        """Read a list to its end."""
        cursor: Json = {}
        while True:
            page = await self.get(path, **asked, **cursor)
            for item in page["items"]:
                yield item
            if not page["next_cursor"]:
                return
            cursor = {"cursor": page["next_cursor"]}

    async def act(self, path: str, body: Json, key: str | None = None) -> Any:
        """Do something once and return the answer. Raises Refusal and Away."""
        key = key or uuid.uuid4().hex
        headers = self._headers | {"Idempotency-Key": key}
        answer = await self._patiently("POST", path, json=body, headers=headers, remembered=key)
        if not answer.is_success:
            raise Refusal(f"{self.name}: POST {path}", answer)
        return answer.json()

    async def upload(self, name: str, content: bytes, media: str) -> str:
        """Keep a file with golive and return the id of the attachment. Raises Refusal and Away."""
        headers = self._headers | {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self._patiently(
            "POST", "/attachments", files={"file": (name, content, media)}, headers=headers
        )
        if not answer.is_success:
            raise Refusal(f"{self.name}: POST /attachments", answer)
        return str(answer.json()["id"])

    async def _patiently(
        self, method: str, path: str, remembered: str | None = None, **sent: Any
    ) -> httpx.Response:
        until = time.monotonic() + self.patience
        while True:
            act = self.log.sent(remembered, self.name, path, sent["json"]) if remembered else None
            try:
                answer = await self.http.request(method, path, **sent)
            except httpx.TransportError as lost:
                trouble = f"{type(lost).__name__}: {lost}"
            else:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    if act is not None:
                        self.log.answered(act, answer)
                    return answer
                trouble = answer.text[:300]
            if time.monotonic() > until:
                raise Away(f"{self.name}: {method} {path}: {trouble}")
            await asyncio.sleep(BETWEEN_TRIES)


def connection(address: str, language: str = "en") -> httpx.AsyncClient:
    """Return what all people share to reach the API at `address`, reading `language`."""
    return httpx.AsyncClient(
        base_url=f"{address.rstrip('/')}/api/v1",
        timeout=ANSWER_WITHIN,
        trust_env=False,
        headers={"Accept-Language": language},
    )
