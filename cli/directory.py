"""Whom rules mean: groups, owners of services, and who is away with whom as deputy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import completing
from cli.connected import Connected, acting, connected
from cli.given import Cursor, Limit, instant
from cli.language import _
from cli.screen import when
from cli.tables import Column, facts, listed, text

groups = typer.Typer(help=_("Groups of people whom rules name together."), no_args_is_help=True)
services = typer.Typer(help=_("Services and who owns them."), no_args_is_help=True)
absences = typer.Typer(
    help=_("Who is away, and who stands in: your own, and those of others."), no_args_is_help=True
)

Group = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help=_("The group's unique name, such as change-board."),
        autocompletion=completing.groups,
    ),
]
Title = Annotated[str | None, typer.Option(help=_("What people read instead of the name."))]
Members = Annotated[
    list[str], typer.Option("--member", metavar="USER", help=_("Who is in it, in order. Again for more."))
]
Service = Annotated[
    str, typer.Argument(metavar="SERVICE", help=_("A service, by the name that releases give it."))
]
AbsenceId = Annotated[str, typer.Argument(metavar="ABSENCE", help=_("Id of the absence."))]
Deputy = Annotated[str | None, typer.Option(metavar="USER", help=_("Who stands in."))]


@groups.command("add", help=_("Make a group."))
@acting
def add_group(golive: Connected, name: Group, title: Title = None, member: Members = []) -> None:  # noqa: B006
    """Make a group."""
    golive.tell(golive.post("/groups", {"name": name, "title": title, "members": member}), _group)


@groups.command("change", help=_("Change a group: the members that are given replace those there were."))
@acting
def change_group(golive: Connected, name: Group, title: Title = None, member: Members = []) -> None:  # noqa: B006
    """Change a group; what is left out stays."""
    given = {"title": title, "members": member}
    body = {field: value for field, value in given.items() if value}
    golive.tell(golive.client.act("PATCH", _at("groups", name), golive.key, json=body), _group)


@groups.command("list", help=_("List groups."))
@connected
def list_groups(
    golive: Connected,
    member: Annotated[
        str | None, typer.Option(metavar="USER", help=_("Only those with this member."))
    ] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List groups."""
    found = golive.get("/groups", member=member, limit=limit, cursor=cursor)
    golive.tell(found, listed(_GROUPS, _("No groups.")))


@groups.command("show", help=_("Show a group."))
@connected
def show_group(golive: Connected, name: Group) -> None:
    """Show a group."""
    golive.tell(golive.get(_at("groups", name)), _group)


@groups.command("remove", help=_("Remove a group; its members stay users."))
@acting
def remove_group(golive: Connected, name: Group) -> None:
    """Remove a group."""
    golive.tell(golive.client.act("DELETE", _at("groups", name), golive.key), _done)


@services.command("own", help=_("Say who owns a service, instead of whoever did."))
@acting
def own(
    golive: Connected,
    service: Service,
    owner: Annotated[
        list[str], typer.Option(metavar="USER", help=_("Who owns it, in order. Again for more."))
    ],
) -> None:
    """Say who owns a service."""
    told = golive.client.act("PUT", _at("services", service), golive.key, json={"owners": owner})
    golive.tell(told, _service)


