"""`golive up`: Temporal, worker and API on this machine, in the foreground, until Ctrl-C."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import typer
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from cli import screen
from cli.connected import failures_told
from cli.environment import address_of, checked_settings
from cli.language import _
from cli.supervisor import checks, parts
from cli.supervisor.checks import LOCAL
from cli.supervisor.lock import home_lock
from cli.supervisor.stack import Stack
from settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("up", help=_("Start golive on this machine and keep it running until Ctrl-C."))(up)


def up() -> None:
    """Check, start, keep, and end everything."""
    with failures_told():
        checks.check_platform()
        settings = checked_settings()
        checks.check_address(settings)
        home = checks.prepare_home(settings.home)
        with home_lock(home):
            order = parts.order(settings, home)
            checks.check_ports(settings)
            checks.check_keys(settings, home)
            asyncio.run(Stack(home, order, _say, lambda: _tell_ready(settings, home)).run())
    _say(_("ended; the next `make up` finds everything as it was left."))


def _say(line: str) -> None:
    screen.err().print(Text.assemble(("golive ", "dim"), screen.plain(line)), soft_wrap=True)


def _tell_ready(settings: Settings, home: Path) -> None:
    """Print where everything is and how to sign in."""
    address, token = settings.public_url or address_of(settings), _shortest(home / "admin.token")
    rows = [
        (_("golive"), address),
        (_("API"), f"{address}/api/v1"),
        (_("API document"), f"{address}/openapi.json"),
        (_("Temporal UI"), _ui(settings)),
        (_("Sign in"), _("at {page} with the token in {file}").format(page=f"{address}/sign-in", file=token)),
        ("", _("`bin/golive user enrol admin` prints a link at which `admin` chooses a password instead")),
        (
            _("Ask the API"),
            f'curl -H "Authorization: Bearer $(cat {shlex.quote(token)})" {address}/api/v1/runs',
        ),
        ("", _("`bin/golive list` finds that token by itself; `bin/golive --help` shows what else there is")),
        (_("Logs"), _shortest(home / "logs")),
    ]
    console = screen.out()
    console.print(Text(_("golive is up."), style="bold green"))
    width = max(cell_len(name) for name, _value in rows)
    for name, value in rows:
        console.print(Text.assemble((set_cell_size(name, width + 2), "dim"), value), soft_wrap=True)
    console.print(Text(_("Ctrl-C ends it."), style="dim"))


def _ui(settings: Settings) -> str:
    if settings.temporal == "external":
        return _("that of your Temporal server")
    return f"http://{LOCAL}:{settings.temporal_ui_port}"


def _shortest(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
