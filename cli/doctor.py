"""What is up and what is not: the API and what it stands on or tells, each with its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Annotated, Any

import httpx
import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli import environment, screen
from cli.client import Client, what_happened
from cli.connected import failures_told
from cli.failure import Failure
from cli.language import LANGUAGE, _
from cli.operating import findings
from cli.screen import plain
from golive.findings import Finding
from golive.words import say
from language import tell, whole

_ABOUT = {
    "clocks": _("clocks"),
    "disk": _("disk"),
    "frozen runs": _("frozen runs"),
    "replay": _("replay"),
    "schema": _("schema"),
    "search attributes": _("search attributes"),
    "secret keys": _("secret keys"),
    "stuck runs": _("stuck runs"),
    "unknown runs": _("unknown runs"),
    "workers": _("workers"),
}
REMEDIES = {
    "api": _("Start golive with `make up`, or set GOLIVE_URL to where it runs."),
    "database": _("Look at the disk and at GOLIVE_DATABASE_URL; the API's log says what it met."),
    "engine": _(
        "The Temporal server does not answer. `make up` restarts an embedded one; see logs/temporal.log."
    ),
    "home": _("The data folder is not there; `make up` makes it, or set GOLIVE_HOME to where it is."),
    "news": _(
        "Open pages are told nothing new until the API is started again; logs/api.log says what it met."
    ),
    "worker": _("No worker takes work, so acts wait. `make up` restarts one; see logs/worker.log."),
}

Part = tuple[str, bool, str]
"""Name, whether it is well, what was found."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("health", help=_("Say what is up; exit code 1 unless everything is."))(health)
    app.command("doctor", help=_("Say what is wrong and what to do about it."))(doctor)


Url = Annotated[str | None, typer.Option("--url", help=_("Address of the API, also as GOLIVE_URL."))]
AsJson = Annotated[bool, typer.Option("--json", help=_("Print the API's answer as it is."))]


def health(url: Url = None, as_json: AsJson = False) -> None:
    """Say what is up."""
    with failures_told():
        parts, answer = _look(environment.address(url))
    _tell(parts, answer, as_json=as_json)


def doctor(
    url: Url = None,
    replay: Annotated[
        bool,
        typer.Option("--replay/--no-replay", help=_("Replay every open run against the installed code.")),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print each finding as a line of JSON."))] = False,
) -> None:
    """Look at the API and the token and, where this machine has the data folder, at all that golive stands on."""
    with failures_told():
        home, address = environment.read_settings().home, environment.address(url)
        parts, answer = _look(address)
        parts.append(("home", home.is_dir(), str(home.absolute())))
        if answer is not None:
            parts.append(_me(address, environment.host(url)))
        found = [_as_finding(part) for part in parts]
        if home.is_dir():
            found += findings("worker.examining", *_words(answer, replay=replay))
    _tell_findings(found, as_json=as_json)


def _words(answer: httpx.Response | None, *, replay: bool) -> Iterator[str]:
    """Say how it is to be looked, and which database the golive that answers has."""
    if not replay:
        yield "--no-replay"
    if answer is not None and (served := answer.json().get("database_id")):
        yield f"--served={served}"


def _as_finding(part: Part) -> Finding:
    name, well, found = part
    remedy = say(REMEDIES[name]) if not well and name in REMEDIES else None
    return Finding(about=name, well=well, found=say("{found}", found=found), remedy=remedy)


def _tell_findings(found: list[Finding], *, as_json: bool) -> None:
    for each in found:
        if as_json:
            told = {"about": each.about, "well": each.well, "found": tell(each.found, LANGUAGE)}
            remedy = {"remedy": whole(each.remedy, LANGUAGE) if each.remedy else None}
            screen.out().file.write(json.dumps(told | remedy, ensure_ascii=False) + "\n")
    if not as_json:
        for part in _findings_shown(found):
            screen.out().print(part)
    if not all(each.well for each in found):
        raise typer.Exit(1)


def _findings_shown(found: list[Finding]) -> Iterator[RenderableType]:
    made = Table(box=None, show_header=False, pad_edge=False)
    for each in found:
        mark = Text("✓", style="green") if each.well else Text("✗", style="bold red")
        made.add_row(mark, Text(_ABOUT.get(each.about, each.about)), Text(plain(tell(each.found, LANGUAGE))))
        if each.remedy:
            made.add_row("", "", Text(whole(each.remedy, LANGUAGE), style="yellow"))
    yield made


def _look(address: str) -> tuple[list[Part], httpx.Response | None]:
    """Ask the API how it and what it stands on are."""
    try:
        answer = httpx.get(f"{address}/api/v1/health", timeout=15, headers={"Accept-Language": LANGUAGE})
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as why:
        return [("api", False, f"{address}: {what_happened(why)}")], None
    found = found if isinstance(found, dict) else {}
    return [
        ("api", True, address),
        *(_part(name, found.get(name)) for name in ("database", "engine", "worker", "news")),
    ], answer


def _part(name: str, found: Any) -> Part:
    told = found if isinstance(found, dict) else {}
    return name, told.get("state") == "up", plain(told.get("detail") or told.get("state"))


def _me(address: str, host: Mapping[str, str]) -> Part:
    """Ask the API who the token is."""
    try:
        token, kept = environment.token(None, None)
        with closing(Client(address, token, 0, screen.say, host)) as client:
            me = client.get("/users/me").json()
    except Failure as wrong:
        return "token", False, str(wrong)
    return "token", True, _("{name}, from {source}").format(name=me["name"], source=kept or "GOLIVE_TOKEN")


def _tell(parts: list[Part], answer: httpx.Response | None, *, as_json: bool) -> None:
    console = screen.out()
    if as_json and answer is not None:
        console.file.write(answer.text.rstrip("\n") + "\n")
    else:
        for part in _shown(parts):
            console.print(part)
    if not all(ok for _name, ok, _found in parts):
        raise typer.Exit(1)


def _shown(parts: list[Part]) -> Iterator[RenderableType]:
    made = Table(box=None, show_header=False, pad_edge=False)
    for name, ok, found in parts:
        mark = Text("✓", style="green") if ok else Text("✗", style="bold red")
        made.add_row(mark, Text(name), Text(found))
        if not ok and name in REMEDIES:
            made.add_row("", "", Text(REMEDIES[name], style="yellow"))
    yield made
