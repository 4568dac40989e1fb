"""The audit: what was recorded, whether the chain of the journal holds, and an export that others can verify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import screen
from cli.connected import Connected, connected
from cli.given import Cursor, Limit
from cli.language import _
from cli.saving import save
from cli.screen import plain, when
from cli.tables import Column, actor, facts, listed, text

app = typer.Typer(help=_("The audit: list the journal, verify its chain."), no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    root.add_typer(app, name="audit")


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


@app.command("export", help=_("Write the journal to a file that can be verified without golive."))
@connected
def export(
    golive: Connected,
    output: Annotated[Path, typer.Option("--output", "-o", help=_("Write it to this file."))],
    run: Annotated[str | None, typer.Option(help=_("Only of this run."))] = None,
) -> None:
    """Save an export."""
    save(golive.get("/audit/export", stream=run).content, output)


@app.command("key", help=_("Print the public key by which exports of this golive are known."))
@connected
def key(golive: Connected) -> None:
    """Print the key."""
    golive.tell(golive.get("/audit/key"), lambda found: [str(found["public_key"])])


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
