"""How the demo is told: a live page on a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli import screen
from cli.language import _
from cli.tables import section
from cli.watching import line
from demo.acts import Json
from demo.load import Visitors
from golive.vocabulary import FINISHED

_BAR = 40
_LAST_EVENTS = 8
_MARKS = {"locked": "·", "open": "▶", "passed": "✔", "failed": "✘", "skipped": "–"}


class Display(Protocol):
    """Tells what is going on. `look` gets the run and its new events each time that they were read."""

    def say(self, sentence: str) -> None:
        """Tell something about the demo itself."""

    def look(self, run: Json, events: list[Json]) -> None:
        """Take over how the run stands."""

    def refresh(self) -> None:
        """Show what has changed; called a few times a second."""

    def showing(self) -> AbstractContextManager[object]:
        """Return the context in which the display lives."""


def display_for(console: Console, visitors: Visitors) -> Display:
    """Return a live page on a terminal, plain lines elsewhere."""
    return LivePage(console, visitors) if console.is_terminal else Lines(console, visitors)


def shares_text(shares: dict[str, float]) -> str:
    """Write measured shares: `1.4.0 20 %, 1.3.0 80 %`."""
    return ", ".join(
        f"{version} {share:.0%}".replace("%", " %") for version, share in sorted(shares.items(), reverse=True)
    )


class Lines:
    """One line for each event, with the measured traffic under each of its changes."""

    def __init__(self, console: Console, visitors: Visitors) -> None:
        self.console = console
        self.visitors = visitors
        self._shown: dict[str, float] = {}
        self._before: dict[str, float] = {}

    def showing(self) -> AbstractContextManager[object]:
        """Lines need no context."""
        return nullcontext()

    def say(self, sentence: str) -> None:
        """Print a line about the demo itself."""
        self.console.print(Text(f"demo   {sentence}", style="dim"))

    def look(self, run: Json, events: list[Json]) -> None:
        """Print the new events."""
        del run
        for event in events:
            self.console.print(line(event))

    def refresh(self) -> None:
        """Print the measured shares when they have settled on other values."""
        shares, before = self.visitors.shares(), self._before
        self._before = shares
        if shares and not _differ(shares, before) and _differ(shares, self._shown):
            self._shown = shares
            self.console.print(Text(f"       {_('measured')}: {shares_text(shares)}", style="green"))


def _differ(one: dict[str, float], other: dict[str, float]) -> bool:
    return any(abs(one.get(v, 0) - other.get(v, 0)) > 0.03 for v in one.keys() | other.keys())  # noqa: PLR2004


class LivePage:
    """Stages, who is awaited, measured traffic, clocks and the last events, on one page."""

    def __init__(self, console: Console, visitors: Visitors) -> None:
        self.visitors = visitors
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")
        self._began = time.monotonic()
        self._said = ""
        self._run: Json | None = None
        self._events: list[Json] = []

    def showing(self) -> AbstractContextManager[object]:
        """Return the live display."""
        return self._live

    def say(self, sentence: str) -> None:
        """Show what the demo itself does."""
        self._said = sentence

    def look(self, run: Json, events: list[Json]) -> None:
        """Take over how the run stands; the next refresh shows it."""
        self._run = run
        self._events = (self._events + events)[-_LAST_EVENTS:]

    def refresh(self) -> None:
        """Draw the page anew: its clocks run also while nothing happens."""
        self._live.update(Group(*self._parts()), refresh=True)

    def _parts(self) -> Iterator[RenderableType]:
        elapsed = int(time.monotonic() - self._began)
        head = Text(_("golive demo"), style="bold").append(
            f"  {elapsed // 60}:{elapsed % 60:02}", style="dim"
        )
        yield head.append(f"  {self._said}", style="dim")
        if self._run is None:
            return
        run = self._run
        yield Text(f"{screen.plain(run['title'])}  ").append_text(screen.state(run["state"]))
        if run["blocked_by"]:
            yield Text(screen.plain(run["blocked_by"]), style="yellow")
        yield from section(_("Stages"), _stages(run))
        yield from section(_("Traffic, measured by asking the shop"), *_traffic(self.visitors, run))
        if run["waits"]:
            yield from section(_("Awaited"), _waits(run))
        yield from section(_("Last events"), *(line(event) for event in self._events))


def _stages(run: Json) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for stage in run["stages"]:
        work = [task for task in run["tasks"] if task["stage"] == stage["id"] and not task["back_out"]]
        done = sum(task["state"] in FINISHED for task in work)
        rollout = stage["rollout"]
        table.add_row(
            Text(_MARKS[stage["state"]], style=screen.STYLES.get(stage["state"], "")),
            Text(screen.plain(stage["title"]), style="bold" if stage["state"] == "open" else ""),
            screen.state(stage["state"]),
            Text(_("{done} of {all} tasks").format(done=done, all=len(work)) if work else "", style="dim"),
            Text(_gates(stage), style="dim"),
            Text(screen.plain(rollout["what"]) if rollout and stage["state"] == "open" else "", style="cyan"),
        )
    return table


def _gates(stage: Json) -> str:
    return ", ".join(f"{screen.plain(gate['title'])}: {gate['state']}" for gate in stage["gates"])


def _traffic(visitors: Visitors, run: Json) -> Iterator[RenderableType]:
    version = run["release"]["version"]
    shares = visitors.shares()
    share = shares.get(version, 0.0)
    measured = f"{share:.1%}" if shares else "–"
    full = round(share * _BAR)
    bar = Text("█" * full, style="green").append("░" * (_BAR - full), style="dim")
    yield bar.append(f" {version} {measured}").append(f"  ({_('set')}: {run['weight']} %)", style="dim")
    served = _("{visits} requests, {failed} failed; now {shares}")
    told = served.format(visits=visitors.visits, failed=visitors.failed, shares=shares_text(shares) or "–")
    yield Text(told, style="dim")


def _waits(run: Json) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    titles = {
        f"{kind[:-1]}:{one['stage']}.{one['key']}": one["title"]
        for kind in ("tasks", "approvals")
        for one in run[kind]
    }
    for wait in run["waits"]:
        what = titles.get(wait["object"]) or titles.get(f"{wait['what']}:{wait['object']}") or wait["object"]
        table.add_row(
            Text(wait["what"], style="cyan"),
            Text(screen.plain(what)),
            Text(screen.plain(wait["who"])),
            Text(_("since {at}").format(at=screen.clock(wait["since"])), style="dim"),
            Text(_clock(wait), style="dim"),
        )
    return table


def _clock(wait: Json) -> str:
    if not wait["next_at"]:
        return ""
    return f"{screen.plain(wait['next'])} {screen.until(wait['next_at'])}".strip()
