"""Start a run, find it, look at it, and give it a new build."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import completing, given
from cli.connected import Connected, acting, connected
from cli.given import Cursor, Limit, Reason, RunId
from cli.language import _
from cli.run_page import head, lessons, run_page, stages
from cli.tables import RUNS, listed, receipt, section

Template = Annotated[
    str,
    typer.Argument(
        metavar="TEMPLATE",
        help=_("Name of a template; see golive template list."),
        autocompletion=completing.templates,
    ),
]
Service = Annotated[str, typer.Option("--service", "-s", help=_("What goes live."))]
Version = Annotated[str, typer.Option("--version", "-v", help=_("Its version."))]
Environment = Annotated[str, typer.Option(help=_("Where it goes live."))]
Artifacts = Annotated[
    list[str],
    typer.Option(
        "--artifact",
        "-a",
        metavar="FILE|NAME=DIGEST",
        help=_("A built file, whose digest is signed; or NAME=sha256:HEX of one elsewhere. Again for more."),
    ),
]
Authors = Annotated[
    list[str], typer.Option("--author", metavar="USER", help=_("Made the artifact; cannot sign it."))
]
Params = Annotated[
    list[str],
    typer.Option(
        "--param", "-p", metavar="NAME=VALUE", help=_("A parameter of the template; NAME:=JSON as written.")
    ),
]
People = Annotated[
    list[str],
    typer.Option("--person", metavar="FUNCTION=USER", help=_("Who acts for a function. Again for more.")),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("start", help=_("Start a run: one go-live of a release."))(start)
    app.command("list", help=_("List runs."))(list_runs)
    app.command("show", help=_("Show a whole run and what it waits for."))(show)
    app.command("release", help=_("Give a run a new build; decisions on the old one become stale."))(release)


@acting
def start(
    golive: Connected,
    template: Template,
    service: Service,
    version: Version,
    artifact: Artifacts,
    environment: Environment = "production",
    title: Annotated[str | None, typer.Option(help=_("Title of the run."))] = None,
    author: Authors = [],  # noqa: B006 - Typer's way to say "none"
    scope: Annotated[str | None, typer.Option(help=_("What this release changes, in words."))] = None,
    ref: Annotated[
        list[str], typer.Option("--ref", metavar="SYSTEM=ID", help=_("The same release in another system."))
    ] = [],  # noqa: B006
    param: Params = [],  # noqa: B006
    person: People = [],  # noqa: B006
    start_at: Annotated[str | None, typer.Option(metavar="TIME", help=_("Start then, not now."))] = None,
    go_live_at: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("Planned go-live, from which tasks count back."))
    ] = None,
) -> None:
    """Start a run from a template."""
    described = {
        "service": service,
        "version": version,
        "environment": environment,
        "artifacts": given.artifacts(artifact),
        "authors": author,
        "scope": scope,
        "external_refs": [
            dict(zip(("system", "id"), given.pair(one, "--ref", "SYSTEM=ID"), strict=True)) for one in ref
        ],
    }
    body = {
        "template": template,
        "title": title or f"{service} {version}",
        "parameters": given.parameters(param),
        "release": _present(described),
        "people": given.people(person) or None,
        "start_at": given.instant(start_at, "--start-at"),
        "go_live_at": given.instant(go_live_at, "--go-live-at"),
    }
    golive.tell(golive.post("/runs", _present(body)), _started)


@connected
def list_runs(
    golive: Connected,
    state: Annotated[
        str | None, typer.Option(help=_("Only of this state: running, held, completed, ..."))
    ] = None,
    service: Annotated[str | None, typer.Option("--service", "-s", help=_("Only of this service."))] = None,
    q: Annotated[str | None, typer.Option("--find", "-q", help=_("Only with these words."))] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List runs, the newest first."""
    answer = golive.get("/runs", state=state, service=service, q=q, limit=limit, cursor=cursor)
    golive.tell(
        answer, listed(RUNS, _("No runs. Start one: golive start TEMPLATE --service ... --version ..."))
    )


@connected
def show(golive: Connected, run: RunId) -> None:
    """Show a whole run."""
    golive.tell(golive.get(f"/runs/{run}"), run_page)


@acting
def release(
    golive: Connected,
    run: RunId,
    version: Version,
    artifact: Artifacts,
    reason: Reason,
    author: Authors = [],  # noqa: B006
) -> None:
    """Replace the build of a run. Service and environment stay; so do the authors, unless given."""
    present = golive.get(f"/runs/{run}").json()["release"]
    changed = {"version": version, "artifacts": given.artifacts(artifact)} | (
        {"authors": author} if author else {}
    )
    golive.tell(
        golive.post(f"/runs/{run}/release", {"release": present | changed, "reason": reason}), receipt
    )


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def _started(run: Any) -> Iterator[RenderableType]:
    yield from head(run)
    yield from lessons(run)
    yield from section(_("Stages"), stages(run))
    yield Text("")
    yield Text(_("Watch it: golive watch {run}").format(run=run["id"]), style="dim")
