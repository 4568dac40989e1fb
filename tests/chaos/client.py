"""Patient people: each sends an act again, under the same key, until there is an answer, and all is remembered."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from typing_extensions import override

from demo.acts import ActLog, Away, Json, Person, Refusal

ROUTES = "/api/v1"
DOUBLED = 0.15
"""Share of acts that are sent twice at once under one key."""
APART = 0.2
"""Seconds within which the second of such a pair follows the first."""
BETWEEN_TRIES = 0.4
TEXTS = ("remark", "comment", "reason", "text")


@dataclass(frozen=True)
class Answer:
    """One answer over HTTP, and when it came, on the client's own monotonic clock."""

    status: int
    body: Any
    at: float

    @property
    def acknowledges(self) -> bool:
        """Tell whether golive said that it did this."""
        return httpx.codes.is_success(self.status)

    @property
    def refuses(self) -> bool:
        """Tell whether golive said that it did not and will not do this."""
        return httpx.codes.is_client_error(self.status)


@dataclass
class Sent:
    """One act: who sent what under which key, since when, and every answer in the order in which they came.

    `read_back` is the hash of its journal row as the next read showed it, "" when that read did not have it.
    """

    key: str
    who: str
    path: str
    body: Json
    since: float
    tries: int = 0
    answers: list[Answer] = field(default_factory=list)
    read_back: str | None = None

    @property
    def command_id(self) -> str:
        """The id of the act, as the contract has it: SHA-256 of principal, route and Idempotency-Key."""
        parts = (self.who, f"POST {ROUTES}{self.path}", self.key)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def acknowledgement(self) -> Answer | None:
        """The first answer that acknowledges it."""
        return next((answer for answer in self.answers if answer.acknowledges), None)

    @property
    def refusal(self) -> Answer | None:
        """The first answer that refuses it."""
        return next((answer for answer in self.answers if answer.refuses), None)

    @property
    def run_id(self) -> str | None:
        """The run that it starts or acts on; None for an act of administration."""
        if self.path == "/runs":
            return self.command_id[:20]
        kind, _, rest = self.path[1:].partition("/")
        return rest.split("/")[0].split(".")[0] if kind in ("runs", "tasks", "approvals") else None


def name_of(act: Sent) -> str:
    """Return an act in a few words, for a sentence."""
    return f"{act.who}'s POST {act.path} [{act.key}]"


@dataclass
class Memory:
    """Everything that was sent, in order. It only grows."""

    sent: list[Sent] = field(default_factory=list)

    def acknowledged(self) -> int:
        """Return how many acts were acknowledged so far."""
        return sum(sent.acknowledgement is not None for sent in self.sent)

    def of_run(self, run_id: str) -> list[Sent]:
        """Return the acts that start the run or act on it."""
        return [sent for sent in self.sent if sent.run_id == run_id]


class Patient(Person):
    """A person who does not give up and sends some acts, a share of `doubled`, twice at once.

    Every text gets the act's key, so that an act can be recognised in the journal by what was said in it.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        name: str,
        token: str,
        memory: Memory,
        chance: random.Random,
        patience: float,
    ) -> None:
        super().__init__(http, name, token, ActLog(), patience)
        self.memory = memory
        self.doubled = DOUBLED
        self._chance = chance

    def other(self, name: str, token: str) -> Patient:
        """Return another person with the same habits and the same memory."""
        person = Patient(self.http, name, token, self.memory, self._chance, self.patience)
        person.doubled = self.doubled
        return person

    @override
    async def act(self, path: str, body: Json, key: str | None = None) -> Any:
        """Do something once and return the answer; see it in the journal. Raises Refusal and Away."""
        sent = self.sending(path, body, key)
        tries = [self.until_answered(sent)]
        if self._chance.random() < self.doubled:
            tries.append(self.until_answered(sent, after=self._chance.uniform(0, APART)))
        first, *_ = await asyncio.gather(*tries)
        if not first.is_success:
            raise Refusal(f"{self.name}: POST {path}", first)
        answer = first.json()
        if sent.run_id and "hash" in answer:
            await self._read_back(sent, answer["seq"])
        return answer

    def sending(self, path: str, body: Json, key: str | None = None) -> Sent:
        """Remember an act before it is sent."""
        key = key or uuid.uuid4().hex
        marked = {name: f"{value} [{key}]" if name in TEXTS else value for name, value in body.items()}
        sent = Sent(key=key, who=self.name, path=path, body=marked, since=time.monotonic())
        self.memory.sent.append(sent)
        return sent

    async def until_answered(self, sent: Sent, after: float = 0) -> httpx.Response:
        """Send an act again and again until it is acknowledged or refused. Raises Away."""
        await asyncio.sleep(after)
        until = time.monotonic() + self.patience
        headers = self._headers | {"Idempotency-Key": sent.key}
        while True:
            sent.tries += 1
            try:
                answer = await self.http.post(sent.path, json=sent.body, headers=headers)
            except httpx.TransportError as lost:
                trouble = f"{type(lost).__name__}: {lost}"
            else:
                told = Answer(answer.status_code, _read(answer), time.monotonic())
                sent.answers.append(told)
                if told.acknowledges or told.refuses:
                    return answer
                trouble = answer.text[:300]
            if time.monotonic() > until:
                raise Away(f"{self.name}: POST {sent.path}: {trouble}")
            await asyncio.sleep(BETWEEN_TRIES)

    async def _read_back(self, sent: Sent, seq: int) -> None:
        page = await self.get(f"/runs/{sent.run_id}/events", after=seq - 1, limit=1)
        sent.read_back = next((event["hash"] for event in page["items"] if event["seq"] == seq), "")


def _read(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text
