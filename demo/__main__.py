"""`make demo`: a whole go-live on the real stack, told in the terminal, in under three minutes.

Everything in it is real: golive as `make up` starts it, an artifact built from this checkout, the test report
of the project's own tests, a web server that serves two versions by the weights that golive holds. Only the
people are played, and the waits are shortened to seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from rich.text import Text

from cli import screen
from cli.failure import Failure
from cli.language import LANGUAGE, ROOT, _
from cli.supervisor.checks import check_platform
from demo.acts import Away, Json, Person, Refusal, connection
from demo.display import Display, display_for
from demo.load import Visitors
from demo.material import acceptance_tests, build
from demo.people import Evidence, Playing, administrator, human, invite
from demo.processes import Stack, golive, shop

SERVICE, STABLE, VERSION = "shop", "1.3.0", "1.4.0"
FIRST_WEIGHT = 10
"""Per cent; enough of the visitors for a verdict within the seconds of a demo's bake."""
FAILS_FROM = 0.15
REFRESH = 0.25
T = TypeVar("T")
MARKER = "made-by-make-demo"
INTERRUPTED = 130


@dataclass(frozen=True)
class Told:
    """What came of the demo."""

    run: Json
    events: int
    audit: Json
    reports: list[Path]


class Demo:
    """One go-live on a stack of its own; `within` are the seconds after which it gives up.

    With `faulty`, the new version begins to fail under a quarter of the users, and golive takes it back.
    """

    def __init__(self, stack: Stack, within: float, *, faulty: bool) -> None:
        self.stack = stack
        self.within = within
        self.faulty = faulty
        self.visitors = Visitors(stack.shop)
        self.display: Display = display_for(screen.out(), self.visitors)
        self._events = 0

    async def play(self) -> Told:
        """Play the go-live and return what came of it. Raises Failure, Refusal and Away."""
        with self.display.showing():
            async with AsyncExitStack() as until_the_end:
                beside = partial(_beside, until_the_end)
                _refreshing = beside(self._refresh())
                tests = beside(acceptance_tests(self.stack.home))
                self.display.say(_("starting golive and the shop"))
                await until_the_end.enter_async_context(shop(self.stack, SERVICE, STABLE))
                await until_the_end.enter_async_context(golive(self.stack))
                _visiting = beside(self.visitors.come())
                http = await until_the_end.enter_async_context(connection(self.stack.api, LANGUAGE))
                admin = administrator(http, (self.stack.home / "admin.token").read_text().strip())
                playing = await self._start(admin, lambda: asyncio.shield(tests))
                if self.faulty:
                    _failing = beside(self._fail())
                until_the_end.callback(self.display.say, _("ending golive and the shop"))
                run = await self._to_the_end(admin, playing)
                return await self._kept(admin, run)

    async def _refresh(self) -> None:
        while True:
            self.display.refresh()
            await asyncio.sleep(REFRESH)

    async def _fail(self) -> None:
        """Make the new version fail once it serves enough users for that to be noticed."""
        while self.visitors.shares().get(VERSION, 0) < FAILS_FROM:  # noqa: ASYNC110 - a share is measured, not told
            await asyncio.sleep(REFRESH)
        async with httpx.AsyncClient(base_url=self.stack.shop, trust_env=False) as http:
            answer = await http.post("/faults", json={"version": VERSION, "failing": 0.5})
            answer.raise_for_status()
        self.display.say(_("the new version has begun to fail: half of its answers are errors"))

    async def _start(self, admin: Person, report: Callable[[], Awaitable[bytes]]) -> Playing:
        """Make what is needed, invite the people, and let the release manager start the run."""
        self.display.say(_("building the artifact, inviting people; the acceptance tests run meanwhile"))
        artifact = await asyncio.to_thread(build, self.stack.home / "artifact", f"{SERVICE}-{VERSION}")
        cast = await invite(admin, each=3, tag="")
        start = {
            "template": "saas-standard",
            "title": _("Demo: {service} {version}").format(service=SERVICE, version=VERSION),
            "parameters": {"pace": "demo", "first_weight": FIRST_WEIGHT},
            "release": {
                "service": SERVICE,
                "version": VERSION,
                "artifacts": [{"name": artifact.path.name, "digest": artifact.digest}],
            },
            "people": cast.functions,
        }
        run = await cast.manager.act("/runs", start)
        self.display.say(f"{self.stack.api}/api/v1/runs/{run['id']}  ·  Temporal: {self.stack.temporal_ui}")
        about = f"{artifact.path.name} {artifact.digest} ({artifact.files} files)\n"
        evidence = Evidence(report=report, file=about.encode(), remark=_("Done and looked at twice."))
        return Playing(cast, run["id"], evidence, pause=human(random.Random(VERSION)), reviews=_learned)

    async def _to_the_end(self, admin: Person, playing: Playing) -> Json:
        """Play the run while it is shown. Raises Failure when it does not end in time."""
        looks: asyncio.Queue[Json] = asyncio.Queue()
        playing.seen = looks.put_nowait
        showing = asyncio.create_task(self._show(admin, looks))
        try:
            run = await playing.to_the_end(self.within)
            shown = asyncio.create_task(looks.join())
            await asyncio.wait({showing, shown}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as late:
            raise self._late(await admin.get(f"/runs/{playing.run_id}")) from late
        finally:
            await _ended(showing)
        return run

    async def _show(self, admin: Person, looks: asyncio.Queue[Json]) -> None:
        while True:
            run = await looks.get()
            new: list[Json] = []
            if run["seq"] > self._events:
                new = [one async for one in admin.items(f"/runs/{run['id']}/events", after=self._events)]
                self._events = new[-1]["seq"] if new else self._events
            self.display.look(run, new)
            looks.task_done()

    def _late(self, run: Json) -> Failure:
        sentence = _("The run has not ended after {seconds} s; it is {state}. {blocked}")
        blocked = run["blocked_by"] or ""
        return Failure(sentence.format(seconds=round(self.within), state=run["state"], blocked=blocked))

    async def _kept(self, admin: Person, run: Json) -> Told:
        """Read the audit as an auditor does, and keep the report in the demo's folder."""
        made = await admin.act("/users", {"name": "auditor", "roles": ["auditor"], "functions": []})
        auditor = Person(admin.http, "auditor", made["token"], admin.log, admin.patience)
        reports = []
        for form in ("html", "md"):
            report = await admin.read(f"/runs/{run['id']}/report", format=form, lang=LANGUAGE)
            path = self.stack.home / f"report.{form}"
            path.write_bytes(report.content)
            reports.append(path)
        return Told(run, self._events, await auditor.get("/audit/verify"), reports)


def _beside(until_the_end: AsyncExitStack, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Do something beside the play, and end it with the play."""
    task = asyncio.create_task(work)
    until_the_end.push_async_callback(_ended, task)
    return task


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _learned() -> tuple[str, str]:
    return (
        _("The shares of traffic were measured from outside at every step: nobody had to argue about them."),
        _("Show the measured shares on the team's wall screen during the next grey release."),
    )


def fresh_home(home: Path) -> Path:
    """Return the folder of the demo, emptied of the one before. Raises Failure when it is not a demo's."""
    home = home.absolute()
    if home.exists() and any(home.iterdir()) and not (home / MARKER).exists():
        raise Failure(_("{home} is not a folder of the demo; name another with --home.").format(home=home))
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700, parents=True)
    (home / "logs").mkdir()
    (home / MARKER).touch()
    return home


def main() -> int:
    """Play the demo; 0 when the run ended as it should, 1 when it did not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="make demo", description=_("Plays a whole go-live on the real stack.")
    )
    parser.add_argument("--home", type=Path, default=ROOT / ".golive-demo", help=_("data folder of the demo"))
    parser.add_argument("--timeout", type=float, default=300, help=_("seconds after which it gives up"))
    parser.add_argument(
        "--faulty", action="store_true", help=_("let the new version fail, to see it taken back")
    )
    args = parser.parse_args()
    try:
        check_platform()
        return asyncio.run(_main(args.home, args.timeout, faulty=args.faulty))
    except (KeyboardInterrupt, asyncio.CancelledError):
        screen.err().print(Text(_("ended; nothing is left running.")))
        return INTERRUPTED
    except (Failure, Refusal, Away) as why:
        screen.err().print(Text(str(why), style="bold red"))
        for more in getattr(why, "more", ()):
            screen.err().print(Text(f"  {more}"))
        return 1


async def _main(home: Path, within: float, *, faulty: bool) -> int:
    began = time.monotonic()
    _end_on_terminate()
    demo = Demo(Stack.in_home(fresh_home(home)), within, faulty=faulty)
    told = await demo.play()
    as_hoped = told.run["state"] == ("aborted" if faulty else "completed") and told.audit["ok"]
    _tell(told, time.monotonic() - began, as_hoped=as_hoped)
    return 0 if as_hoped else 1


def _end_on_terminate() -> None:
    """End on SIGTERM as on Ctrl-C, in order."""
    this = asyncio.current_task()
    if this is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)


def _tell(told: Told, seconds: float, *, as_hoped: bool) -> None:
    out = screen.out()
    sentence = _("The run is {state} after {seconds:.0f} s, with the new version at {weight} %.")
    ended = sentence.format(state=told.run["state"], seconds=seconds, weight=told.run["weight"])
    out.print(Text(ended, style="bold green" if as_hoped else "bold red"))
    audit = _("the audit verifies") if told.audit["ok"] else _("the audit does not verify")
    out.print(Text(_("{events} events in the journal; {audit}.").format(events=told.events, audit=audit)))
    out.print(Text(_("The review report:")))
    for path in told.reports:
        out.print(Text(f"  {path}"), soft_wrap=True)  # a path that is broken over two lines cannot be opened


if __name__ == "__main__":
    sys.exit(main())
