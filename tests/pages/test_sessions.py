"""Cookies, sessions and what is sealed: bound to host and TLS, over in time, worth nothing when damaged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import update
from starlette.responses import Response

from api.pages.cookies import SessionCookie
from api.pages.sealing import opened, seal
from db.tables import sessions
from settings import Settings
from tests.api.client import Client
from tests.api.test_people import everything_in
from tests.pages.people import house_of, in_sql
from tests.pages.reader import SITE, Reader, reading


@pytest.fixture
async def secure(admin: Client) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a golive that people reach by TLS, which ends at a proxy."""
    house_of(admin).settings.public_url = "https://golive.example.com"
    transport = httpx.ASGITransport(admin.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://golive.example.com") as http:
        yield http


async def test_cookies_are_bound_to_the_host_and_to_tls_and_out_of_reach_of_script(
    secure: httpx.AsyncClient, admin: Client
) -> None:
    page = Reader(admin.app, secure)
    shown = await page.look("/sign-in")
    token = shown.html.select_one('[name="csrf"]')
    assert token is not None
    typed = {"csrf": str(token["value"]), "token": admin.token}
    signed = await secure.post("/sign-in/token", data=typed, headers={"Origin": "https://golive.example.com"})
    assert signed.status_code == 303, signed.text
    given = [*shown.answer.headers.get_list("set-cookie"), *signed.headers.get_list("set-cookie")]
    assert {cookie.partition("=")[0] for cookie in given} == {"__Host-golive-before", "__Host-golive"}
    for cookie in given:
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags, cookie
        assert not [flag for flag in flags if flag.startswith("domain")], cookie
    assert (await secure.get("/me")).status_code == 200
    wrong = await secure.post("/sign-out", data=typed, headers={"Origin": "http://golive.example.com"})
    assert wrong.status_code == 403


async def test_browsers_are_told_to_come_by_tls_where_people_do(settings: Settings) -> None:
    from api.app import create_app

    for address, told in (("https://golive.example.com", True), (None, False)):
        app = create_app(settings.model_copy(update={"public_url": address}))
        async with app.router.lifespan_context(app), reading(app) as reader:
            answer = await reader.http.get("/sign-in", headers={"Host": "golive.example.com"})
            assert answer.status_code == 200
            assert ("Strict-Transport-Security" in answer.headers) is told


async def test_what_a_browser_keeps_of_a_session_is_stored_nowhere(chief: Reader, admin: Client) -> None:
    secret = chief.http.cookies["golive"].partition(".")[0]
    assert len(secret) > 40
    assert secret not in await everything_in(house_of(admin).settings.url)


async def test_a_session_ends_by_itself_whatever_its_owner_does(chief: Reader, admin: Client) -> None:
    now = datetime.now(UTC)
    soon = {"created_at": now - timedelta(hours=12), "expires_at": now - timedelta(seconds=1)}
    await in_sql(admin, update(sessions).values(**soon))
    assert (await chief.look("/me")).path == "/sign-in"


async def test_a_session_that_nobody_uses_ends_and_one_that_is_used_goes_on(
    chief: Reader, admin: Client
) -> None:
    settings = house_of(admin).settings
    idle = timedelta(minutes=settings.session_idle_minutes)
    secret = chief.http.cookies["golive"].partition(".")[0]

    def last_used(ago: timedelta) -> str:
        """Return the cookie of a browser that has shown a page so long ago."""
        response = Response()
        SessionCookie(settings, https=False).keep(response, secret, datetime.now(UTC) - ago)
        return response.headers["set-cookie"].partition(";")[0].partition("=")[2]

    chief.http.cookies.clear()
    chief.http.cookies.set("golive", last_used(idle + timedelta(seconds=2)))
    assert (await chief.look("/me")).path == "/sign-in"
    chief.http.cookies.clear()
    chief.http.cookies.set("golive", last_used(idle - timedelta(minutes=1)))
    shown = await chief.look("/me")
    assert shown.path == "/me"
    assert "golive=" in shown.answer.headers["set-cookie"]


async def test_nobody_makes_a_used_session_look_fresh(chief: Reader, admin: Client) -> None:
    secret, _, rest = chief.http.cookies["golive"].partition(".")
    written, _, seal = rest.partition(".")
    for forged in (f"{secret}.{int(written) + 1}.{seal}", f"{secret}.{written}.", f"{secret}", "", "a.b.c"):
        chief.http.cookies.clear()
        chief.http.cookies.set("golive", forged)
        assert (await chief.look("/me")).path == "/sign-in", forged


async def test_the_session_of_a_disabled_user_ends_for_good(admin: Client) -> None:
    ann = await admin.joined("ann", "viewer")
    async with reading(admin.app, ann.token) as reader:
        await admin.ask("PATCH", "/users/ann", json={"enabled": False})
        assert (await reader.look("/me")).path == "/sign-in"
        await admin.ask("PATCH", "/users/ann", json={"enabled": True})
        assert (await reader.look("/me")).path == "/sign-in"


async def test_signing_in_gives_another_secret_and_a_planted_one_is_worth_nothing(
    stranger: Reader, admin: Client
) -> None:
    stranger.http.cookies.set("golive", "planted.1.planted")
    await stranger.act("/sign-in", "/sign-in/token", token=admin.token)
    first = stranger.http.cookies.get("golive", domain="golive.local")
    await stranger.act("/sign-in", "/sign-in/token", token=admin.token)
    second = stranger.http.cookies.get("golive", domain="golive.local")
    assert first
    assert second
    assert first.partition(".")[0] != second.partition(".")[0]
    assert "planted" not in first + second


@pytest.mark.parametrize(
    "cookie", [b"golive=a.1.\xe9", b"golive=\xe9.1.a", b"golive-before=\xe9", b"golive-provider=a.\xe9"]
)
async def test_a_damaged_cookie_is_none(stranger: Reader, cookie: bytes) -> None:
    for path in ("/me", "/sign-in", "/sign-in/provider/back"):
        answer = await stranger.http.get(path, headers=[(b"cookie", cookie)])
        assert answer.status_code in (200, 404), path
    told = [(b"cookie", cookie), (b"origin", SITE.encode())]
    answer = await stranger.http.post("/sign-in", data={"csrf": "x"}, headers=told)
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["é", "é" * 96, "0" * 95 + "é", "\udce9"])
async def test_a_damaged_token_of_a_form_is_refused(chief: Reader, token: str) -> None:
    data = quote(token, safe="", errors="surrogatepass")
    headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await chief.http.post("/sign-out", content=f"csrf={data}", headers=headers)
    assert answer.status_code == 403
    headers = {"Origin": SITE, "X-CSRF-Token": b"\xe9"}  # type: ignore[dict-item]
    assert (await chief.http.post("/sign-out", headers=headers)).status_code == 403


