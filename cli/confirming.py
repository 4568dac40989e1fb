"""A decision on exactly what is shown: it is shown, and whoever decides says yes to its digest."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import typer
from rich.console import RenderableType

from cli import screen
from cli.failure import Failure
from cli.language import _


def confirmed(page: Iterable[RenderableType], digest: str, decision: str, *, yes: bool) -> str:
    """Show what would be decided on, ask unless `yes` was said before, and return its digest."""
    console = screen.err()
    for part in page:
        console.print(part)
    if yes:
        return digest
    if not sys.stdin.isatty():
        raise Failure(_("Nobody is there to confirm: add --digest {digest}, or --yes.").format(digest=digest))
    asked = _("Record “{decision}” on {digest}?").format(decision=decision, digest=digest)
    if not typer.confirm(asked, err=True):
        raise Failure(_("Nothing was decided."))
    return digest
