"""Receipts and the audit: what was recorded, and whether the chain of the journal holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import screen
from cli.connected import Connected, connected
from cli.failure import Failure
from cli.given import Cursor, Limit, RunId
from cli.language import _
from cli.screen import plain, when
from cli.tables import Column, actor, facts, listed, text

app = typer.Typer(help=_("The audit: list the journal, verify its chain."), no_args_is_help=True)
receipts = typer.Typer(help=_("Receipts of acts."), no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(receipts, name="receipt")
    root.add_typer(app, name="audit")


@receipts.command("show", help=_("Show what a receipt stands for, and whether its hash is the journal's."))
@connected
def show(
    golive: Connected,
    run: RunId,
    seq: Annotated[int, typer.Argument(metavar="NO", min=1, help=_("Number in the run's journal."))],
    expected: Annotated[str | None, typer.Option("--hash", help=_("The hash on the receipt."))] = None,
) -> None:
    """Show the journal row that a receipt names."""
    answer = golive.get(f"/runs/{run}/events", after=seq - 1, limit=1)
    found = [event for event in answer.json()["items"] if event["seq"] == seq]
    if not found:
        raise Failure(_("The journal of run {run} has no number {seq}.").format(run=run, seq=seq))
    golive.tell(answer, lambda _page: _row(found[0]))
    if expected and found[0].get("hash") != expected:
        sentence = _("The receipt says hash {expected}, the journal says {found}: one of them was changed.")
        raise Failure(sentence.format(expected=expected, found=found[0].get("hash")))
    if expected:
        golive.remark(_("The hash is that of the journal."))


@app.command("list", help=_("List the journal of every run and of administration."))
@connected
def list_audit(golive: Connected, limit: Limit = None, cursor: Cursor = None) -> None:
    """List the audit log."""
    golive.tell(golive.get("/audit", limit=limit, cursor=cursor), listed(_AUDIT, _("No entries.")))


@app.command("verify", help=_("Verify the chain of the journal; exit code 1 if it is broken."))
@connected
def verify(golive: Connected) -> None:
    """Verify the chain."""
    with screen.err().status(_("Verifying every row of the journal ...")):
        answer = golive.get("/audit/verify")
    golive.tell(answer, _verified)
    if not answer.json().get("ok"):
        raise typer.Exit(1)


def _row(event: Any) -> Iterator[RenderableType]:
    yield Text(plain(event.get("summary") or event.get("type")), style="bold")
    yield facts(
        [
            (_("number"), event.get("seq")),
            (_("time"), when(event.get("at"))),
            (_("by"), actor(event)),
            (_("type"), event.get("type")),
            (_("hash"), event.get("hash")),
        ]
    )


def _verified(found: Any) -> Iterator[RenderableType]:
    if found.get("ok"):
        yield Text(_("The chain of the journal holds."), style="green")
    else:
        yield Text(_("The chain of the journal is broken."), style="bold red")
    yield facts(
        (name, value) for name, value in found.items() if name != "ok" and not isinstance(value, dict | list)
    )
    if bad := found.get("first_bad"):
        yield facts((name, bad.get(name)) for name in ("stream", "seq", "what"))


_AUDIT: list[Column] = [
    (_("STREAM"), text("stream")),
    (_("NO."), text("seq")),
    (_("TIME"), lambda row: Text(when(row.get("at")))),
    (_("BY"), lambda row: Text(actor(row))),
    (_("ACTION"), lambda row: Text(plain(row.get("action") or row.get("type")))),
    (_("OBJECT"), text("object")),
    (_("OUTCOME"), text("outcome")),
]
