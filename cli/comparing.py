"""What has changed between two versions of a template, or between the published one and a file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import completing
from cli.connected import Connected, connected
from cli.failure import Failure
from cli.language import _
from cli.screen import plain
from cli.templates import latest_version, read_source

Template = Annotated[
    str, typer.Argument(metavar="NAME", help=_("Its name."), autocompletion=completing.templates)
]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("diff", help=_("Show what changed between two versions, or in a file against the latest."))(
        compare
    )


@connected
def compare(
    golive: Connected,
    name: Template,
    old: Annotated[
        int | None, typer.Option("--from", min=1, help=_("The older version; default: the one before."))
    ] = None,
    new: Annotated[
        int | None, typer.Option("--to", min=1, help=_("The newer version; default: the latest."))
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help=_("Compare this file instead."))] = None,
) -> None:
    """Compare two texts of a template, line by line."""
    latest = new or latest_version(golive, "templates", name)
    before = old or (latest if file else latest - 1)
    if before < 1:
        raise Failure(_("“{name}” has one version only; compare it with a file by --file.").format(name=name))
    if file is not None:
        now, called = read_source(file)["source"], str(file)
    else:  # first, so that a version which is not there is refused by the number that was given
        now, called = (
            golive.get(f"/templates/{name}/versions/{latest}").json()["source"],
            _version(name, latest),
        )
    was = golive.get(f"/templates/{name}/versions/{before}")
    golive.tell(was, lambda shown: _changes(shown, _version(name, before), now, called))


def _version(name: str, number: int) -> str:
    return _("{template}, version {version}").format(template=name, version=number)


def _changes(shown: Any, was_called: str, now: str, called: str) -> Iterator[RenderableType]:
    lines = list(
        difflib.unified_diff(shown["source"].splitlines(), now.splitlines(), was_called, called, lineterm="")
    )
    yield from (plain(line) for line in lines)  # text as it is: a line that was broken would be another patch
    if not lines:
        yield Text(_("Nothing has changed."), style="dim")
