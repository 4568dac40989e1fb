"""Each page that others change tells it by itself, within a second, and takes nothing from who reads or types."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from statistics import median
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.api.client import Client
from tests.api.team import Team
from tests.api.test_amendments import asked as asked_to_amend
from tests.api.test_amendments import newer, run_id
from tests.api.test_waivers import gated
from tests.pages.approvals import RELEASE, asked
from tests.pages.screens import served, signed_in
from tests.pages.test_waivers import requested

__all__ = ["run_id"]
pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(180)]

SOON = 1.0
"""Seconds after an act is acknowledged within which others see it."""

Act = Callable[[], Awaitable[httpx.Response]]


@asynccontextmanager
async def looking(team: Team, chromium: Browser, who: Client, path: str) -> AsyncIterator[Page]:
    """Let somebody look at a page, until its stream is open; it may neither complain nor be loaded again."""
    complaints: list[str] = []
    async with served(team.admin.app) as address:
        page = await signed_in(chromium, address, who.token)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        async with page.expect_response(lambda answer: "/news?" in answer.url):
            await page.goto(address + path)
        await page.evaluate("window.loadedOnce = true")
        yield page
        assert await page.evaluate("window.loadedOnce")
        assert complaints == []
        await page.context.close()


async def seconds_until(act: Act, seen: Callable[[], Awaitable[None]]) -> float:
    """Let somebody act, and return how long after the acknowledgement it is seen."""
    answer = await act()
    assert answer.is_success, answer.text
    began = time.perf_counter()
    await seen()
    return time.perf_counter() - began


async def typed(page: Page, field: Locator) -> None:
    """Write half a word into a field and mark a part of it."""
    await field.press_sequentially("half a wo")
    await field.evaluate("field => field.setSelectionRange(2, 5)")


async def kept(field: Locator) -> None:
    """See that what was written, the focus and the mark are where they were."""
    await expect(field).to_be_focused()
    state = "field => [field.value, field.selectionStart, field.selectionEnd]"
    assert await field.evaluate(state) == ["half a wo", 2, 5]


def holding(team: Team, run: dict[str, Any]) -> list[tuple[Act, str]]:
    """Return three acts on a run, each with the state that it leads to."""

    def acting(act: str) -> Act:
        return lambda: team.manager.post(f"/runs/{run['id']}/{act}", {"reason": "lunch"})

    return [(acting("hold"), "held"), (acting("resume"), "running"), (acting("hold"), "held")]


async def test_a_task_shows_what_others_do_and_say(team: Team, chromium: Browser) -> None:
    run = await team.start()
    path = f"/tasks/{run['id']}.uat.look"
    async with looking(team, chromium, team.qa1, path) as page:
        await page.locator("summary", has_text="Add more evidence").click()
        field = page.locator("#comments textarea")
        await typed(page, field)

        def says(text: str) -> Act:
            return lambda: team.qa2.post(f"{path}/comments", {"text": text})

        def shows(text: str) -> Callable[[], Awaitable[None]]:
            return lambda: expect(page.locator("#live-comments")).to_contain_text(text, timeout=20_000)

        took = [await seconds_until(says(text), shows(text)) for text in ("one", "two", "three")]
        assert median(took) <= SOON, took
        assert (await team.qa2.post(f"{path}/start", {})).is_success
        await expect(page.locator("#live .says")).to_contain_text("qa2")
        await expect(page.locator("#live")).to_contain_text("not possible now")
        await expect(page.locator("#live-history")).to_contain_text("qa2 took")
        await kept(field)
        assert await page.locator("details", has_text="Add more evidence").evaluate("it => it.open")


async def test_an_approval_shows_who_signs_and_that_its_subject_has_changed(
    team: Team, chromium: Browser
) -> None:
    go = await asked(team)
    digest = (await go.shown())["digest"]
    signature = {"decision": "approved", "meaning": "approved", "comment": "From QA", "digest": digest}
    build = {"reason": "RC2", "release": {**RELEASE, "version": "1.4.1"}}
    async with looking(team, chromium, team.ops1, go.path) as page:
        field, live = page.locator("#approve-comment"), page.locator("#live")
        await typed(page, field)
        took = [
            await seconds_until(
                lambda: team.qa2.post(f"{go.path}/decisions", signature),
                lambda: expect(live).to_contain_text("From QA", timeout=20_000),
            ),
            await seconds_until(
                lambda: team.manager.post(f"/runs/{go.run}/release", build),
                lambda: expect(live).to_contain_text("The subject has changed", timeout=20_000),
            ),
        ]
        assert median(took) <= SOON, took
        await kept(field)


async def test_a_waiver_shows_what_others_decide_and_that_the_forms_are_of_the_past(
    team: Team, chromium: Browser
) -> None:
    run = await gated(team)
    path = await requested(team, run)
    async with looking(team, chromium, team.ops1, path) as page:
        field, live = page.locator("#grant-comment"), page.locator("#live")
        await expect(live).to_contain_text("asked for")
        await typed(page, field)
        build = {"reason": "RC2", "release": {**RELEASE, "version": "1.4.1", "authors": []}}
        took = await seconds_until(
            lambda: team.manager.post(f"/runs/{run}/release", build),
            lambda: expect(live).to_contain_text("not possible now", timeout=20_000),
        )
        assert took <= SOON, took
        await expect(live).to_contain_text("over with its build")
        await kept(field)


async def test_an_amendment_shows_what_others_decide_and_that_the_forms_are_of_the_past(
    team: Team, run_id: str, chromium: Browser
) -> None:
    amendment = await asked_to_amend(team, run_id, template_version=await newer(team))
    path = f"/amendments/{amendment['id']}"
    async with looking(team, chromium, team.ops1, path) as page:
        field, live = page.locator("#approve-comment"), page.locator("#live")
        await expect(live).to_contain_text("asked for")
        await typed(page, field)
        took = await seconds_until(
            lambda: team.manager.post(f"{path}/withdraw", {"reason": "not now"}),
            lambda: expect(live).to_contain_text("not possible now", timeout=20_000),
        )
        assert took <= SOON, took
        await expect(live).to_contain_text("withdrawn")
        await expect(live).to_contain_text("not now")
        await kept(field)


async def test_my_work_follows_its_runs(team: Team, chromium: Browser) -> None:
    run = await team.start()
    async with looking(team, chromium, team.qa1, "/") as page:
        row = page.locator(".work > li", has_text="Look at it")
        await row.locator("a.title").focus()
        took = []
        for act, state in holding(team, run):
            badges = row.locator(".badge", has_text="held")
            number = int(state == "held")
            shown = partial(expect(badges).to_have_count, number, timeout=20_000)
            took.append(await seconds_until(act, shown))
        assert median(took) <= SOON, took
        await expect(row.locator("a.title")).to_be_focused()
        await team.start()
        await expect(page.locator(".work > li", has_text="Look at it")).to_have_count(2)


async def test_the_list_of_runs_follows_them_with_its_filters(team: Team, chromium: Browser) -> None:
    run = await team.start()
    async with looking(team, chromium, team.qa1, f"/runs?q={run['release']['version']}") as page:
        field, rows = page.locator("#service"), page.locator("#runs tbody tr")
        await typed(page, field)
        took = []
        for act, state in holding(team, run):
            shown = partial(expect(rows.locator(".standing .badge")).to_have_text, state, timeout=20_000)
            took.append(await seconds_until(act, shown))
        assert median(took) <= SOON, took
        await kept(field)
        # Another list, by the form: it follows its own runs from then on.
        await field.fill("")
        await page.select_option("#state", "running")
        await page.wait_for_url("**/runs?state=running&*")
        await expect(rows).to_have_count(0)
        assert (await team.manager.post(f"/runs/{run['id']}/resume", {"reason": "back"})).is_success
        await expect(rows).to_have_count(1)
