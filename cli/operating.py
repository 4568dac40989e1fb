"""What an operator does on golive's own machine: these commands speak to the database, not to the API."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from cli import environment, screen
from cli.connected import failures_told
from cli.failure import Failure
from cli.given import Reason
from cli.language import LANGUAGE, ROOT, _
from golive.findings import Finding
from language import whole

app = typer.Typer(
    help=_(
        "The database: its schema, a role for it, a backup. Speaks to it directly, with golive's settings."
    ),
    no_args_is_help=True,
)


@app.command("version", help=_("Say which schema the database has; exit code 1 unless it is this golive's."))
def version() -> None:
    """Tell the schema's version."""
    _told("version")


@app.command("upgrade", help=_("Bring the schema up to date, in one transaction; again changes nothing."))
def upgrade() -> None:
    """Upgrade the schema."""
    _told("upgrade")


@app.command(
    "grant", help=_("Let a role of PostgreSQL run golive: it may add to the journal, never change it.")
)
def grant(role: Annotated[str, typer.Argument(metavar="ROLE", help=_("A role that exists."))]) -> None:
    """Grant a role."""
    _told("grant", role)


@app.command("backup", help=_("Copy a golive on SQLite, running or not, to a new folder."))
def backup(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=_("It must not exist."))]) -> None:
    """Back up everything."""
    _told("backup", str(folder.absolute()))


@app.command(
    "recover",
    help=_("Write what a restored database lacks of its runs, from Temporal's history; they go on."),
)
def recover(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help=_("Default: every run."))
    ] = None,
) -> None:
    """Recover frozen runs."""
    _told(*(runs or ()), module="worker.recovery")


@app.command(
    "abandon",
    help=_("Declare runs ended that are frozen because Temporal does not know them; traffic stays as it is."),
)
def abandon(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help=_("Each by its id."))],
    reason: Reason,
    gone: Annotated[
        str | None,
        typer.Option(
            metavar="NAMESPACE",
            help=_("Id of the runs' Temporal namespace, where it was lost for good with its server."),
        ),
    ] = None,
) -> None:
    """Give up runs whose workflow is gone for good."""
    options = [f"--reason={reason}", *([f"--gone={gone}"] if gone else [])]
    _told(*options, "--", *runs, module="worker.abandoning")


def findings(module: str, *words: str) -> Iterator[Finding]:
    """Run a module of golive's with its settings and give what it finds. Raises Failure when it breaks off."""
    settings = environment.checked_settings()  # wrong ones are told in a sentence here
    command = [sys.executable, "-m", module, *words]
    home = {"GOLIVE_HOME": str(settings.home.absolute())}
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | home, stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        yield from [Finding.model_validate_json(line) for line in done.stdout.splitlines()]
    except ValidationError as broken:
        raise Failure(
            _("`python -m {module}` broke off; what it said stands above.").format(module=module)
        ) from broken
    if done.returncode not in (0, 1) or not done.stdout:
        raise Failure(_("`python -m {module}` broke off; what it said stands above.").format(module=module))


def _told(*words: str, module: str = "db") -> None:
    """Print what was done, and after that what was not."""
    with failures_told():
        undone = []
        for found in findings(module, *words):
            sentence = whole(found.found, LANGUAGE)
            if found.well:
                screen.out().print(sentence, soft_wrap=True)
            else:
                undone.append(sentence)
        if undone:
            raise Failure(undone[0], tuple(undone[1:]))