async def test_what_was_sealed_is_opened_by_nothing_else(settings: Settings) -> None:
    now = datetime.now(UTC)
    sealed = seal(settings, "x", {"a": "b"}, now)
    assert opened(settings, "x", sealed, now, timedelta(minutes=1)) == {"a": "b"}
    for other in (sealed + "é", "é" + sealed, "é.é", "\udce9.a", ""):
        assert opened(settings, "x", other, now, timedelta(minutes=1)) is None


@pytest.mark.parametrize("key", ["k" * 201, "é", "\n"])
async def test_a_key_that_is_none_is_refused(chief: Reader, key: str) -> None:
    shown = await chief.act("/me", "/me/tokens", name="laptop", days="30", key=key)
    assert (shown.status, "This page is not as it was made" in shown.alert) == (422, True)
    shown = await chief.act("/me", "/me/language", locale="zh", key=key)
    assert (shown.status, bool(shown.alert)) == (422, True)


async def test_a_late_answer_puts_no_session_back_that_has_ended(chief: Reader, admin: Client) -> None:
    """The cookie is written anew when it is old, so an answer that was on its way at a sign-in writes none."""
    settings, now = house_of(admin).settings, datetime.now(UTC)
    idle = timedelta(minutes=settings.session_idle_minutes)
    for age, renewed in ((idle / 10, False), (idle / 5, False), (idle / 3, True)):
        response = Response()
        SessionCookie(settings, https=False).keep(response, "secret", now, now - age)
        assert ("set-cookie" in response.headers) is renewed, age
