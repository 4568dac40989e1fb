"""Follow a run: the whole of it as it changes, or its journal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from cli import screen
from cli.connected import Connected, connected
from cli.failure import Failure
from cli.given import Limit, RunId
from cli.language import _
from cli.run_page import head, stages
from cli.screen import clock, plain
from cli.tables import EVENTS, WAITS, Row, actor, listed, section, table
from golive.vocabulary import ENDED

_LAST_EVENTS = 8
_ENDS = {"RunCompleted", "RunAborted"}
AGAIN = 1.0
"""Seconds before golive is asked again that was away or restarts."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("watch", help=_("Follow a run until it ends; exit code 1 if it was aborted."))(watch)
    app.command("events", help=_("Show the journal of a run."))(events)


@connected
def watch(golive: Connected, run: RunId) -> None:
    """Follow a run: a live page on a terminal, a line for each event elsewhere or with --json."""
    console = screen.out()
    seen = Seen(golive, run)
    live = console.is_terminal and not golive.as_json
    state = _watch_live(console, seen) if live else _watch_lines(console, seen)
    if state == "aborted":
        raise typer.Exit(1)


@connected
def events(
    golive: Connected,
    run: RunId,
    after: Annotated[int, typer.Option(min=0, help=_("Only those with a higher number."))] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help=_("Go on until the run ends."))] = False,
    limit: Limit = None,
) -> None:
    """Show the journal of a run."""
    if follow:
        _watch_lines(screen.out(), Seen(golive, run, after))
        return
    golive.tell(golive.get(f"/runs/{run}/events", after=after, limit=limit), listed(EVENTS, _("No events.")))


class Seen:
    """What was read of a run so far. Looking goes on while golive restarts; an unknown run fails at once.

    The run's stream tells when to look: it wakes, and what there is to see is read as a whole.
    """

    def __init__(self, golive: Connected, run_id: str, after: int = 0):
        self.golive, self.run_id, self.after = golive, run_id, after
        self.events: list[Row] = []
        self.run: Row = golive.get(f"/runs/{run_id}").json()
        self.away: str | None = None

    def looks(self) -> Iterator[list[Row]]:
        """Yield what is new: at once, whenever the journal has gone on, and the last time when the run has ended."""
        while True:
            for _news in self._wakes():
                yield (new := self.look())
                if not self.ended and any(event["type"] in _ENDS for event in new):
                    yield self.look()  # it ended after it was read; no news will come that would wake us
                if self.ended:
                    return
            time.sleep(AGAIN)

    def _wakes(self) -> Iterator[None]:
        """Yield now, and at each event that was not read yet, for as long as the stream can be heard."""
        yield
        with suppress(Failure):  # what is amiss is told by the look that follows
            for event in self.golive.client.stream(f"/runs/{self.run_id}/stream", after=self.after):
                if event.id.isdecimal() and int(event.id) > self.after:
                    yield

    def look(self) -> list[Row]:
        """Read what is new; the run first, so that an ended run's last events are never missed."""
        try:
            self.run = self.golive.get(f"/runs/{self.run_id}").json()
            new = list(self.golive.client.items(f"/runs/{self.run_id}/events", after=self.after))
        except Failure as failure:
            self.away = str(failure)
            return []
        self.away = None
        self.after = new[-1]["seq"] if new else self.after
        self.events = (self.events + new)[-_LAST_EVENTS:]
        return new

    @property
    def ended(self) -> bool:
        """Whether the run had ended when it was read last."""
        return self.run["state"] in ENDED and self.away is None

    def page(self) -> Iterator[RenderableType]:
        """Return the run as it was read last, for a terminal."""
        yield from head(self.run)
        yield from section(_("Stages"), stages(self.run))
        if waits := self.run.get("waits"):
            yield from section(_("Awaited"), table(WAITS, waits))
        if self.events:
            yield from section(_("Last events"), *(line(event) for event in self.events))
        if self.away:
            yield Text(self.away, style="yellow")


def _watch_live(console: Console, seen: Seen) -> str:
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        for _new in seen.looks():
            live.update(Group(*seen.page()), refresh=True)
    return str(seen.run["state"])


def _watch_lines(console: Console, seen: Seen) -> str:
    away = None
    for new in seen.looks():
        for event in new:
            if seen.golive.as_json:
                console.file.write(json.dumps(event, ensure_ascii=False) + "\n")
            else:
                console.print(line(event), soft_wrap=True)
        console.file.flush()
        if seen.away != away and seen.away:
            seen.golive.remark(seen.away)
        away = seen.away
    return str(seen.run["state"])


def line(event: Any) -> Text:
    """Return an event in a line."""
    shown = Text(f"{event.get('seq'):>5}  ", style="dim").append(f"{clock(event.get('at'))}  ")
    shown.append(plain(event.get("summary") or event.get("type")))
    return shown.append(f"  {actor(event)}", style="dim")
