"""One-time links: what they show, what they set, and that they work once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from db.people import issue_token, revoke_tokens_of
from db.tables import enrolments, passwords
from tests.api.client import Client, problem
from tests.api.test_people import everything_in
from tests.databases import ON_BOTH
from tests.pages.people import PASSWORD, chosen, house_of, in_sql, invited, path_of, sign_in
from tests.pages.reader import Reader, reading


@ON_BOTH
async def test_a_link_sets_a_password_signs_in_and_works_once(admin: Client, stranger: Reader) -> None:
    link = await invited(admin)
    page = await stranger.look(link)
    fields = {str(field["name"]): field for field in page.form(link).select("input[autocomplete]")}
    assert fields["name"]["value"] == "ann"
    assert {name: field["autocomplete"] for name, field in fields.items()} == {
        "name": "username",
        "password": "new-password",
        "again": "new-password",
    }
    shown = await chosen(stranger, link)
    assert (shown.status, shown.path) == (200, "/")
    assert (await admin.get("/audit", action="SignedIn"))["items"][0]["method"] == "link"
    over = await stranger.look(link)
    assert over.status == 404
    assert "ask an administrator for a new link" in over.alert
    async with reading(admin.app) as other:
        assert (await sign_in(other)).path == "/"


async def test_two_who_have_the_link_at_the_same_moment_do_not_both_set_it(
    admin: Client, stranger: Reader
) -> None:
    link = await invited(admin)
    page = await stranger.look(link)
    assert (await chosen(stranger, link)).path == "/"
    async with reading(admin.app) as other:
        late = await other.look("/sign-in")
        await in_sql(admin, update(enrolments).values(used_at=None))
        shown = await other.look(link)
        await in_sql(admin, update(enrolments).values(used_at=datetime.now(UTC)))
        refused = await other.send(shown, link, password="another password", again="another password")
        assert refused.status == 404
        assert (await sign_in(other)).path == "/", late.path
    assert page.status == 200


async def test_looking_at_a_link_changes_nothing(admin: Client, stranger: Reader) -> None:
    link = await invited(admin)
    before = await everything_in(house_of(admin).settings.url)
    for _ in range(3):
        await stranger.http.get(link)
        await stranger.http.head(link)
    assert await everything_in(house_of(admin).settings.url) == before


async def test_neither_the_secret_of_a_link_nor_a_password_is_stored(admin: Client, stranger: Reader) -> None:
    link = await invited(admin)
    await chosen(stranger, link)
    written = await everything_in(house_of(admin).settings.url)
    assert link.rpartition("/")[2] not in written
    assert PASSWORD not in written
    async with house_of(admin).database.reading() as session:
        assert str(await session.scalar(select(passwords.c.hash))).startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "at least 12 characters; this one has 5"),
        ("Annabel.Smith-Jones", "Annabel.Smith-Jones", "Your name is what others try first"),
        (PASSWORD, "correct horse batteri", "two different passwords"),
        ("x" * 257, "x" * 257, "at most 256 characters"),
    ],
)
async def test_a_sentence_tells_what_is_wrong_with_a_password(
    admin: Client, stranger: Reader, password: str, again: str, said: str
) -> None:
    link = await invited(admin, "annabel.smith-jones")
    shown = await stranger.act(link, link, password=password, again=again)
    assert shown.status == 422
    assert said in shown.alert
    assert shown.html.select_one('[aria-invalid="true"]')
    assert password not in shown.answer.text
    assert (await chosen(stranger, link)).path == "/"


async def test_a_link_ends_after_three_days(admin: Client, stranger: Reader) -> None:
    link = await invited(admin)
    async with house_of(admin).database.reading() as session:
        row = (await session.execute(select(enrolments))).one()
    assert row.expires_at - row.created_at == timedelta(hours=72)
    past = {"created_at": row.created_at - timedelta(hours=72), "expires_at": row.created_at}
    await in_sql(admin, update(enrolments).values(**past))
    assert (await stranger.look(link)).status == 404


async def test_a_new_link_is_the_way_for_a_forgotten_password_and_ends_the_other_sessions(
    admin: Client, stranger: Reader
) -> None:
    first = await invited(admin)
    second = path_of(await admin.post("/users/ann/enrolments", {}))
    assert (await stranger.look(first)).status == 404
    await chosen(stranger, second)
    third = path_of(await admin.post("/users/ann/enrolments", {}))
    async with reading(admin.app) as elsewhere:
        assert (await chosen(elsewhere, third, "another password")).path == "/"
        assert (await stranger.look("/")).path == "/sign-in"
        assert (await elsewhere.look("/")).path == "/"
    assert (await sign_in(stranger)).status == 401
    assert (await sign_in(stranger, password="another password")).path == "/"


async def test_only_what_somebody_has_is_told_to_end_or_to_go_on(admin: Client, stranger: Reader) -> None:
    link = await invited(admin)
    database = house_of(admin).database
    async with database.transaction() as sql:
        await revoke_tokens_of(sql, "ann")
    first = await stranger.look(link)
    assert "UTC)" in first.text
    assert "sessions" not in first.text
    assert "API tokens" not in first.text
    await chosen(stranger, link)
    async with database.transaction() as sql:
        await issue_token(sql, "ann")
    again = await stranger.look(path_of(await admin.post("/users/ann/enrolments", {})))
    assert "Your other sessions end. Your API tokens go on unless you revoke them here." in again.text
    assert "Revoke my API tokens, too" in again.text


async def test_a_link_of_somebody_who_is_disabled_lets_nobody_in(admin: Client, stranger: Reader) -> None:
    link = await invited(admin)
    page = await stranger.look(link)
    await admin.ask("PATCH", "/users/ann", json={"enabled": False})
    assert (await stranger.send(page, link, password=PASSWORD, again=PASSWORD)).status == 403
    assert (await stranger.look(link)).status == 403


async def test_who_is_disabled_while_they_choose_is_not_let_in(
    admin: Client, stranger: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await invited(admin)
    passwords_of = house_of(admin).passwords
    hashed = passwords_of.hashed

    async def meanwhile(password: str) -> str:
        await admin.ask("PATCH", "/users/ann", json={"enabled": False})
        return await hashed(password)

    monkeypatch.setattr(passwords_of, "hashed", meanwhile)
    assert (await chosen(stranger, link)).status == 403
    async with house_of(admin).database.reading() as session:
        assert (await session.execute(select(passwords))).all() == []
        assert await session.scalar(select(enrolments.c.used_at)) is None


async def test_a_link_revokes_the_tokens_of_its_user_where_they_ask_for_it(
    admin: Client, stranger: Reader
) -> None:
    made = await admin.post("/users", {"name": "ann", "roles": ["viewer"]})
    ann = replace(admin, token=made.json()["token"])
    async with reading(admin.app, ann.token) as elsewhere:
        assert "API tokens go on unless you revoke them" in (await stranger.look(path_of(made))).text
        await chosen(stranger, path_of(made))
        assert (await elsewhere.look("/me")).path == "/sign-in"
    assert (await ann.get("/users/me"))["name"] == "ann"
    link = path_of(await admin.post("/users/ann/enrolments", {}))
    short = await stranger.act(link, link, password="short", again="short", revoke="yes")
    assert short.form(link).select_one('[name="revoke"]').has_attr("checked")  # type: ignore[union-attr]
    await stranger.send(short, link, password=PASSWORD, again=PASSWORD)
    problem(await ann.ask("GET", "/users/me"), 401, "unauthenticated")
    assert (await stranger.look("/me")).path == "/me"
    (row,) = (await admin.get("/audit", action="TokensRevoked"))["items"]
    assert (row["actor"], row["method"], row["payload"]["count"]) == ("ann", "link", 1)
    assert (await admin.get("/users/me"))["name"] == "admin"
