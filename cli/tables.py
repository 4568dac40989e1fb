"""Answers of the API as tables and short pages for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.language import _
from cli.screen import named, plain, state, until, when

Row = dict[str, Any]
Column = tuple[str, Callable[[Row], Text]]


def table(columns: Sequence[Column], rows: Iterable[Row], title: str | None = None) -> Table:
    """Return `rows` under `columns`; ids never break, so that they can be copied."""
    made = Table(
        box=None, pad_edge=False, header_style="bold", title=title, title_justify="left", title_style="bold"
    )
    for name, cell in columns:
        del cell
        made.add_column(name, no_wrap=name in _UNBROKEN, overflow="fold")
    for row in rows:
        made.add_row(*(cell(row) for _name, cell in columns))
    return made


_ID, _STATE, _SEQ, _STREAM = _("ID"), _("STATE"), _("NO."), _("STREAM")
_UNBROKEN = {_ID, _STATE, _SEQ, _STREAM}


def text(name: str) -> Callable[[Row], Text]:
    """Return a cell that shows a field as text."""
    return lambda row: Text(plain(row.get(name)))


def states(row: Row) -> Text:
    """Return a row's state as a cell."""
    return state(row.get("state"))


def listed(columns: Sequence[Column], nothing: str) -> Callable[[Any], Iterator[RenderableType]]:
    """Return how a list `{items, next_cursor}` is shown; `nothing` is said of an empty one."""

    def show(page: Any) -> Iterator[RenderableType]:
        rows = page["items"] if isinstance(page, dict) else page
        if not rows:
            yield Text(nothing, style="dim")
            return
        yield table(columns, rows)
        if isinstance(page, dict) and (cursor := page.get("next_cursor")):
            yield Text(_("There are more: --cursor {cursor}").format(cursor=cursor), style="dim")

    return show


def due(row: Row) -> Text:
    """Return when something is due; red once it is overdue."""
    if not row.get("due_at"):
        return Text("")
    written = f"{when(row['due_at'])} ({until(row['due_at'])})"
    return Text(written, style="bold red" if row.get("overdue") else "")


RUNS: list[Column] = [
    (_ID, text("id")),
    (_("SERVICE"), lambda run: Text(plain(run.get("release", {}).get("service") or run.get("service")))),
    (_("VERSION"), lambda run: Text(plain(run.get("release", {}).get("version") or run.get("version")))),
    (_STATE, states),
    (_("TITLE"), text("title")),
    (_("STARTED"), lambda run: Text(when(run.get("started_at")))),
    (_("BLOCKED BY"), text("blocked_by")),
]
TASKS: list[Column] = [
    (_ID, text("id")),
    (_("TITLE"), text("title")),
    (_STATE, states),
    (_("FUNCTION"), text("function")),
    (_("ASSIGNEE"), text("assignee")),
    (_("DUE"), due),
]
APPROVALS: list[Column] = [
    (_ID, text("id")),
    (_("TITLE"), text("title")),
    (_STATE, states),
    (_("WAITING FOR"), text("waiting_for")),
    (_("DUE"), due),
]
EVENTS: list[Column] = [
    (_SEQ, text("seq")),
    (_("TIME"), lambda event: Text(when(event.get("at")))),
    (_("WHAT"), text("summary")),
    (_("BY"), lambda event: Text(actor(event))),
]
WAITS: list[Column] = [
    (_("AWAITED"), lambda wait: Text(named(wait.get("what")))),
    (_("WHICH"), text("object")),
    (_("FROM"), text("who")),
    (_("SINCE"), lambda wait: Text(when(wait.get("since")))),
    (_("NEXT"), text("next")),
    (_("AT"), lambda wait: Text(f"{when(wait.get('next_at'))} {until(wait.get('next_at'))}".strip())),
]


def actor(event: Row) -> str:
    """Return the name of who acted, however the event spells it."""
    who = event.get("actor")
    return plain(who.get("name") if isinstance(who, dict) else who)


def facts(pairs: Iterable[tuple[str, Any]]) -> Table:
    """Return names and values below each other; what is empty is left out."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, [], ()) and str(value):
            made.add_row(name, value if isinstance(value, Text) else plain(value))
    return made


def section(title: str, *parts: RenderableType) -> Iterator[RenderableType]:
    """Return a title with what stands under it."""
    yield Text("")
    yield Text(title, style="bold")
    for part in parts:
        yield Padding(part, (0, 0, 0, 2), expand=False)


def receipt(answer: Any) -> Iterator[RenderableType]:
    """Return the receipt of an act in a line: its number in the journal, its hash, the state of the run."""
    if not isinstance(answer, dict) or "seq" not in answer:
        yield Text(_("Done."), style="green")
        return
    sentence = _("Recorded as no. {seq} of the run's journal.").format(seq=answer["seq"])
    yield Text(sentence, style="green")
    told = answer.get("state") or answer.get("approval", {})
    yield facts(
        [
            (_("run"), answer.get("run_id")),
            (_("state"), state(told.get("state") if isinstance(told, dict) else told)),
            (_("hash"), answer.get("hash")),
        ]
    )
