"""Proving again who one is, where an approval asks for it: by a password, which is never an argument of a command.

What stands in a command line stands in the shell's history and in the list of processes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.connected import Connected
from cli.failure import Failure
from cli.given import unreadable
from cli.language import _

VARIABLE = "GOLIVE_SIGNING_PASSWORD"
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help=_(
            "Where the approval asks for it: a file with your password, also as GOLIVE_SIGNING_PASSWORD; else it is "
            "asked."
        ),
    ),
]


def proof_for(golive: Connected, approval: str, file: Path | None) -> dict[str, str]:
    """Return the field of a body by which who signs proves again who they are; none where it is not asked for."""
    if not golive.get(f"/approvals/{approval}").json().get("reauthenticate"):
        return {}
    return {"password": _read(file) if file is not None else os.environ.get(VARIABLE) or _typed()}


def _read(file: Path) -> str:
    try:
        written = file.read_text(encoding="utf-8")
    except OSError as why:
        raise unreadable(file, "--password-file", why) from why
    return written.removesuffix("\n").removesuffix("\r")


def _typed() -> str:
    if not sys.stdin.isatty():
        raise Failure(
            _(
                "Whoever signs here proves again who they are, and nobody is there to ask: add --password-file "
                "FILE, or set GOLIVE_SIGNING_PASSWORD."
            )
        )
    return str(typer.prompt(_("Your password, to prove that it is you"), hide_input=True, err=True))
