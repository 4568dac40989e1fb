"""People who have chosen a password."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from sqlalchemy import Executable

from api.house import House
from tests.api.client import Client
from tests.pages.reader import Reader, Shown, reading

PASSWORD = "correct horse battery"


async def invited(admin: Client, name: str = "ann", *roles: str) -> str:
    """Add a user and return the path of their link."""
    made = await admin.post("/users", {"name": name, "roles": list(roles or ("assignee",))})
    assert made.status_code == 201, made.text
    return path_of(made)


def path_of(answer: httpx.Response) -> str:
    """Return the path of the link that an answer holds."""
    return str(urlsplit(answer.json()["enrolment_url"]).path)


async def chosen(reader: Reader, link: str, password: str = PASSWORD) -> Shown:
    """Choose a password at a link."""
    return await reader.act(link, link, password=password, again=password)


async def enrolled(admin: Client, name: str = "ann", *roles: str, password: str = PASSWORD) -> None:
    """Add a user who has this password."""
    link = await invited(admin, name, *roles)
    async with reading(admin.app) as reader:
        assert (await chosen(reader, link, password)).status == 200


async def sign_in(reader: Reader, name: str = "ann", password: str = PASSWORD) -> Shown:
    return await reader.act("/sign-in", "/sign-in", name=name, password=password)


def house_of(admin: Client) -> House:
    found: House = admin.app.state.house
    return found


async def in_sql(admin: Client, *statements: Executable) -> None:
    """Let time pass, or things happen, by the hand of who owns the database."""
    async with house_of(admin).database.transaction() as session:
        for statement in statements:
            await session.execute(statement)


async def refusals(admin: Client) -> list[tuple[str, str, str]]:
    """Return actor, object and code of each refusal in the audit log, the oldest first."""
    rows = (await admin.get("/audit", outcome="refused", limit=200))["items"]
    return [(row["actor"], row["object"], row["payload"]["code"]) for row in reversed(rows)]
