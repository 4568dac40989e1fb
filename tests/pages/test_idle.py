"""What a page follows by itself is nobody's act: the idle limit of the session runs on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.responses import Response

from api.house import House
from api.pages.cookies import SessionCookie
from tests.api.client import Client
from tests.db.story import record
from tests.pages.reader import Reader
from tests.pages.streams import Site, first
from tests.pages.test_work import begun

STREAMS = (
    "/my-work/news",
    "/runs/news",
    "/runs/r1/news",
    "/tasks/r1.uat.test/news?acts=start",
    "/approvals/r1.uat.go/news",
)


def almost_over(reader: Reader, admin: Client) -> None:
    """Let the reader's cookie be one minute younger than the idle limit."""
    house: House = admin.app.state.house
    cookie = SessionCookie(house.settings, https=False)
    (secret, _, _) = reader.http.cookies[cookie.name].partition(".")
    aged = Response()
    used = datetime.now(UTC) - timedelta(minutes=house.settings.session_idle_minutes - 1)
    cookie.keep(aged, secret, used)
    reader.http.cookies.clear()
    reader.http.cookies.extract_cookies(
        httpx.Response(200, headers=aged.headers, request=httpx.Request("GET", "http://golive/"))
    )


@pytest.mark.parametrize("path", STREAMS)
async def test_what_is_followed_by_itself_renews_no_cookie(site: Site, path: str) -> None:
    await record(site.house.database, first())
    async with site.browser() as http, http.stream("GET", path) as answer:
        assert answer.status_code == 200, path
        assert answer.headers.get_list("set-cookie") == []


@pytest.mark.parametrize("path", ["/", "/runs", "/tasks/r1.uat.test", "/approvals/r1.uat.go", "/runs/r1"])
async def test_a_page_that_somebody_opens_renews_it(chief: Reader, admin: Client, path: str) -> None:
    await begun(admin)
    almost_over(chief, admin)
    answer = await chief.http.get(path)
    assert answer.status_code == 200, answer.text
    assert len(answer.headers.get_list("set-cookie")) == 1


async def test_a_page_that_asks_by_itself_stays_when_the_session_is_over(stranger: Reader) -> None:
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = await stranger.http.get("/my-work/news", headers=partial)
    assert (answer.status_code, answer.headers.get("hx-redirect")) == (401, None)
    asked = await stranger.http.get("/runs", headers={"HX-Request": "true", "HX-Request-Type": "full"})
    assert (asked.status_code, asked.headers.get("hx-redirect")) == (401, None)
