"""What holds on every page: who may see it, whose forms are believed, what a browser is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.pages import assets
from api.pages.headers import POLICY
from tests.api.client import Client
from tests.pages.reader import SITE, Reader, Shown, reading


async def test_who_has_not_signed_in_is_led_to_the_form_and_back_to_where_they_were(
    stranger: Reader, admin: Client
) -> None:
    asked = await stranger.look("/components")
    assert (asked.path, asked.answer.url.params["next"]) == ("/sign-in", "/components")
    shown = await stranger.send(asked, "/sign-in/token", token=admin.token)
    assert (shown.status, shown.path) == (200, "/components")


async def test_a_wrong_token_signs_nobody_in_and_the_form_stays(stranger: Reader) -> None:
    shown = await stranger.act("/sign-in", "/sign-in/token", token="golive_nobody")
    assert shown.status == 401
    assert "Nobody signs in with this" in shown.alert
    assert shown.offers("/sign-in/token")


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil"],
)
async def test_nobody_is_led_to_another_site(stranger: Reader, admin: Client, elsewhere: str) -> None:
    asked = await stranger.look("/sign-in", next=elsewhere)
    shown = await stranger.send(asked, "/sign-in/token", token=admin.token)
    assert (shown.answer.url.host, shown.path) == ("golive", "/")


async def test_signing_out_ends_the_session_on_the_server_too(chief: Reader) -> None:
    kept = dict(chief.http.cookies)
    assert (await chief.act("/", "/sign-out")).path == "/sign-in"
    chief.http.cookies.update(kept)
    assert (await chief.look("/")).path == "/sign-in"


async def test_signing_in_again_ends_the_session_there_was(chief: Reader, admin: Client) -> None:
    kept = dict(chief.http.cookies)
    await chief.act("/sign-in", "/sign-in/token", token=admin.token)
    assert dict(chief.http.cookies) != kept
    async with reading(admin.app) as other:
        other.http.cookies.update(kept)
        assert (await other.look("/")).path == "/sign-in"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "", "Sec-Fetch-Site": "same-site"},
        {"Origin": "", "Referer": "https://evil.example/"},
        {"Origin": ""},
    ],
)
async def test_a_form_that_another_site_sends_does_nothing(chief: Reader, headers: dict[str, str]) -> None:
    refused = await chief.send(await chief.look("/"), "/sign-out", headers=headers)
    assert refused.status == 403
    assert "nothing was done" in refused.alert
    assert (await chief.look("/")).path == "/"


@pytest.mark.parametrize("token", [None, "", "0" * 96, "x"])
async def test_a_form_without_the_token_of_its_session_does_nothing(chief: Reader, token: str | None) -> None:
    refused = await chief.send(await chief.look("/"), "/sign-out", csrf=token)
    assert refused.status == 403
    assert (await chief.look("/")).path == "/"


async def test_a_token_of_another_session_is_refused(chief: Reader, admin: Client) -> None:
    async with reading(admin.app, admin.token) as other:
        foreign = (await other.look("/")).html.select_one('input[name="csrf"]')
    assert foreign is not None
    refused = await chief.send(await chief.look("/"), "/sign-out", csrf=foreign["value"])
    assert refused.status == 403


async def test_every_answer_carries_the_policy(chief: Reader) -> None:
    for path in ("/", "/sign-in", "/nothing", "/static/x/golive.css", "/api/v1/health"):
        answer = (await chief.look(path)).answer
        assert answer.headers["Content-Security-Policy"] == POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe" not in POLICY


async def test_no_page_holds_script_or_style_of_its_own(chief: Reader) -> None:
    for path in ("/", "/sign-in", "/components", "/nothing"):
        page = (await chief.look(path)).html
        assert all(script.get("src") and not script.string for script in page.select("script")), path
        assert not page.select("style, [style]"), path
        assert not [name for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")], path


async def test_what_pages_load_is_kept_for_ever_under_its_content(chief: Reader) -> None:
    page = (await chief.look("/")).html
    loaded = [str(tag.get("src") or tag.get("href")) for tag in page.select("script, link, img")]
    assert len(loaded) >= 5
    for address in loaded:
        answer = (await chief.look(address)).answer
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"]


async def test_a_golive_that_runs_needs_nothing_of_what_is_installed_anew(
    chief: Reader, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assets.content.cache_clear()
    assets.digest.cache_clear()
    assets.read()
    monkeypatch.setattr(assets, "FILES", {name: tmp_path / name for name in assets.FILES})
    assert (await chief.look("/")).status == 200
    assert (await chief.look("/nothing")).status == 404
    for name in assets.FILES:
        assert (await chief.look(assets.asset(name))).status == 200


async def test_a_problem_is_a_page_for_people_and_a_document_for_programs(chief: Reader) -> None:
    shown: Shown = await chief.look("/nothing")
    assert shown.status == 404
    assert "There is no page at /nothing." in shown.alert
    answer = await chief.http.get(f"{SITE}/api/v1/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
