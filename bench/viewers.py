"""Pages of runs that are looked at all day: what they cost the API process, against nobody looking."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Finding
from bench.place import Place
from bench.watched import VOICES, AtWork, looked_at, serving
from db.session import Database
from settings import Settings

LEAST = 0.01
"""Per cent of a core: what the clock of the operating system can tell from nothing."""


async def measure(place: Place, *, quick: bool) -> Finding:
    """Let runs go on, first without viewers, then with them."""
    del place  # an API process of its own: no worker puts the runs in question that have no workflow
    viewers, runs, every, seconds = (20, 2, 1.0, 4.0) if quick else (500, 10, 5.0, 40.0)
    with TemporaryDirectory(prefix="golive-viewers-") as folder:
        home = Path(folder)
        async with serving(home) as site, _at_work(home, runs, every) as going:
            alone = await site.cpu(seconds)
            async with looked_at(site, going, viewers) as watching:
                events = sum(run.seq for run in going)
                await asyncio.sleep(every)  # what is made once for a process has been made then
                watched = await site.cpu(seconds)
                events = sum(run.seq for run in going) - events
    found = Finding(
        f"{viewers} pages of {runs} runs are looked at; each run has an event every {every:.0f} s",
        "with viewers",
        "without",
    )
    found.compare("CPU of the API process", max(watched, LEAST), max(alone, LEAST), "% of a core")
    told = sum(viewer.messages for viewer in watching)
    size = sum(viewer.size for viewer in watching) / max(1, told) / 1024
    found.notes.append(
        f"{events} events; {told:,} times a page was sent what had changed, {size:.0f} KiB each, "
        f"in {len(VOICES)} languages and time zones"
    )
    return found


@asynccontextmanager
async def _at_work(home: Path, count: int, every: float) -> AsyncIterator[list[AtWork]]:
    settings = Settings(home=home)
    database = Database(settings.url)
    runs = [AtWork(database, settings, tasks=30) for _ in range(count)]
    for run in runs:
        await run.start()
    working = [asyncio.create_task(_work(run, every)) for run in runs]
    try:
        yield runs
    finally:
        for each in working:
            each.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        await database.close()


async def _work(run: AtWork, every: float) -> None:
    """Let a run go on, an event after the other."""
    await asyncio.sleep(random.uniform(0, every))
    while True:
        await run.goes_on()
        await asyncio.sleep(every)
