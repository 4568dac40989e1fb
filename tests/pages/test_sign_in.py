"""Signing in with a password, and how often it may fail."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from api.passwords import Passwords
from db.journal import administering
from db.refusals import MOST
from db.tables import failed_sign_ins, passwords, sessions
from db.throttling import OF_ADDRESS, OF_BOTH, OF_NAME, WINDOW, count, network_of
from tests.api.client import Client
from tests.databases import ON_BOTH
from tests.pages.people import PASSWORD, enrolled, house_of, in_sql, refusals, sign_in
from tests.pages.reader import Reader, Shown, reading


async def test_a_name_and_its_password_sign_in_and_lead_to_where_the_reader_was(
    admin: Client, stranger: Reader
) -> None:
    await enrolled(admin)
    asked = await stranger.look("/components")
    shown = await stranger.send(asked, "/sign-in", name=" ann ", password=PASSWORD)
    assert (shown.status, shown.path) == (200, "/components")
    signed = (await admin.get("/audit", action="SignedIn"))["items"]
    assert [(row["actor"], row["method"], row["address"]) for row in signed[:1]] == [
        ("ann", "password", "127.0.0.1")
    ]


async def test_who_is_signed_in_is_told_so_and_where_to_go_on(chief: Reader) -> None:
    shown = await chief.look("/sign-in", next="/runs?state=held")
    assert "You are signed in as admin already." in shown.text
    onward = shown.html.select_one('main .notice a[href="/runs?state=held"]')
    assert onward is not None
    assert shown.offers("/sign-in"), "somebody else may sign in here"


@pytest.mark.parametrize("path", ["/sign-in", "/", "/nothing"])
async def test_who_only_asks_whether_a_page_is_there_is_given_no_cookie(stranger: Reader, path: str) -> None:
    head = await stranger.http.head(path, follow_redirects=False)
    assert "set-cookie" not in head.headers
    assert "set-cookie" in (await stranger.http.get("/sign-in")).headers


async def test_a_page_for_password_managers_and_the_keyboard(stranger: Reader) -> None:
    page = await stranger.look("/sign-in")
    form = page.form("/sign-in")
    fields = {str(field["name"]): field for field in form.select("input:not([type=hidden])")}
    assert {name: field["autocomplete"] for name, field in fields.items()} == {
        "name": "username",
        "password": "current-password",
    }
    assert fields["password"]["type"] == "password"
    assert page.form("/sign-in/token").find_parent("details") is not None
    assert not page.html.select_one('a[href^="/sign-in/provider"]')
    assert not page.html.select("[tabindex]:not([tabindex='-1'])")


async def test_an_unknown_name_and_a_wrong_password_are_refused_in_the_same_words_and_nothing_typed_is_told(
    admin: Client, stranger: Reader
) -> None:
    await enrolled(admin)
    await admin.joined("tokens-only", "viewer")
    told = []
    for name in ("ann", "tokens-only", "nobody"):
        shown = await sign_in(stranger, name, "wrong and secret")
        told.append((shown.status, shown.alert))
        assert shown.form("/sign-in").select_one('[name="name"]')["value"] == name  # type: ignore[index]
        assert "wrong and secret" not in shown.answer.text
    assert len(set(told)) == 1
    assert told[0][0] == 401
    assert await refusals(admin) == [
        ("anonymous", "user:ann", "sign_in_failed"),
        ("anonymous", "user:tokens-only", "sign_in_failed"),
        ("anonymous", "user:?", "sign_in_failed"),
    ]


async def test_it_takes_the_same_time_whether_there_is_such_a_name_or_not() -> None:
    made = Passwords()
    kept = await made.hashed(PASSWORD)

    async def took(known: str | None) -> float:
        began = time.perf_counter()
        assert not await made.fits(known, "another password")
        return time.perf_counter() - began

    pairs = [(await took(kept), await took(None)) for _ in range(5)]
    known, unknown = (median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2
    made.close()


async def test_a_password_is_kept_anew_when_golive_keeps_them_in_a_stronger_form(
    admin: Client, stranger: Reader
) -> None:
    await enrolled(admin)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await in_sql(admin, update(passwords).values(hash=weak))
    assert (await sign_in(stranger)).path == "/"
    async with house_of(admin).database.reading() as session:
        kept = await session.scalar(select(passwords.c.hash))
    assert kept != weak
    assert "m=65536" in str(kept)
    async with reading(admin.app) as again:
        assert (await sign_in(again)).path == "/"


async def test_the_same_characters_typed_on_another_keyboard_are_the_same_password() -> None:
    made = Passwords()
    assert await made.fits(await made.hashed("Ångström-Ⅳ"), "A\u030angström-IV")
    made.close()


async def test_who_is_disabled_is_told_so_with_the_right_password_only(
    admin: Client, stranger: Reader
) -> None:
    await enrolled(admin)
    await admin.ask("PATCH", "/users/ann", json={"enabled": False})
    assert (await sign_in(stranger, password="wrong password")).status == 401
    shown = await sign_in(stranger)
    assert (shown.status, shown.path) == (403, "/sign-in")
    assert "disabled" in shown.alert


async def fail(reader: Reader, times: int, name: str = "ann") -> Shown:
    shown = None
    for _ in range(times):
        shown = await sign_in(reader, name, "a wrong password")
    assert shown is not None
    return shown


@ON_BOTH
async def test_after_five_failures_even_the_right_password_waits_and_the_sentence_says_until_when(
    admin: Client,
) -> None:
    await enrolled(admin)
    async with reading(admin.app, address="192.0.2.1") as reader:
        assert (await fail(reader, OF_BOTH)).status == 401
        shown = await sign_in(reader)
        assert shown.status == 429
        assert "Wait until " in shown.alert
        assert 0 < int(shown.answer.headers["Retry-After"]) <= WINDOW.total_seconds()
        assert (await refusals(admin))[-1] == ("anonymous", "user:ann", "too_many_failures")
        async with reading(admin.app, address="192.0.2.2") as elsewhere:
            assert (await sign_in(elsewhere)).path == "/"
        assert (await sign_in(reader)).status == 429
        earlier = datetime.now(UTC) - WINDOW - timedelta(seconds=1)
        await in_sql(admin, update(failed_sign_ins).values(at=earlier))
        assert (await sign_in(reader)).path == "/"
    async with house_of(admin).database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(failed_sign_ins)) == 0


async def test_who_waits_is_not_counted_so_the_wait_ends(admin: Client) -> None:
    async with reading(admin.app) as reader:
        await fail(reader, OF_BOTH)
        first = int((await sign_in(reader)).answer.headers["Retry-After"])
        assert int((await fail(reader, 5)).answer.headers["Retry-After"]) <= first


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_who_is_held_up_keeps_nobody_from_writing_to_the_audit_log(admin: Client) -> None:
    async with reading(admin.app) as reader:
        await fail(reader, MOST + 1)  # from now on refusals are only counted
        asked = await reader.look("/sign-in")
        async with administering(house_of(admin).database), asyncio.timeout(5):
            shown = await reader.send(asked, "/sign-in", name="ann", password="wrong")
    assert shown.status == 429


async def test_one_address_that_tries_many_names_is_held_up_for_all(admin: Client) -> None:
    await enrolled(admin)
    async with house_of(admin).database.transaction() as session:
        for n in range(OF_ADDRESS):
            await count(session, name=f"somebody{n}", address="192.0.2.1")
    async with reading(admin.app, address="192.0.2.1") as reader:
        assert (await sign_in(reader)).status == 429
    async with reading(admin.app, address="192.0.2.2") as reader:
        assert (await sign_in(reader)).path == "/"


async def test_many_addresses_that_try_one_name_are_held_up_but_not_where_the_person_works(
    admin: Client,
) -> None:
    await enrolled(admin)
    async with reading(admin.app, address="198.51.100.7") as home:
        assert (await sign_in(home)).path == "/"
    async with house_of(admin).database.transaction() as session:
        for n in range(OF_NAME):
            await count(session, name="ann", address=f"192.0.2.{n}")
    async with reading(admin.app, address="203.0.113.1") as elsewhere:
        assert (await sign_in(elsewhere)).status == 429
    async with reading(admin.app, address="198.51.100.7") as home:
        assert (await sign_in(home)).path == "/"
    long_ago = datetime.now(UTC) - timedelta(days=31)
    await in_sql(admin, update(sessions).values(created_at=long_ago))
    async with reading(admin.app, address="198.51.100.7") as home:
        assert (await sign_in(home)).status == 429


async def test_a_right_password_takes_back_what_was_counted_before_it(
    admin: Client, stranger: Reader
) -> None:
    await enrolled(admin)
    for _ in range(3):
        await fail(stranger, OF_BOTH - 1)
        assert (await sign_in(stranger)).path == "/"


async def test_tries_at_the_same_moment_all_count(admin: Client) -> None:
    await enrolled(admin)
    async with reading(admin.app) as reader:
        asked = await reader.look("/sign-in")
        tries = [reader.send(asked, "/sign-in", name="ann", password="wrong") for _ in range(12)]
        statuses = sorted(shown.status for shown in await asyncio.gather(*tries))
    assert statuses == [401] * OF_BOTH + [429] * (12 - OF_BOTH)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.2", "192.0.2.2"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_of_ipv6_counts_by_its_network(address: str, counted: str) -> None:
    assert network_of(address) == counted


async def test_what_was_typed_as_a_name_is_stored_nowhere(admin: Client, stranger: Reader) -> None:
    await sign_in(stranger, "my password, by mistake", "x")
    from tests.api.test_people import everything_in

    assert "by mistake" not in await everything_in(house_of(admin).settings.url)


async def test_a_wrong_token_is_written_down(admin: Client, stranger: Reader) -> None:
    await stranger.act("/sign-in", "/sign-in/token", token="golive_nobody")
    assert await refusals(admin) == [("anonymous", "user:?", "sign_in_failed")]
