"""People who act in a run as people do: each sees what is theirs, takes a moment, and does it over the API.

They know no template. What to do follows from the run as it is shown: open tasks with the evidence that they
require, approvals that wait for somebody, a rollout that waits to be promoted.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx

from demo.acts import ActLog, Json, Person, Refusal
from golive.vocabulary import ENDED

FUNCTIONS = (
    "product", "dev", "qa", "ops", "business", "security", "release", "support", "dba", "data", "training",
)  # fmt: skip
"""Every function that the bundled templates may name."""

DOERS = 2
"""In each function the first two do and verify tasks; the others sign, so that nobody signs what they did."""

CONFLICT = 409

JUNIT = b"""<?xml version="1.0"?>
<testsuite name="acceptance" tests="2"><testcase name="buys"/><testcase name="pays"/></testsuite>
"""


@dataclass
class Cast:
    """Everybody who takes part. `functions` names, for each function, who acts in it."""

    manager: Person
    people: dict[str, Person]
    functions: dict[str, list[str]]

    def of(self, function: str, *, signing: bool) -> list[str]:
        """Return who does the tasks of a function, or who signs for it."""
        names = self.functions.get(function, [])
        return names[DOERS:] if signing else names[:DOERS]


async def invite(
    admin: Person, each: int = 4, functions: Iterable[str] = FUNCTIONS, tag: str | None = None
) -> Cast:
    """Create `each` people for every function, and a release manager; their names end with `tag`."""
    tag = tag if tag is not None else f"-{uuid.uuid4().hex[:6]}"

    async def join(name: str, roles: list[str], of: list[str]) -> Person:
        made = await admin.act("/users", {"name": name, "roles": roles, "functions": of})
        return Person(admin.http, name, made["token"], admin.log, admin.patience)

    crew = {function: [f"{function}{n}{tag}" for n in range(1, each + 1)] for function in functions}
    manager = await join(f"rm{tag}", ["release_manager"], [])
    people = {
        name: await join(name, ["assignee", "approver"], [function])
        for function, names in crew.items()
        for name in names
    }
    return Cast(manager=manager, people=people, functions=crew)


async def _prepared() -> bytes:
    return JUNIT


@dataclass
class Evidence:
    """What people can show: a test report, which is waited for, the text of their remarks, files, links."""

    report: Callable[[], Awaitable[bytes]] = _prepared
    file: bytes = b"seen and kept\n"
    link: str = "https://example.com/evidence"
    remark: str = "Done and looked at twice."

    async def for_all(self, person: Person, needs: Iterable[Json]) -> list[Json]:
        """Return evidence for each requirement, as often as it is required."""
        return [await self._one(person, need) for need in needs for _ in range(need["min"])]

    async def _one(self, person: Person, need: Json) -> Json:
        match need["type"]:
            case "remark":
                return {"type": "remark", "text": self.remark}
            case "file":
                kept = await person.upload("evidence.txt", self.file, "text/plain")
                return {"type": "file", "attachment_id": kept}
            case "link":
                return {"type": "link", "url": self.link}
            case "metric":
                return {
                    "type": "metric",
                    "name": need.get("name") or "checked",
                    "value": need.get("example", 1),
                }
            case "test_result":
                kept = await person.upload("junit.xml", await self.report(), "application/xml")
                return {"type": "test_result", "attachment_id": kept}
            case "signature":
                return {"type": "signature", "meaning": "responsible"}
            case other:
                raise ValueError(f"this kind of evidence is not known here: {other}")


@dataclass(frozen=True)
class Due:
    """Something that one person could do now. `name` tells it apart from whatever else there is to do."""

    name: str
    who: Person
    do: Callable[[], Awaitable[None]]


@dataclass
class Playing:
    """A cast that plays one run to its end.

    `pause` draws how many seconds a person takes before each act. `seen` hears each look at the run.
    `reviews` gives a lesson and an action, which who works first in a post-launch review adds to the run.
    """

    cast: Cast
    run_id: str
    evidence: Evidence = field(default_factory=Evidence)
    pause: Callable[[], float] = lambda: 0.0
    seen: Callable[[Json], None] = lambda _run: None
    look_every: float = 0.2
    reviews: Callable[[], tuple[str, str]] | None = None

    _doing: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _known: int = 0
    _reviewing: set[str] = field(default_factory=set)

    async def to_the_end(self, within: float = 600) -> Json:
        """Act until the run has ended and return it. Raises TimeoutError, Refusal and Away."""
        try:
            async with asyncio.timeout(within):
                while True:
                    run = await self.cast.manager.get(f"/runs/{self.run_id}")
                    self.seen(run)
                    if run["state"] in ENDED:
                        return dict(run)
                    self._begin(run)
                    await self._a_moment()
        finally:
            await self._stop()

    def _begin(self, run: Json) -> None:
        """Let everybody begin what they could do. A look older than the last receipt is out of date."""
        if run["seq"] < self._known or run["state"] == "held":
            return
        self._reviewing = {s["id"] for s in run["stages"] if s["process"] == "post_launch_review"}
        for due in self.possible(run):
            if due.name not in self._doing and not due.who.busy.locked():
                self._doing[due.name] = asyncio.create_task(self._do(due))

    async def _a_moment(self) -> None:
        if self._doing:
            await asyncio.wait(
                self._doing.values(), timeout=self.look_every, return_when=asyncio.FIRST_COMPLETED
            )
        else:
            await asyncio.sleep(self.look_every)
        for name, task in list(self._doing.items()):
            if task.done():
                del self._doing[name]
                task.result()

    async def _stop(self) -> None:
        for task in self._doing.values():
            task.cancel()
        await asyncio.gather(*self._doing.values(), return_exceptions=True)

    async def _do(self, due: Due) -> None:
        async with due.who.busy:
            await asyncio.sleep(self.pause())
            try:
                await due.do()
            except Refusal as refused:
                # Somebody else was faster, or the run moved on: people look again then, and so do these.
                if refused.status != CONFLICT:
                    raise

    # -- what there is to do ---------------------------------------------------------------------------------

    def possible(self, run: Json) -> Iterator[Due]:
        """Yield what somebody could do now, as the run shows it."""
        for task in run["tasks"]:
            yield from self._task(task)
        for approval in run["approvals"]:
            if approval["state"] == "pending":
                yield from self._approval(approval)
        for wait in run["waits"]:
            if wait["what"] == "promote":
                name = f"{wait['object']}/{wait['since']}"
                yield Due(name, self.cast.manager, self._promote)

    def _task(self, task: Json) -> Iterator[Due]:
        name = f"{task['id']}/{task['state']}"
        doers = [self.cast.people[one] for one in self.cast.of(task["function"], signing=False)]
        if task["state"] in ("open", "in_progress"):
            mine = [one for one in doers if one.name == task["assignee"]]
            who = (mine or doers)[0]
            yield Due(name, who, partial(self._complete, who, task))
        elif task["state"] == "to_verify":
            others = [one for one in doers if one.name != task["done_by"]]
            yield Due(name, others[0], partial(self._verify, others[0], task))

    def _approval(self, approval: Json) -> Iterator[Due]:
        for rule in approval["rules"]:
            names = [
                one for one in approval["waiting_for"] if one in self.cast.functions.get(rule["function"], [])
            ]
            signers = [one for one in names if one in self.cast.of(rule["function"], signing=True)] or names
            for signer in [] if rule["met"] else signers[: rule["min"]]:
                who = self.cast.people[signer]
                yield Due(f"{approval['id']}/{signer}", who, partial(self._decide, who, approval))

    # -- what they do ----------------------------------------------------------------------------------------

    async def _complete(self, who: Person, task: Json) -> None:
        path = f"/tasks/{task['id']}"
        if task["state"] == "open":
            self._note(await who.act(f"{path}/start", {}))
            await asyncio.sleep(self.pause())
        items = {
            item["id"]: {
                "result": "pass",
                "remark": self.evidence.remark,
                "evidence": await self.evidence.for_all(who, item["requires"]),
            }
            for item in task["items"]
        }
        if task["stage"] in self._reviewing:
            await self._review(who)
        given = await self.evidence.for_all(who, task["requires"])
        done = {"remark": self.evidence.remark, "evidence": given, "items": items}
        self._note(await who.act(f"{path}/complete", done))

    async def _verify(self, who: Person, task: Json) -> None:
        verdict = {"result": "pass", "remark": self.evidence.remark}
        self._note(await who.act(f"/tasks/{task['id']}/verify", verdict))

    async def _decide(self, who: Person, approval: Json) -> None:
        shown = await who.get(f"/approvals/{approval['id']}")
        decision = {
            "decision": "approved",
            "meaning": shown["meaning"],
            "comment": self.evidence.remark,
            "digest": shown["digest"],
        }
        self._note(await who.act(f"/approvals/{approval['id']}/decisions", decision))

    async def _promote(self) -> None:
        reason = {"reason": self.evidence.remark}
        self._note(await self.cast.manager.act(f"/runs/{self.run_id}/rollout/promote", reason))

    async def _review(self, who: Person) -> None:
        if self.reviews is None:
            return
        (lesson, action), self.reviews = self.reviews(), None
        in_two_weeks = (datetime.now(UTC) + timedelta(days=14)).isoformat()
        self._note(await who.act(f"/runs/{self.run_id}/lessons", {"text": lesson}))
        agreed = {"text": action, "owner": who.name, "due_at": in_two_weeks}
        self._note(await who.act(f"/runs/{self.run_id}/actions", agreed))

    def _note(self, receipt: Any) -> None:
        self._known = max(self._known, int(receipt.get("seq", 0)))


def human(chance: random.Random, least: float = 0.5, most: float = 1.8) -> Callable[[], float]:
    """Return how long a person takes before an act: drawn anew each time, in seconds."""
    return lambda: chance.uniform(least, most)


def administrator(
    http: httpx.AsyncClient, token: str, log: ActLog | None = None, patience: float = 60
) -> Person:
    """Return the user `admin`, whose token lies in the home folder."""
    return Person(http, "admin", token, log if log is not None else ActLog(), patience)