@services.command("list", help=_("List the services that somebody owns."))
@connected
def list_services(
    golive: Connected,
    owner: Annotated[str | None, typer.Option(metavar="USER", help=_("Only those with this owner."))] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List services."""
    found = golive.get("/services", owner=owner, limit=limit, cursor=cursor)
    golive.tell(found, listed(_SERVICES, _("No services.")))


@services.command("disown", help=_("Say that nobody owns a service any more."))
@acting
def disown(golive: Connected, service: Service) -> None:
    """Take the owners of a service away."""
    golive.tell(golive.client.act("DELETE", _at("services", service), golive.key), _done)


@absences.command("add", help=_("Say that you are away, from now on unless --since is given."))
@acting
def add_absence(
    golive: Connected,
    until: Annotated[str, typer.Option(metavar="TIME", help=_("Until when, such as 2027-01-04T08:00."))],
    since: Annotated[str | None, typer.Option(metavar="TIME", help=_("From then on, not from now."))] = None,
    deputy: Deputy = None,
    user: Annotated[
        str | None, typer.Option(metavar="USER", help=_("Who is away, when it is somebody else."))
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", "-r", help=_("Why; not everybody can read it."))
    ] = None,
) -> None:
    """Write an absence."""
    times = {"since": instant(since, "--since"), "until": instant(until, "--until")}
    body = {"user": user, **times, "deputy": deputy, "reason": reason}
    golive.tell(golive.post("/absences", body), _absence)


@absences.command("list", help=_("List who is away now and who will be."))
@connected
def list_absences(
    golive: Connected,
    user: Annotated[
        str | None, typer.Option(metavar="USER", help=_("Only those of this user; me is you."))
    ] = None,
    over: Annotated[bool, typer.Option("--over", help=_("Also those that are over."))] = False,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List absences."""
    found = golive.get("/absences", user=user, over=over, limit=limit, cursor=cursor)
    golive.tell(found, listed(_ABSENCES, _("No absences.")))


@absences.command("change", help=_("Change until when somebody is away, or who stands in."))
@acting
def change_absence(
    golive: Connected,
    absence: AbsenceId,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=_("Until then."))] = None,
    deputy: Deputy = None,
    no_deputy: Annotated[bool, typer.Option("--no-deputy", help=_("Nobody stands in."))] = False,
) -> None:
    """Change an absence; what is left out stays."""
    if deputy is not None and no_deputy:
        raise typer.BadParameter(_("name a deputy, or say that there is none"), param_hint="--deputy")
    body: dict[str, Any] = {"until": instant(until, "--until")} if until else {}
    if deputy is not None or no_deputy:
        body["deputy"] = deputy
    golive.tell(golive.client.act("PATCH", _at("absences", absence), golive.key, json=body), _absence)


@absences.command("end", help=_("End an absence now; one that has not begun will not."))
@acting
def end_absence(golive: Connected, absence: AbsenceId) -> None:
    """End an absence."""
    golive.tell(golive.client.act("DELETE", _at("absences", absence), golive.key), _done)


def _at(collection: str, name: str) -> str:
    """Return the address of what goes by `name`, in which anything may stand."""
    return f"/{collection}/{quote(name, safe='')}"


def _done(_answer: Any) -> Iterator[RenderableType]:
    yield Text(_("Done."), style="green")


def _group(group: Any) -> Iterator[RenderableType]:
    shown = ((_("name"), "name"), (_("title"), "title"), (_("members"), "members"))
    yield facts([(name, group.get(field)) for name, field in shown])


def _service(service: Any) -> Iterator[RenderableType]:
    yield facts([(_("service"), service.get("service")), (_("owners"), service.get("owners"))])


def _absence(absence: Any) -> Iterator[RenderableType]:
    yield facts(
        [
            (_("id"), absence.get("id")),
            (_("user"), absence.get("user")),
            (_("since"), when(absence.get("since"))),
            (_("until"), when(absence.get("until"))),
            (_("deputy"), absence.get("deputy")),
            (_("reason"), absence.get("reason")),
        ]
    )


_GROUPS: list[Column] = [
    (_("NAME"), text("name")),
    (_("TITLE"), text("title")),
    (_("MEMBERS"), text("members")),
]
_SERVICES: list[Column] = [(_("SERVICE"), text("service")), (_("OWNERS"), text("owners"))]
_ABSENCES: list[Column] = [
    (_("ID"), text("id")),
    (_("USER"), text("user")),
    (_("SINCE"), lambda absence: Text(when(absence.get("since")))),
    (_("UNTIL"), lambda absence: Text(when(absence.get("until")))),
    (_("DEPUTY"), text("deputy")),
    (_("REASON"), text("reason")),
]
