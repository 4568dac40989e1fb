"""The page of oneself: language, password, sessions, tokens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from api.pages.browsers import known_as
from db.tables import idempotency, sessions, tokens
from db.throttling import OF_BOTH
from settings import Settings
from tests.api.client import Client, problem
from tests.databases import ON_BOTH
from tests.pages.people import PASSWORD, enrolled, house_of, in_sql, sign_in
from tests.pages.reader import Reader, reading

NEW = "another good password"


@pytest.fixture
async def ann(admin: Client) -> AsyncIterator[Reader]:
    """Somebody who is signed in by password."""
    await enrolled(admin, "ann", "assignee", "approver")
    async with reading(admin.app, address="192.0.2.9") as reader:
        assert (await sign_in(reader)).path == "/"
        yield reader


async def test_it_says_who_i_am(ann: Reader) -> None:
    shown = await ann.look("/me")
    for told in ("assignee", "approver", "192.0.2.9", "by password", "this one", "python-httpx"):
        assert told in shown.text, told


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/140.0 Safari/537.36",
            "Chrome, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, macOS",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iOS"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_named_as_people_know_it(user_agent: str, told: str) -> None:
    assert known_as(user_agent) == told


async def test_a_language_is_chosen_and_given_back_to_the_browser(ann: Reader, admin: Client) -> None:
    shown = await ann.act("/me", "/me/language", locale="zh")
    assert shown.answer.headers["Content-Language"] == "zh-CN"
    assert (await admin.get("/users/ann"))["locale"] == "zh"
    shown = await ann.act("/me", "/me/language", locale="")
    assert shown.answer.headers["Content-Language"] == "en"
    assert (await admin.get("/users/ann"))["locale"] is None
    assert (await ann.act("/me", "/me/language", locale="xx")).status == 422


@ON_BOTH
async def test_a_password_is_changed_by_who_knows_the_present_one_and_other_sessions_end(
    ann: Reader, admin: Client
) -> None:
    async with reading(admin.app) as elsewhere:
        await sign_in(elsewhere)
        typed: dict[str, Any] = {"present": PASSWORD, "password": NEW, "again": NEW}
        page = await ann.look("/me")
        assert (await ann.send(page, "/me/password", **typed)).path == "/me"
        assert (await ann.look("/me")).status == 200
        assert (await elsewhere.look("/me")).path == "/sign-in"
        assert (await ann.send(page, "/me/password", **typed)).path == "/me"  # a second click
        assert (await sign_in(elsewhere)).status == 401
        assert (await sign_in(elsewhere, password=NEW)).path == "/"
    assert (await admin.get("/audit", action="PasswordChanged"))["items"][0]["actor"] == "ann"


async def test_a_wrong_present_password_changes_nothing_and_counts(ann: Reader) -> None:
    typed: dict[str, Any] = {"present": "a wrong password", "password": NEW, "again": NEW}
    for _ in range(OF_BOTH):
        shown = await ann.act("/me", "/me/password", **typed)
        assert (shown.status, shown.alert) == (422, "This is not your present password.")
    shown = await ann.act("/me", "/me/password", **{**typed, "present": PASSWORD})
    assert shown.status == 429
    assert shown.form("/me/password").find_parent("details").has_attr("open")  # type: ignore[union-attr]


async def test_who_has_no_password_is_told_how_to_get_one(chief: Reader) -> None:
    shown = await chief.look("/me")
    assert not shown.offers("/me/password")
    assert "An administrator can make a link" in shown.text


async def test_one_session_or_all_others_are_ended_and_nobody_elses(
    ann: Reader, admin: Client, chief: Reader
) -> None:
    async with reading(admin.app) as second, reading(admin.app) as third:
        await sign_in(second)
        await sign_in(third)
        page = await ann.look("/me")
        rows = page.html.select("#sessions li")
        assert len(rows) == 4  # with that of the link
        newest = rows[0].select_one('input[name="session"]')
        assert newest is not None
        await ann.send(page, "/me/sessions/end", session=str(newest["value"]))
        assert (await third.look("/")).path == "/sign-in"
        assert (await second.look("/")).path == "/"
        theirs = (await chief.look("/me")).html.select_one('#sessions input[name="session"]')
        assert theirs is not None
        await ann.send(await ann.look("/me"), "/me/sessions/end", session=str(theirs["value"]))
        assert (await chief.look("/me")).path == "/me"
        await ann.act("/me", "/me/sessions/end-others")
        assert (await second.look("/")).path == "/sign-in"
    assert len((await ann.look("/me")).html.select("#sessions li")) == 1


async def test_ending_this_session_signs_out(ann: Reader) -> None:
    assert (await ann.act("/me", "/me/sessions/end-others")).path == "/me"
    assert (await ann.act("/me", "/me/sessions/end")).path == "/sign-in"


async def test_a_token_is_made_shown_once_ends_and_is_revoked(ann: Reader, admin: Client) -> None:
    page = await ann.look("/me")
    typed: dict[str, Any] = {"name": "laptop", "days": "30", "present": PASSWORD}
    shown = await ann.send(page, "/me/tokens", **typed)
    made = shown.html.select_one("code")
    assert made is not None
    mine = replace(admin, token=made.get_text())
    assert (await mine.get("/users/me"))["name"] == "ann"
    again = await ann.send(page, "/me/tokens", **typed)
    assert again.html.select_one("code") == made
    listed = await ann.look("/me")
    assert made.get_text() not in listed.answer.text
    assert "laptop" in listed.text
    assert len(listed.html.select('#tokens input[name="token"]')) == 2  # with the one that POST /users gave
    await in_sql(admin, update(tokens).where(tokens.c.name == "laptop").values(expires_at=_ago()))
    problem(await mine.ask("GET", "/users/me"), 401, "unauthenticated")
    await in_sql(admin, update(tokens).where(tokens.c.name == "laptop").values(expires_at=None))
    assert (await mine.get("/users/me"))["name"] == "ann"
    await ann.act("/me", "/me/tokens/revoke")
    problem(await mine.ask("GET", "/users/me"), 401, "unauthenticated")


def _ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)


async def test_nobody_revokes_the_token_of_somebody_else(ann: Reader, chief: Reader, admin: Client) -> None:
    theirs = (await chief.look("/me")).html.select_one('#tokens input[name="token"]')
    assert theirs is not None
    shown = await ann.act("/me", "/me/tokens/revoke", token=str(theirs["value"]))
    assert shown.status == 404
    assert (await admin.get("/users/me"))["name"] == "admin"


@pytest.mark.parametrize("wrong", [{"name": ""}, {"days": "0"}, {"days": "366"}, {"days": "x"}])
async def test_a_token_that_is_asked_for_badly_is_refused_with_what_was_typed(
    ann: Reader, wrong: dict[str, str]
) -> None:
    shown = await ann.act(
        "/me", "/me/tokens", **{"name": "laptop", "days": "30", "present": PASSWORD, **wrong}
    )
    assert shown.status == 422
    assert shown.alert
    if "days" in wrong:
        assert shown.form("/me/tokens").select_one('[name="name"]')["value"] == "laptop"  # type: ignore[index]


async def test_a_token_is_made_by_who_knows_the_present_password(ann: Reader, admin: Client) -> None:
    typed: dict[str, Any] = {"name": "laptop", "days": "30", "present": "a wrong password"}
    shown = await ann.act("/me", "/me/tokens", **typed)
    assert (shown.status, shown.alert) == (422, "This is not your present password.")
    form = shown.form("/me/tokens")
    assert form.select_one('[name="name"]')["value"] == "laptop"  # type: ignore[index]
    assert "a wrong password" not in shown.answer.text
    assert not shown.html.select_one("code")
    assert "ann" not in {row["actor"] for row in (await admin.get("/audit", action="TokenIssued"))["items"]}


async def test_without_a_password_a_token_is_made_soon_after_signing_in_only(
    chief: Reader, admin: Client
) -> None:
    typed: dict[str, Any] = {"name": "laptop", "days": "30"}
    assert not (await chief.look("/me")).form("/me/tokens").select_one('[name="present"]')
    assert (await chief.act("/me", "/me/tokens", **typed)).html.select_one("code")
    earlier = datetime.now(UTC) - timedelta(minutes=10, seconds=1)
    await in_sql(admin, update(sessions).values(created_at=earlier))
    shown = await chief.act("/me", "/me/tokens", **typed)
    assert (shown.status, "within ten minutes of signing in" in shown.alert) == (403, True)
    assert not shown.html.select_one("code")


@ON_BOTH
async def test_a_session_ends_with_the_token_it_was_begun_with(ann: Reader, admin: Client) -> None:
    first, second = await admin.joined("bo", "viewer"), await admin.joined("cy", "viewer")
    async with reading(admin.app, first.token) as by_first, reading(admin.app, second.token) as by_second:
        await by_first.act("/me", "/me/tokens/revoke")
        assert (await by_first.look("/me")).path == "/sign-in"
        assert (await by_second.look("/me")).path == "/me"
        listed = (await by_second.look("/me")).html.select_one('#tokens input[name="token"]')
        assert listed is not None
        await admin.ask("DELETE", f"/tokens/{listed['value']}")
        assert (await by_second.look("/me")).path == "/sign-in"
    assert (await ann.look("/me")).path == "/me"


async def test_a_session_lasts_no_longer_than_its_token_and_no_token_renews_itself(admin: Client) -> None:
    bo = await admin.joined("bo", "viewer")
    ends = datetime.now(UTC) + timedelta(hours=1)
    await in_sql(admin, update(tokens).values(expires_at=ends))
    async with reading(admin.app, bo.token) as reader:
        assert (await reader.act("/me", "/me/tokens", name="longer", days="365")).html.select_one("code")
        async with house_of(admin).database.reading() as sql:
            assert set(await sql.scalars(select(sessions.c.expires_at))) == {ends}
            assert set(await sql.scalars(select(tokens.c.expires_at))) == {ends}


async def test_another_form_under_a_key_that_was_used_is_refused_in_words(ann: Reader, admin: Client) -> None:
    page = await ann.look("/me")
    typed: dict[str, Any] = {"name": "laptop", "days": "30", "present": PASSWORD}
    assert (await ann.send(page, "/me/tokens", **typed)).html.select_one("code")
    for other in ({**typed, "name": "server"}, {**typed, "present": "another"}):
        shown = await ann.send(page, "/me/tokens", **other)
        assert (shown.status, "was sent before with other content" in shown.alert) == (422, True)
        assert not shown.html.select_one("code")
    changed: dict[str, Any] = {"present": PASSWORD, "password": NEW, "again": NEW}
    assert (await ann.send(page, "/me/password", **changed)).path == "/me"
    third: dict[str, Any] = {"present": NEW, "password": "a third password", "again": "a third password"}
    shown = await ann.send(page, "/me/password", **third)
    assert (shown.status, "was sent before with other content" in shown.alert) == (422, True)
    async with reading(admin.app) as other_place:
        assert (await sign_in(other_place, password=NEW)).path == "/"


async def test_a_form_sent_again_after_a_key_was_put_before_shows_the_same_token(
    ann: Reader, settings: Settings
) -> None:
    page = await ann.look("/me")
    typed: dict[str, Any] = {"name": "laptop", "days": "30", "present": PASSWORD}
    made = (await ann.send(page, "/me/tokens", **typed)).html.select_one("code")
    before = settings.home / "secret.keys"
    settings.secret_keys = SecretStr(f"{'n' * 64},{before.read_text().strip()}")
    settings.__dict__.pop("_secrets", None)
    again = await ann.send(page, "/me/tokens", **typed)
    assert again.html.select_one("code") == made


async def test_what_is_kept_of_a_form_with_a_password_tells_nothing_without_the_keys(
    ann: Reader, admin: Client
) -> None:
    typed: dict[str, Any] = {"present": PASSWORD, "password": NEW, "again": NEW}
    await ann.act("/me", "/me/password", **typed)
    async with house_of(admin).database.reading() as sql:
        kept = set(await sql.scalars(select(idempotency.c.body_digest)))
    for written in (json.dumps(typed), json.dumps(typed, separators=(",", ":")), ""):
        assert hashlib.sha256(written.encode()).hexdigest() not in kept
