"""The list of runs: what stands in the address, what is told of it, and the way from page to page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.client import RELEASE
from tests.api.team import PEOPLE, Team
from tests.pages.reader import Reader, Shown, reading

HOSTILE = """<script>alert("1")</script>'"><img src=x onerror=alert(1)> {{ 7*7 }} ${x}"""


async def started(team: Team, version: str, title: str | None = None, **more: Any) -> dict[str, Any]:
    """Start a run of the small template."""
    release = {**RELEASE, "version": version, **more}
    body = {"template": "small", "release": release, "people": PEOPLE, "title": title}
    answer = await team.manager.post("/runs", {name: value for name, value in body.items() if value})
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    team.stack.runs.append(run["id"])
    return run


def titles(shown: Shown) -> list[str]:
    return [link.get_text() for link in shown.html.select("#runs a.title")]


def links(shown: Shown) -> dict[str, str]:
    return {link.get_text(" ", strip=True): str(link["href"]) for link in shown.html.select("#runs a[href]")}


def asked(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


async def test_where_there_are_no_runs_the_page_says_so_and_who_may_is_led_to_the_start(
    chief: Reader, admin: Any
) -> None:
    shown = await chief.look("/runs")
    assert "No run has been started yet." in shown.text
    assert not shown.html.select('main a[href="/start"]'), "an administrator starts none"
    manager = await admin.joined("rm", "release_manager")
    async with reading(admin.app, manager.token) as reader:
        shown = await reader.look("/runs")
        assert shown.html.select('#runs a[href="/start"]')


async def test_a_row_tells_what_a_run_is_and_why_it_is_not_moving(team: Team) -> None:
    run = await started(team, "1.4.0")
    await team.manager.post(f"/runs/{run['id']}/hold", {"reason": "The house is on fire"})
    await started(team, "1.4.1", title="Checkout for Christmas", environment="staging")
    async with reading(team.admin.app, team.manager.token) as reader:
        shown = await reader.look("/runs")
    newest, oldest = shown.html.select("#runs tbody tr")
    assert newest.select_one(f'a[href="/runs/{run["id"]}"]') is None
    assert "Checkout for Christmas checkout 1.4.1 · staging Small running" in " ".join(
        newest.get_text(" ").split()
    )
    told = " ".join(oldest.get_text(" ").split())
    assert oldest.select_one(f'a[href="/runs/{run["id"]}"]') is not None
    for part in ("checkout 1.4.0 · production", "held", "The house is on fire", "0 %", "rm"):
        assert part in told
    assert [str(cell["data-label"]) for cell in oldest.select("td[data-label]")] == [
        "Traffic",
        "Release manager",
        "Started",
        "Planned go-live",
    ]


async def test_filters_stand_in_the_address_and_in_every_link(team: Team) -> None:
    for n in range(4):
        await started(team, f"2.{n}")
    await started(team, "2.9", service="payments")
    async with reading(team.admin.app, team.manager.token) as reader:
        wanted = {"service": "checkout", "state": "running", "q": "2.", "template": "small", "limit": "2"}
        shown = await reader.look("/runs", **wanted)
        assert titles(shown) == ["checkout 2.3", "checkout 2.2"]
        older = links(shown)["Older"]
        assert {name: value[0] for name, value in asked(older).items() if name != "cursor"} == wanted
        live = str(shown.html.select_one("#runs")["hx-sse:connect"])  # type: ignore[index]
        assert {name: value[0] for name, value in asked(live).items() if name != "after"} == wanted
        for field in ("q", "service"):
            assert shown.html.select_one(f'#{field}[value="{wanted[field]}"]'), field
        for field in ("state", "template"):
            assert shown.html.select_one(f'#{field} option[selected][value="{wanted[field]}"]'), field
        without = asked(links(shown)["Without State: running ×"])
        assert without.keys() == {"service", "q", "template", "limit"}
        shown = await reader.look(older)
        assert titles(shown) == ["checkout 2.1", "checkout 2.0"]
        assert "Older" not in links(shown)
        assert titles(await reader.look(links(shown)["Newest"])) == ["checkout 2.3", "checkout 2.2"]
        assert titles(await reader.look("/runs", service="payments", state="", q=" ")) == ["payments 2.9"]


async def test_what_is_live_of_the_list_has_the_same_runs_and_nothing_around_them(team: Team) -> None:
    await started(team, "3.0")
    await started(team, "3.1")
    async with reading(team.admin.app, team.manager.token) as reader:
        whole = await reader.look("/runs", q="3.1")
        live = await reader.live(str(whole.html.select_one("#runs")["hx-sse:connect"]))  # type: ignore[index]
    assert [link.get_text() for link in live.select("a.title")] == titles(whole) == ["checkout 3.1"]
    assert live.select_one("html, main, form, #runs") is None


async def test_no_run_that_matches_is_told_with_what_was_asked_and_a_way_back(chief: Reader) -> None:
    shown = await chief.look("/runs", q="nothing", template="no-such-template")
    assert "No run is like that." in shown.text
    assert "Text: nothing" in shown.text
    assert "Template: no-such-template" in shown.text
    assert links(shown)["Show all runs"] == "/runs"
    assert shown.html.select_one("#template option[selected]").get_text() == "no-such-template"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"state": "sleeping"}, "“State” must be one of: scheduled, running"),
        ({"limit": "many"}, "“limit” must be a whole number."),
        ({"limit": "0"}, "“limit” must be at least 1."),
        ({"q": "x" * 201}, "“Title, service or version” may have at most 200"),
        ({"cursor": "zz"}, "The cursor “zz” is none of this list"),
    ],
)
async def test_a_wrong_filter_is_told_and_the_rest_stands(
    chief: Reader, wrong: dict[str, str], sentence: str
) -> None:
    shown = await chief.look("/runs", service="checkout", **wrong)
    assert shown.status == 200
    assert sentence in shown.text
    assert "The list below does without that." in shown.text
    assert "Service: checkout" in shown.text
    assert shown.html.select_one('#service[value="checkout"]')


async def test_what_is_typed_while_filtering_becomes_an_address_without_empty_fields(chief: Reader) -> None:
    answer = await chief.http.get(
        "/runs", params={"q": "pay", "state": "", "service": ""}, headers={"HX-Request": "true"}
    )
    assert answer.headers["HX-Push-Url"] == "/runs?q=pay"


async def test_a_hostile_title_is_only_text(team: Team) -> None:
    await started(team, "4.0", title=HOSTILE)
    async with reading(team.admin.app, team.manager.token) as reader:
        shown = await reader.look("/runs", q=HOSTILE[:50])
    assert titles(shown) == [HOSTILE]
    assert not shown.html.select("main script, main img, [onerror]")
    assert asked(str(shown.html.select_one("#runs")["hx-sse:connect"]))["q"] == [HOSTILE[:50]]  # type: ignore[index]


async def test_who_has_not_signed_in_sees_no_run(stranger: Reader) -> None:
    for path in ("/runs", "/runs/news", "/start", "/start/saas-standard", "/lessons"):
        assert (await stranger.look(path)).path == "/sign-in", path
