"""Web safety of every page and route that there is: each test takes them from the application."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from api.pages.routers import ROUTERS
from db.session import Database
from db.tables import journal, metadata, refusals, stream_heads
from tests.api.client import RELEASE, Client
from tests.api.team import PEOPLE, Team
from tests.api.test_amendments import asked as amended
from tests.api.test_waivers import asking, gated
from tests.pages.people import house_of, invited
from tests.pages.reader import SITE, Reader, reading

ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " https://evil.example",
    "@evil.example",
]


def page_routes(method: str) -> list[APIRoute]:
    return [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and method in (route.methods or ())
    ]


def api_paths(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        if "get" in methods:
            yield path


# What nobody changes by looking.


ONE_DAY = "2099-01-01T00:00:00Z"


@dataclass(frozen=True)
class Written:
    """A run that lies in the database, and what its addresses are made of."""

    team: Team
    names: dict[str, str]

    def filled(self, path: str) -> str:
        """Return an address with everything that there is in its places. A new parameter is told here."""
        return re.sub(r"\{(\w+)\}", lambda found: self.names[self._place(path, found[1])], path)

    def _place(self, path: str, name: str) -> str:
        return f"{path.removeprefix('/api/v1').split('/')[1]}/{name}" if name in ("name", "version") else name


@pytest.fixture
async def written(team: Team) -> Written:
    body = {"template": "small", "release": RELEASE, "people": PEOPLE}
    run = (await team.manager.post("/runs", body)).json()
    team.stack.runs.append(run["id"])
    task = f"{run['id']}.uat.look"
    attachment = await team.qa1.upload("notes.txt", b"what was seen")
    done = await team.qa1.post(f"/tasks/{task}/complete", {"remark": "looked"})
    assert done.status_code == 200, done.text
    action = await team.manager.post(f"/runs/{run['id']}/actions", {"text": "Write it down", "owner": "qa1"})
    whole = await team.manager.get(f"/runs/{run['id']}")
    link = await invited(team.admin, "newcomer")
    made = await team.qa1.post(f"/runs/{await gated(team)}/waivers", asking())
    assert made.status_code == 201, made.text
    assert (await team.admin.post("/groups", {"name": "board"})).status_code == 201
    away = await team.qa1.post("/absences", {"until": ONE_DAY})
    return Written(
        team,
        {
            "run_id": run["id"],
            "task_id": task,
            "approval_id": whole["approvals"][0]["id"] if whole["approvals"] else f"{run['id']}.uat.go",
            "action_id": action.json().get("id", "none"),
            "attachment_id": attachment,
            "waiver_id": made.json()["waiver"]["id"],
            "amendment_id": (await amended(team, run["id"], go_live_at=ONE_DAY))["id"],
            "absence_id": away.json()["id"],
            "groups/name": "board",
            "service": "checkout",
            "token_id": "none",
            "decision_id": "none",
            "templates/name": "small",
            "templates/version": "1",
            "checklists/name": "bank-transfer",
            "checklists/version": "1",
            "users/name": "qa1",
            "template": "small",
            "static/name": "golive.css",
            "static/version": "x",
            "secret": link.rpartition("/")[2],
        },
    )


@dataclass(frozen=True)
class Snapshot:
    """All rows of all tables; what is written of a refusal apart."""

    rows: dict[str, list[Any]]
    refused: int

    @classmethod
    async def of(cls, database: Database) -> Snapshot:
        async with database.reading() as session:
            found = {
                table.name: [tuple(row) for row in await session.execute(select(table))]
                for table in metadata.sorted_tables
                if table not in (refusals, journal, stream_heads)
            }
            kept = select(journal).where(journal.c.outcome != "refused")
            found["journal"] = [tuple(row) for row in await session.execute(kept)]
            count = select(journal.c.seq).where(journal.c.outcome == "refused")
            return cls(found, len((await session.scalars(count)).all()))


async def asked(client: Client, method: str, path: str, headers: dict[str, str]) -> int:
    """Ask as a client does that leaves once it has an answer, even one that would never end; return its status."""
    status: list[int] = []
    told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"golive"), *told],
        "client": ("127.0.0.1", 50000),
        "server": ("golive", 80),
    }

    bodies = iter([{"type": "http.request", "body": b""}])
    answered = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if (body := next(bodies, None)) is not None:
            return body
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])
            answered.set()

    await client.app(scope, receive, send)
    return status[0]


async def test_get_and_head_change_nothing_whoever_asks(written: Written) -> None:
    team = written.team
    client = team.admin
    document = (await client.http.get("/openapi.json")).json()
    paths = ["/openapi.json", *api_paths(document), *(route.path for route in page_routes("GET"))]
    assert len(paths) > 30
    people = await cookies_of(written)
    statuses: Counter[int] = Counter()
    before = await Snapshot.of(house_of(client).database)
    for where in map(written.filled, paths):
        answered = {
            (method, name): await asked(client, method, where, headers)
            for name, headers in people.items()
            for method in ("GET", "HEAD")
        }
        after = await Snapshot.of(house_of(client).database)
        assert after.rows == before.rows, (where, answered)
        refused = {401, 403} & set(answered.values())
        assert after.refused == before.refused or refused, (where, answered)
        assert max(answered.values()) < 500, (where, answered)
        statuses.update(answered.values())
        before = after
    assert statuses[200] > 80
    assert (await asked(client, "GET", written.filled("/enrol/{secret}"), {})) == 200


async def cookies_of(written: Written) -> dict[str, dict[str, str]]:
    """Return by which headers several people are known, to pages and API at once, and somebody who is not."""
    team = written.team
    told: dict[str, dict[str, str]] = {"nobody": {}, "forger": {"Authorization": "Bearer golive_forged"}}
    for name, client in (("admin", team.admin), ("manager", team.manager), ("qa1", team.qa1)):
        async with reading(team.admin.app, client.token) as reader:
            jar = "; ".join(f"{key}={value}" for key, value in reader.http.cookies.items())
        told[name] = {"Authorization": f"Bearer {client.token}", "Cookie": jar}
    return told


# Where nobody is led.


def takes_next(route: APIRoute) -> bool:
    return any(param.alias == "next" for param in route.dependant.query_params)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
async def test_no_page_that_takes_an_address_leads_to_another_site(
    stranger: Reader, chief: Reader, elsewhere: str
) -> None:
    routes = [route for route in page_routes("GET") if takes_next(route)]
    assert {route.path for route in routes} >= {"/sign-in", "/sign-in/provider"}
    for route in routes:
        for reader in (stranger, chief):
            shown = await reader.look(route.path, next=elsewhere)
            assert shown.answer.url.host == "golive", route.path
            for field in shown.html.select('input[name="next"]'):
                assert field["value"] == "/", route.path
            assert not [a for a in shown.html.select("a[href]") if "evil" in str(a["href"])], route.path


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
async def test_no_form_that_carries_an_address_leads_to_another_site(
    stranger: Reader, admin: Client, elsewhere: str
) -> None:
    shown = await stranger.act("/sign-in", "/sign-in/token", token=admin.token, next=elsewhere)
    assert (shown.answer.url.host, shown.path) == ("golive", "/")


# Whose forms are believed.


def test_there_are_forms_and_none_changes_anything_by_another_method() -> None:
    assert len(page_routes("POST")) >= 10
    for method in ("PUT", "PATCH", "DELETE"):
        assert page_routes(method) == []


@pytest.mark.parametrize("route", page_routes("POST"), ids=lambda route: route.path)
async def test_no_form_is_believed_without_its_token_or_from_elsewhere(
    route: APIRoute, chief: Reader, stranger: Reader, admin: Client
) -> None:
    path = re.sub(r"\{\w+\}", "x", route.path)
    token = (await chief.look("/me")).html.select_one('[name="csrf"]')
    strangers = (await stranger.look("/sign-in")).html.select_one('[name="csrf"]')
    assert token is not None
    assert strangers is not None
    mine = str(token["value"])
    before = await Snapshot.of(house_of(admin).database)
    for data, headers in (
        ({}, {"Origin": SITE}),
        ({"csrf": "0" * 96}, {"Origin": SITE}),
        ({"csrf": str(strangers["value"])}, {"Origin": SITE}),
        ({"csrf": mine}, {"Origin": "https://evil.example"}),
        ({"csrf": mine}, {"Origin": "null"}),
        ({"csrf": mine}, {"Sec-Fetch-Site": "cross-site"}),
        ({"csrf": mine}, {}),
    ):
        answer = await chief.http.post(path, data=data, headers=headers, follow_redirects=False)
        assert answer.status_code == 403, (path, data, headers)
        assert "nothing was done" in answer.text
    assert (await Snapshot.of(house_of(admin).database)).rows == before.rows
