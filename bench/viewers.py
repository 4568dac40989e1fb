"""Pages that are looked at all day, kind by kind: what they cost the API process, against nobody looking."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap

from bench.figures import Finding
from bench.office import FUNCTIONS, IN_ONE, NAMES, SERVICES, TASKS, AtWork
from bench.place import Place
from bench.watched import VOICES, Browser, Site, Viewer, looked_at, serving
from db.session import Database
from settings import Settings

LEAST = 0.01
"""Per cent of a core: what the clock of the operating system can tell from nothing."""
PROMISED = 10.0
"""Per cent of a core that the viewers of one kind of page may cost at most."""
BEAT = 1.0
"""Seconds between two acts of the office, each in the next of the runs that are looked at."""
Paths = Callable[[Sequence[AtWork], int], str]
"""Returns the page that viewer number `n` looks at."""


@dataclass(frozen=True)
class Size:
    """How much there is: runs that go on, the newest of them that are looked at, pages of one kind that are open.

    `people` look at them. They are measured for so many `seconds` after those to `warm` up, in which is made what is
    made once for a process.
    """

    people: int
    runs: int
    open: int
    viewers: int
    warm: float
    seconds: float


WHOLE = Size(people=len(NAMES), runs=500, open=50, viewers=500, warm=5.0, seconds=30.0)
QUICK = Size(people=5, runs=10, open=5, viewers=20, warm=1.0, seconds=3.0)


def _list(_: Sequence[AtWork], n: int) -> str:
    """Six of ten look at all runs, the others by state, by one of the services, by words."""
    chosen = ("state=running", f"service=service-{n // 10 % SERVICES}", "q=currencies", "q=part+4")
    return f"/runs?{chosen[n % 10]}" if n % 10 < len(chosen) else "/runs"


def _one(runs: Sequence[AtWork], n: int) -> AtWork:
    return runs[n % len(runs)]


KINDS: dict[str, Paths] = {
    "run": lambda runs, n: f"/runs/{_one(runs, n).run_id}",
    "list of runs": _list,
    "my work": lambda *_: "/",
    "task": lambda runs, n: f"/tasks/{_one(runs, n).run_id}.{_one(runs, n).task}",
    "approval": lambda runs, n: f"/approvals/{_one(runs, n).run_id}.{_one(runs, n).approval}",
}


@dataclass(frozen=True)
class Scene:
    """The API process, the people at its pages, and the runs that are looked at."""

    site: Site
    people: Sequence[Browser]
    runs: Sequence[AtWork]
    size: Size

    async def cost(self, kind: str, found: Finding, alone: float) -> float:
        """Let one kind of page be looked at; note what that cost beside `alone`, and return it, both in per cent."""
        paths = [KINDS[kind](self.runs, n) for n in range(self.size.viewers)]
        async with looked_at(self.people, paths) as watching, _at_work(self.runs):
            await asyncio.sleep(self.size.warm)
            events, told, sent = self._so_far(watching)
            share = max(await self.site.cpu(self.size.seconds), LEAST)
            events, told, sent = (
                now - was for now, was in zip(self._so_far(watching), (events, told, sent), strict=True)
            )
        found.compare(kind, share, alone, "% of a core")
        found.notes.append(
            f"{kind}: {events} events; {told:,} times a page was sent what had changed, "
            f"{sent / max(1, told) / 1024:.0f} KiB each"
        )
        return share

    def _so_far(self, watching: Sequence[Viewer]) -> tuple[int, int, int]:
        """Return how much has happened, how often that was told, and in how many bytes."""
        return (
            sum(run.seq for run in self.runs),
            sum(viewer.messages for viewer in watching),
            sum(viewer.size for viewer in watching),
        )


async def measure(place: Place, *, quick: bool) -> Finding:
    """Let runs go on, first without viewers, then with those of one kind of page after the other."""
    del place  # an API process of its own: no worker puts the runs in question that have no workflow
    size = QUICK if quick else WHOLE
    found = Finding(
        f"{size.viewers} pages of a kind are looked at by {size.people} people, "
        f"and somebody acts every {BEAT:.0f} s in {size.runs} runs: CPU of the API process",
        "with viewers",
        "without",
    )
    with TemporaryDirectory(prefix="golive-viewers-") as folder:
        home = Path(folder)
        async with serving(home) as site, _people(site, size) as people, _office(home, size.runs) as runs:
            watched = runs[-size.open :]
            async with _at_work(watched):
                alone = max(await site.cpu(size.seconds), LEAST)
            scene = Scene(site, people, watched, size)
            shares = [await scene.cost(kind, found, alone) for kind in KINDS]
    found.notes += [*_assumed(size), promise(size, max(shares) - alone)]
    return found


def _assumed(size: Size) -> list[str]:
    """Return what is assumed of the office, in words."""
    text = f"""
        Assumed: each of {len(NAMES)} people acts every {len(NAMES) * BEAT:.0f} s, all day long, in one of the newest
        {size.open} runs: takes a task, says something, completes it, signs. A run has {TASKS} tasks, and
        {IN_ONE * len(FUNCTIONS)} people take part in it. These runs are those that are looked at: of each of them, of
        the task its people are at and of its approval {size.viewers // size.open} pages are open; of my work up to
        {-(-size.viewers // size.people)} for each of those who look. Six of ten lists show all runs, the others
        {SERVICES + 3} selections of them. People read in {len(VOICES)} languages and time zones."""
    return wrap(" ".join(text.split()), 100)


def promise(size: Size, most: float) -> str:
    """Return in words whether what is promised holds."""
    promised = f"Promised: less than {PROMISED:.0f} % of a core for {WHOLE.viewers} viewers."
    if size.viewers < WHOLE.viewers:
        return f"{promised} So few viewers say nothing of that."
    return f"{promised} It {'holds for each kind' if most < PROMISED else 'DOES NOT HOLD'}: {most:.1f} % at most."


@asynccontextmanager
async def _people(site: Site, size: Size) -> AsyncIterator[list[Browser]]:
    """Have people of the office signed in, of each function as many."""
    names = NAMES[:: len(NAMES) // size.people]
    tokens = await site.invite(names)
    async with AsyncExitStack() as signed_in:
        yield [
            await signed_in.enter_async_context(site.browser(n, tokens[name])) for n, name in enumerate(names)
        ]


@asynccontextmanager
async def _office(home: Path, count: int) -> AsyncIterator[list[AtWork]]:
    settings = Settings(home=home)
    database = Database(settings.url)
    runs = [AtWork(database, settings, n) for n in range(count)]
    for run in runs:
        await run.start()
    yield runs
    await database.close()


@asynccontextmanager
async def _at_work(runs: Sequence[AtWork]) -> AsyncIterator[None]:
    """Let the office act, in one run after the other, until the block ends."""
    over = asyncio.Event()

    async def work() -> None:
        next_at = asyncio.get_running_loop().time()
        for run in cycle(runs):
            await run.goes_on()  # to its end: what was done has to be recorded
            next_at += BEAT
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_at):
                    await over.wait()
                    return

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        over.set()
        await working
