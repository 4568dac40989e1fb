from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import stat
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.house import House
from api.prepare import prepare
from db.session import Database
from db.tables import metadata
from settings import Settings
from tests.api.client import Client, problem
from tests.databases import ON_BOTH

pytestmark = ON_BOTH

ANN = {"name": "ann", "roles": ["assignee"], "functions": ["qa"], "email": "ann@example.com"}


async def test_the_first_token_is_readable_by_its_owner_alone(admin: Client, settings: Settings) -> None:
    assert stat.S_IMODE((settings.home / "admin.token").stat().st_mode) == 0o600
    assert (await admin.get("/users/me"))["roles"] == ["admin"]


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic YTpi", "Bearer ", "Bearer \x80"])
async def test_without_a_valid_token_nobody_is_answered(admin: Client, header: str | None) -> None:
    headers = [(b"Authorization", header.encode("latin-1"))] if header else []
    answer = await admin.http.get("/api/v1/runs", headers=headers)
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_user_is_made_with_a_token_that_is_shown_once(admin: Client) -> None:
    answer = await admin.post("/users", ANN)
    assert answer.status_code == 201
    made = answer.json()
    assert made["name"] == "ann"
    assert made["token"] not in (await admin.ask("GET", "/users/ann")).text


async def test_the_same_attempt_gets_the_same_answer_and_its_token_is_stored_nowhere(
    admin: Client, settings: Settings
) -> None:
    first, again = [await admin.post("/users", ANN, key="k") for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    written = await everything_in(settings.url)
    assert "ann" in written
    assert first.json()["token"] not in written


async def test_a_token_is_drawn_as_it_always_was_and_not_invented_without_its_key(
    admin: Client, settings: Settings
) -> None:
    first = (await admin.post("/users", ANN, key="k")).json()
    attempt = hashlib.sha256(b"admin\0POST /api/v1/users\0k").hexdigest()
    digest = hmac.digest(settings.keys("user_token")[0], f"user-token\0{attempt}".encode(), hashlib.sha256)
    assert first["token"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    settings.secret_keys = SecretStr("n" * 64)
    settings.__dict__.pop("_secrets", None)
    problem(await admin.post("/users", ANN, key="k"), 409, "not_repeatable")


async def everything_in(url: str) -> str:
    """Return every row of every table, as text."""
    database = Database(url)
    async with database.reading() as session:
        rows = [(await session.execute(select(table))).all() for table in metadata.sorted_tables]
    await database.close()
    return str(rows)


async def test_the_order_of_keys_in_the_body_does_not_make_it_another_one(admin: Client) -> None:
    first = await admin.post("/users", ANN, key="k")
    again = await admin.post("/users", dict(reversed(ANN.items())), key="k")
    assert again.json() == first.json()


async def test_a_key_with_another_body_is_refused(admin: Client) -> None:
    await admin.post("/users", ANN, key="k")
    problem(await admin.post("/users", {**ANN, "name": "bo"}, key="k"), 422, "idempotency_key_reused")
    assert {user["name"] for user in (await admin.get("/users"))["items"]} == {"admin", "ann"}


async def test_two_people_with_the_same_key_do_not_meet(admin: Client) -> None:
    other = await admin.joined("root", "admin")
    first = await admin.post("/users", ANN, key="k")
    second = await other.post("/users", {**ANN, "name": "bo"}, key="k")
    assert (first.json()["name"], second.json()["name"]) == ("ann", "bo")


async def test_duplicates_at_the_same_moment_are_done_once(admin: Client) -> None:
    answers = await asyncio.gather(*(admin.post("/users", ANN, key="k") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["token"] for answer in answers}) == 1


async def test_a_name_is_given_once(admin: Client) -> None:
    await admin.post("/users", ANN)
    problem(await admin.post("/users", ANN), 409, "user_exists")


async def test_only_administrators_manage_users_and_others_are_written_down(admin: Client) -> None:
    ann = await admin.joined("ann", "assignee")
    told = problem(await ann.post("/users", {**ANN, "name": "bo"}), 403, "role_missing")
    assert told["roles"] == ["admin"]
    problem(await ann.ask("PATCH", "/users/ann", json={"roles": ["admin"]}), 403, "role_missing")
    assert (await ann.get("/users/me"))["roles"] == ["assignee"]
    refused = (await admin.get("/audit", outcome="refused"))["items"]
    assert [(row["actor"], row["payload"]["code"]) for row in refused] == [("ann", "role_missing")] * 2


async def test_unknown_tokens_are_written_down_and_never_a_flood(admin: Client) -> None:
    for _ in range(30):
        await admin.http.get("/api/v1/runs", headers={"Authorization": "Bearer guess"})
    refused = (await admin.get("/audit", outcome="refused"))["items"]
    assert 1 <= len(refused) <= 10
    assert {row["actor"] for row in refused} == {"anonymous"}


async def test_a_disabled_user_is_refused_and_enabled_again(admin: Client) -> None:
    ann = await admin.joined("ann", "assignee")
    assert (await admin.ask("PATCH", "/users/ann", json={"enabled": False})).status_code == 200
    problem(await ann.ask("GET", "/users/me"), 403, "user_disabled")
    await admin.ask("PATCH", "/users/ann", json={"enabled": True})
    assert (await ann.get("/users/me"))["enabled"] is True


async def test_a_revoked_token_is_refused(admin: Client) -> None:
    made = (await admin.post("/users", ANN)).json()
    assert (await admin.ask("DELETE", f"/tokens/{made['token_id']}")).status_code == 200
    answer = await admin.http.get("/api/v1/users/me", headers={"Authorization": f"Bearer {made['token']}"})
    problem(answer, 401, "unauthenticated")
    problem(await admin.ask("DELETE", "/tokens/none"), 404, "unknown_token")


async def test_mail_addresses_are_for_administrators_and_oneself(admin: Client) -> None:
    ann = await admin.joined("ann", "assignee", email="ann@example.com")
    bo = await admin.joined("bo", "viewer")
    assert (await admin.get("/users/ann"))["email"] == "ann@example.com"
    assert (await ann.get("/users/me"))["email"] == "ann@example.com"
    assert "ann@example.com" not in (await bo.ask("GET", "/users")).text


async def test_administration_is_in_the_audit_log_which_verifies(admin: Client) -> None:
    await admin.joined("ann", "assignee", functions=("qa",))
    await admin.ask("PATCH", "/users/ann", json={"functions": ["ops"]})
    rows = (await admin.get("/audit", stream="golive"))["items"]
    assert [row["action"] for row in rows[:2]] == ["UserChanged", "UserAdded"]
    assert rows[0]["payload"] == {"functions": ["ops"]}
    assert (await admin.get("/audit/verify"))["ok"] is True
    ann = await admin.joined("bo", "assignee")
    problem(await ann.ask("GET", "/audit"), 403, "role_missing")


async def test_mail_addresses_are_not_found_by_searching_for_their_letters(admin: Client) -> None:
    await admin.joined("ann", "assignee", email="secret@example.com")
    bo = await admin.joined("bo", "viewer")
    assert (await bo.get("/users", q="secret"))["items"] == []
    assert [user["name"] for user in (await admin.get("/users", q="secret"))["items"]] == ["ann"]


@pytest.mark.parametrize("change", [{"enabled": False}, {"roles": ["viewer"]}])
async def test_the_last_administrator_stays_one(admin: Client, change: dict[str, Any]) -> None:
    await admin.joined("ann", "assignee")
    problem(await admin.ask("PATCH", "/users/admin", json=change), 409, "last_admin")
    assert (await admin.get("/users/me"))["roles"] == ["admin"]
    root = await admin.joined("root", "admin")
    assert (await admin.ask("PATCH", "/users/admin", json=change)).status_code == 200
    problem(await root.ask("PATCH", "/users/root", json=change), 409, "last_admin")


async def test_an_admins_token_that_was_revoked_is_replaced_at_the_next_start(
    admin: Client, settings: Settings
) -> None:
    rows = (await admin.get("/audit", action="TokenIssued"))["items"]
    revoked = rows[0]["object"].removeprefix("token:")
    assert (await admin.ask("DELETE", f"/tokens/{revoked}")).status_code == 200
    problem(await admin.ask("GET", "/users/me"), 401, "unauthenticated")
    await prepare(settings)
    file = settings.home / "admin.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    fresh = replace(admin, token=file.read_text().strip())
    assert (await fresh.get("/users/me"))["name"] == "admin"
    problem(await admin.ask("GET", "/users/me"), 401, "unauthenticated")


async def test_in_production_an_answer_holds_a_link_and_no_token(admin: Client, settings: Settings) -> None:
    house: House = admin.app.state.house
    house.settings.env = "production"
    first, again = [await admin.post("/users", ANN, key="k") for _ in range(2)]
    assert first.status_code == 201
    made = first.json()
    assert (made, made["token"], made["token_id"]) == (again.json(), None, None)
    assert made["enrolment_url"].startswith("http://golive/enrol/")
    assert not (settings.home / "tokens").exists()
    assert made["enrolment_url"].rpartition("/")[2] not in await everything_in(settings.url)


async def test_a_link_leads_to_the_address_that_people_know(admin: Client, settings: Settings) -> None:
    house: House = admin.app.state.house
    house.settings.public_url = "https://golive.example.com"
    asked = {"Host": "golive.example.com"}
    made = (await admin.ask("POST", "/users", json=ANN, headers=asked)).json()
    assert made["enrolment_url"].startswith("https://golive.example.com/enrol/")


async def test_an_administrator_makes_another_link_and_the_same_attempt_gets_the_same(admin: Client) -> None:
    made = (await admin.post("/users", ANN)).json()
    first, again = [await admin.post("/users/ann/enrolments", {}, key="k") for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.headers["cache-control"] == "no-store"
    other = (await admin.post("/users/ann/enrolments", {})).json()
    assert len({made["enrolment_url"], first.json()["enrolment_url"], other["enrolment_url"]}) == 3
    problem(await admin.post("/users/nobody/enrolments", {}), 404, "unknown_user")
    ann = replace(admin, token=made["token"])
    problem(await ann.post("/users/admin/enrolments", {}), 403, "role_missing")
    await admin.ask("PATCH", "/users/ann", json={"enabled": False})
    problem(await admin.post("/users/ann/enrolments", {}), 403, "user_disabled")


async def test_a_language_and_an_address_can_be_taken_away(admin: Client) -> None:
    await admin.post("/users", {**ANN, "locale": "zh"})
    left = {"roles": None, "functions": None, "enabled": None}
    changed = (await admin.ask("PATCH", "/users/ann", json={"locale": None, "email": None, **left})).json()
    assert (changed["locale"], changed["email"]) == (None, None)
    assert (changed["roles"], changed["functions"], changed["enabled"]) == (["assignee"], ["qa"], True)


async def test_who_only_looks_on_uploads_nothing(admin: Client, settings: Settings) -> None:
    viewer = await admin.joined("vi", "viewer", "auditor")
    answer = await viewer.ask("POST", "/attachments", files={"file": ("f", b"bytes", "text/plain")})
    problem(answer, 403, "role_missing")
    assert not list((settings.home).glob("attachments/*"))
