"""Fetch a file that somebody gave as evidence."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from cli.connected import Connected, connected
from cli.failure import Failure
from cli.language import _
from cli.saving import save


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("attachment", help=_("Save a file that was given as evidence, to read it before you sign."))(
        fetch
    )


@connected
def fetch(
    golive: Connected,
    attachment: Annotated[str, typer.Argument(metavar="ATTACHMENT", help=_("Id of the attachment."))],
    output: Annotated[Path, typer.Option("--output", "-o", help=_("Write it to this file."))],
) -> None:
    """Save an attachment whose bytes are those of its digest."""
    answer = golive.get(f"/attachments/{attachment}")
    found = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    if answer.headers.get("ETag", "").removeprefix("W/").strip('"') != found:
        sentence = _("What arrived of {id} has another digest ({found}); nothing was written.")
        raise Failure(sentence.format(id=attachment, found=found))
    save(answer.content, output)
