"""Users: who may act, and their tokens, which are shown once."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, get_args

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.connected import Connected, acting, connected
from cli.given import Cursor, Limit
from cli.language import _
from cli.tables import Column, facts, listed, text
from golive.vocabulary import Role

app = typer.Typer(help=_("Users, their roles, functions and tokens."), no_args_is_help=True)

RoleName = StrEnum("RoleName", {name: name for name in get_args(Role)})  # type: ignore[misc]
Name = Annotated[str, typer.Argument(metavar="NAME", help=_("The user's unique name."))]


@app.command(
    "add",
    help=_("Add a user and print the link at which they choose a password, in development a token, too."),
)
@acting
def add(
    golive: Connected,
    name: Name,
    role: Annotated[list[RoleName], typer.Option(help=_("What they may do. Again for more."))],
    function: Annotated[list[str], typer.Option(help=_("What they do in a go-live: qa, ops, ..."))] = [],  # noqa: B006
    email: Annotated[str | None, typer.Option(help=_("Where mails reach them."))] = None,
    locale: Annotated[str | None, typer.Option(help=_("Their language: en or zh."))] = None,
) -> None:
    """Add a user."""
    body: dict[str, Any] = {"name": name, "roles": [r.value for r in role], "functions": function}
    body |= {field: value for field, value in (("email", email), ("locale", locale)) if value}
    golive.tell(golive.post("/users", body), _added)


@app.command("list", help=_("List users."))
@connected
def list_users(golive: Connected, limit: Limit = None, cursor: Cursor = None) -> None:
    """List users."""
    golive.tell(golive.get("/users", limit=limit, cursor=cursor), listed(USERS, _("No users.")))


@app.command("me", help=_("Show who I am to golive."))
@connected
def me(golive: Connected) -> None:
    """Show the user of the token."""
    golive.tell(golive.get("/users/me"), _one)


@app.command(
    "change", help=_("Change a user: what is given, such as roles and functions, replaces what was.")
)
@acting
def change(
    golive: Connected,
    name: Name,
    role: Annotated[list[RoleName], typer.Option(help=_("What they may do. Again for more."))] = [],  # noqa: B006
    function: Annotated[list[str], typer.Option(help=_("What they do in a go-live: qa, ops, ..."))] = [],  # noqa: B006
    email: Annotated[str | None, typer.Option(help=_("Where mails reach them."))] = None,
    locale: Annotated[str | None, typer.Option(help=_("Their language: en or zh."))] = None,
    manager: Annotated[str | None, typer.Option(metavar="USER", help=_("Who their manager is."))] = None,
    no_manager: Annotated[bool, typer.Option("--no-manager", help=_("They have no manager."))] = False,
) -> None:
    """Change a user; what is left out stays."""
    if manager is not None and no_manager:
        raise typer.BadParameter(_("name a manager, or say that there is none"), param_hint="--manager")
    given = {"roles": [r.value for r in role], "functions": function, "email": email, "locale": locale}
    body: dict[str, Any] = {field: value for field, value in given.items() if value}
    if manager is not None or no_manager:
        body["manager"] = manager
    golive.tell(golive.client.act("PATCH", f"/users/{name}", golive.key, json=body), _one)


@app.command("enrol", help=_("Print a link at which a user chooses a password, the first or another one."))
@acting
def enrol(golive: Connected, name: Name) -> None:
    """Make a one-time link."""
    golive.tell(golive.post(f"/users/{name}/enrolments", {}), _link)


@app.command("disable", help=_("Disable a user: their tokens stop working, what they did stays."))
@acting
def disable(golive: Connected, name: Name) -> None:
    """Disable a user."""
    golive.tell(golive.client.act("PATCH", f"/users/{name}", golive.key, json={"enabled": False}), _one)


@app.command("enable", help=_("Enable a disabled user again."))
@acting
def enable(golive: Connected, name: Name) -> None:
    """Enable a user."""
    golive.tell(golive.client.act("PATCH", f"/users/{name}", golive.key, json={"enabled": True}), _one)


def _added(user: Any) -> Iterator[RenderableType]:
    yield from _one(user)
    if user.get("token"):
        yield Text(_("This token is shown only now:"), style="bold")
        yield Text(str(user["token"]))
    yield from _link(user)


def _link(user: Any) -> Iterator[RenderableType]:
    yield Text(_("Hand on this link: it works once, for 72 hours, to choose a password:"), style="bold")
    yield str(user["enrolment_url"])


def _one(user: Any) -> Iterator[RenderableType]:
    yield facts(
        [
            (_("name"), user.get("name")),
            (_("roles"), user.get("roles")),
            (_("functions"), user.get("functions")),
            (_("manager"), user.get("manager")),
            (_("email"), user.get("email")),
            (_("enabled"), _("no") if user.get("enabled") is False else ""),
        ]
    )


USERS: list[Column] = [
    (_("NAME"), text("name")),
    (_("ROLES"), text("roles")),
    (_("FUNCTIONS"), text("functions")),
    (_("MANAGER"), text("manager")),
    (_("ENABLED"), lambda user: Text(_("no") if user.get("enabled") is False else _("yes"))),
]
