"""People and a killer at work: several runs at once on one golive, killed again and again, then the check."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from typing_extensions import override

from db.session import Database
from demo.acts import Refusal, connection
from demo.people import CONFLICT, Cast, Playing
from tests.chaos.check import check_run, check_whole
from tests.chaos.client import Memory, Patient
from tests.chaos.found import find, lines_of, streams
from tests.chaos.killer import Kills, kill_all
from tests.chaos.live import Live, Victim, live

PATIENCE = 120.0
"""Seconds that people go on trying."""
TO_THE_END = 240.0
"""Seconds that the runs get to end after the last kill."""
TO_AGREE = 60.0
"""Seconds that journal, read model and workflow get to agree once everything works again."""
TEMPLATES = ("saas-standard", "dual-sign-off")
JOBS = 3
"""Runs at the same time."""
FUNCTIONS = ("product", "dev", "qa", "ops", "business", "security", "release", "support")
"""Those that `TEMPLATES` name."""
EACH = 3
"""People in every function: two work, one signs."""
LOOK_EVERY = 0.5

Say = Callable[[str], None]


@dataclass
class Figures:
    """What was done, and what was found wrong."""

    kills: Kills = field(default_factory=Kills)
    runs: int = 0
    acts: int = 0
    acknowledged: int = 0
    again: int = 0
    rows: int = 0
    executions: int = 0
    slowest: float = 0.0
    violations: list[str] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        """Count those of `other` as well."""
        self.kills.add(other.kills)
        for name in ("runs", "acts", "acknowledged", "again", "rows", "executions"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest = max(self.slowest, other.slowest)
        self.violations += other.violations

    @override
    def __str__(self) -> str:
        return (
            f"{self.kills.total} kills: {self.kills}\n"
            f"{self.runs} runs, {self.acts} acts, {self.acknowledged} acknowledged, sent again {self.again} times, "
            f"the slowest acknowledged after {self.slowest:.1f} s\n"
            f"{self.rows} rows in the journal, {self.executions} executions replayed, "
            f"{len(self.violations)} violations"
        )


class People:
    """Everybody who takes part, over the API of one golive, and their memory."""

    def __init__(self, running: Live, chance: random.Random) -> None:
        self.memory = Memory()
        self.chance = chance
        self.http = connection(running.url)
        token = (running.home / "admin.token").read_text().strip()
        self.admin = Patient(self.http, "admin", token, self.memory, chance, PATIENCE)

    async def invite(self, functions: Sequence[str] = FUNCTIONS, each: int = EACH) -> Cast:
        """Add a release manager, and `each` people for every one of `functions`."""
        tag = secrets.token_hex(3)
        crew = {function: [f"{function}{n}-{tag}" for n in range(1, each + 1)] for function in functions}
        joining = [
            self._join(name, ["assignee", "approver"], [f]) for f, names in crew.items() for name in names
        ]
        manager, *people = await asyncio.gather(self._join(f"rm-{tag}", ["release_manager"], []), *joining)
        return Cast(manager, {person.name: person for person in people}, crew)

    async def _join(self, name: str, roles: list[str], functions: list[str]) -> Patient:
        made = await self.admin.act("/users", {"name": name, "roles": roles, "functions": functions})
        return self.admin.other(name, made["token"])

    async def start(self, cast: Cast, template: str, pace: str = "demo") -> str:
        """Start a run and return its id."""
        service = f"shop-{secrets.token_hex(3)}"
        digest = f"sha256:{secrets.token_hex(32)}"
        run = await cast.manager.act(
            "/runs",
            {
                "template": template,
                "title": f"{service} 1.0",
                "parameters": {"pace": pace},
                "release": {
                    "service": service,
                    "version": "1.0",
                    "artifacts": [{"name": service, "digest": digest}],
                },
                "people": cast.functions,
            },
        )
        return str(run["id"])

    async def play(self, cast: Cast, template: str) -> None:
        """Play a run to its end while somebody talks about it."""
        run_id = await self.start(cast, template)
        talking = asyncio.create_task(self._talk(cast, run_id))
        try:
            await Playing(cast, run_id, reviews=_learned, look_every=LOOK_EVERY).to_the_end(within=3600)
        finally:
            talking.cancel()
            (failed,) = await asyncio.gather(talking, return_exceptions=True)
        if failed is not None and not isinstance(failed, asyncio.CancelledError):
            raise failed

    async def _talk(self, cast: Cast, run_id: str) -> None:
        """Comment the run until it has ended: a comment is never refused for having been made before."""
        people = list(cast.people.values())
        for number in count(1):
            await asyncio.sleep(self.chance.uniform(0, 1))
            try:
                await self.chance.choice(people).act(f"/runs/{run_id}/comments", {"text": f"remark {number}"})
            except Refusal as ended:
                if ended.status != CONFLICT:
                    raise
                return


def _learned() -> tuple[str, str]:
    return "Nothing was lost.", "Kill more."


async def one_round(
    env: dict[str, str],
    order: Sequence[Victim],
    chance: random.Random,
    *,
    templates: Sequence[str] = TEMPLATES,
    jobs: int = JOBS,
    say: Say = lambda _: None,
) -> Figures:
    """Start golive, play runs on it while its processes are killed in `order`, and check everything."""
    async with live(env) as running:
        people = People(running, chance)
        async with people.http:
            kills, stuck = await _under_fire(running, people, order, templates, jobs, say)
            figures = await _judged(running, people, say)
    figures.kills = kills
    figures.violations[:0] = stuck
    return figures


async def _under_fire(
    running: Live, people: People, order: Sequence[Victim], templates: Sequence[str], jobs: int, say: Say
) -> tuple[Kills, list[str]]:
    """Play as long as there is somebody to kill; return what did not come to its end as well."""
    over = asyncio.Event()
    playing = {asyncio.create_task(_keep_playing(people, templates, number, over)) for number in range(jobs)}
    try:
        kills = await _or_stop(
            playing, kill_all(running, people.chance, order, people.memory.acknowledged, say)
        )
        over.set()
        say("no more kills; the runs end")
        done, late = await asyncio.wait(playing, timeout=TO_THE_END)
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
    stuck = [f"people could not go on: {task.exception()!r}" for task in done if task.exception()]
    return kills, stuck + [f"a run did not end within {TO_THE_END:.0f} s of the last kill" for _ in late]


async def _or_stop(playing: set[asyncio.Task[None]], killing: Awaitable[Kills]) -> Kills:
    """Kill on, unless one who plays fails: then there is nothing to kill for."""
    task = asyncio.ensure_future(killing)
    failing = [asyncio.create_task(_failed(one)) for one in playing]
    await asyncio.wait({task, *failing}, return_when=asyncio.FIRST_COMPLETED)
    for one in failing:
        one.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return Kills()
    return task.result()


async def _failed(task: asyncio.Task[None]) -> None:
    """Return when `task` has failed, never when it ends well."""
    await asyncio.wait({task})
    if task.cancelled() or task.exception() is None:
        await asyncio.Event().wait()


async def _keep_playing(people: People, templates: Sequence[str], number: int, over: asyncio.Event) -> None:
    cast = await people.invite()
    for n in count(number):
        await people.play(cast, templates[n % len(templates)])
        if over.is_set():
            return


async def _judged(running: Live, people: People, say: Say) -> Figures:
    """Look at every run and at the whole."""
    figures = count_up(people.memory)
    database = Database(running.settings.url)
    try:
        client = await running.client()
        started = [
            str(act.run_id) for act in people.memory.sent if act.path == "/runs" and act.acknowledgement
        ]
        looked_at = [await find(client, database, running.settings, run_id, TO_AGREE) for run_id in started]
        for found in looked_at:
            figures.violations += check_run(people.memory.of_run(found.run_id), found)
        admin, names = await lines_of(database, "golive"), await streams(database)
    finally:
        await database.close()
    figures.violations += check_whole(people.memory.sent, admin, names, [found.run_id for found in looked_at])
    figures.runs = len(looked_at)
    figures.rows = sum(len(found.journal) for found in looked_at)
    figures.executions = sum(found.workflow.executions for found in looked_at if found.workflow)
    say(f"checked: {len(figures.violations)} violations")
    return figures


def count_up(memory: Memory) -> Figures:
    """Return the figures of what people did."""
    acts = memory.sent
    told = [(act, act.acknowledgement) for act in acts]
    return Figures(
        acts=len(acts),
        acknowledged=sum(answer is not None for _, answer in told),
        again=sum(act.tries - 1 for act in acts),
        slowest=max((answer.at - act.since for act, answer in told if answer), default=0.0),
    )
