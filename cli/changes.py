"""What changed in what an approval is about, in words; and as JSON Patch for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.connected import Connected, connected
from cli.given import ApprovalId
from cli.language import _
from cli.screen import named, plain


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(
        "changes", help=_("Tell what changed in an approval's subject; --json gives it as JSON Patch, too.")
    )(changes)


@connected
def changes(
    golive: Connected,
    approval: ApprovalId,
    since: Annotated[
        str,
        typer.Option(
            "--since", metavar="sha256:HEX", help=_("The digest that you were shown then, or signed.")
        ),
    ],
) -> None:
    """Tell what changed."""
    golive.tell(golive.get(f"/approvals/{approval}/changes", since=since), _page)


def _page(found: Any) -> Iterator[RenderableType]:
    if not found["changes"]:
        yield Text(_("Nothing has changed."), style="dim")
    for change in found["changes"]:
        yield Text(f"{named(change['part'])}: ", style="dim").append(plain(change["what"]), style="default")
