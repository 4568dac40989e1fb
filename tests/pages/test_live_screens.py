"""Two people with real browsers look at one run: what one does, the other sees, and nothing is taken from them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.api.team import Team
from tests.pages.screens import chromium, served, signed_in

pytestmark = [pytest.mark.proof, pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(180)]

SOON = 1.0
"""Seconds within which what another person did appears."""


@asynccontextmanager
async def two(team: Team, run_id: str) -> AsyncIterator[tuple[Page, Page, list[str]]]:
    """Let the manager and qa1 look at a run; return their pages, and what the browsers complain of."""
    complaints: list[str] = []
    async with served(team.admin.app) as address, chromium() as browser:
        pages = [await signed_in(browser, address, who.token) for who in (team.manager, team.qa1)]
        for page in pages:
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            await page.goto(f"{address}/runs/{run_id}")
        async with asyncio.timeout(20):
            while team.admin.app.state.house.feed.watched(run_id) < len(pages):
                await asyncio.sleep(0.02)
        yield pages[0], pages[1], complaints


async def act(page: Page, title: str, label: str, reason: str) -> None:
    """Unfold an act, give the reason, send it, and wait until it is acknowledged."""
    form = page.locator(".act:not([hidden])", has_text=title).first
    await form.locator("summary").click()
    await form.locator("textarea").first.fill(reason)
    await form.get_by_role("button", name=label).click()
    await page.locator("#main").get_by_text("in the run's journal").wait_for()


async def test_what_another_person_does_appears_within_a_second(team: Team) -> None:
    run = await team.start()
    took: list[float] = []
    acts = [("Hold", "Hold the run", "held"), ("Resume", "Resume the run", "running")] * 2
    async with two(team, run["id"]) as (manager, other, complaints):
        for title, label, state in acts[:3]:
            await act(manager, title, label, f"because of {state}")
            began = time.perf_counter()
            await expect(other.locator("#stands .badge").first).to_have_text(state, timeout=20_000)
            took.append(time.perf_counter() - began)
            if took[-1] <= SOON:
                break
        assert min(took) <= SOON, took
        assert complaints == []


async def test_news_takes_nothing_from_who_types_or_reads(team: Team) -> None:
    run = await team.start()
    async with two(team, run["id"]) as (manager, other, complaints):
        await other.locator(".act summary", has_text="Comment").click()
        field = other.locator("#comments-text")
        await field.fill("half a senten")
        await field.evaluate("field => field.setSelectionRange(4, 6)")
        await other.evaluate("document.querySelector('.stage details').open = false")
        await other.locator("#builds, .stage details").first.evaluate(
            "details => details.dataset.kept = 'yes'"
        )
        await act(manager, "Hold", "Hold the run", "lunch")
        await expect(other.locator("#stands .badge").first).to_have_text("held")
        await expect(other.locator(".timeline")).to_contain_text("rm held the run")
        assert await field.input_value() == "half a senten"
        assert await other.evaluate(
            "[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd]"
        ) == ["comments-text", 4, 6]
        assert await other.evaluate("document.querySelector('#comments-text').closest('details').open")
        assert not await other.evaluate("document.querySelector('.stage details').open")
        assert complaints == []


async def test_what_is_possible_follows_the_run_and_a_form_that_was_begun_stays(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with two(team, run["id"]) as (manager, _, complaints):
        await expect(manager.locator('[data-offered="resume"]')).to_be_hidden()
        await manager.locator(".act summary", has_text="New build").click()
        await manager.locator('[data-offered="hold"] summary').click()
        await manager.locator("#hold-reason").fill("I wanted to say")
        held = await team.manager.post(f"{path}/hold", {"reason": "from elsewhere"})
        assert held.status_code == 200
        await expect(manager.locator('[data-offered="resume"]')).to_be_visible()
        await expect(manager.locator("#hold-reason")).to_have_value("I wanted to say")
        await expect(manager.locator('[data-offered="hold"]')).to_be_visible()
        await manager.locator("#hold-reason").fill("")
        resumed = await team.manager.post(f"{path}/resume", {"reason": "from elsewhere"})
        assert resumed.status_code == 200
        await expect(manager.locator('[data-offered="resume"]')).to_be_hidden()
        assert complaints == []


async def test_who_looks_on_while_a_run_ends_is_told_that_nothing_can_be_done_any_more(team: Team) -> None:
    run = await team.start()
    async with two(team, run["id"]) as (manager, other, _):
        leads, ended = "rm leads this run", "This run has ended; nothing can be done in it any more."
        await expect(other.locator("#acts")).to_contain_text(leads)
        aborted = await team.manager.post(f"/runs/{run['id']}/abort", {"reason": "it is off"})
        assert aborted.status_code == 200
        for page in (manager, other):
            await expect(page.get_by_text(ended)).to_be_visible()
            await expect(page.get_by_text(leads)).not_to_be_visible()
            await expect(page.locator(".act:visible")).to_have_count(0)


async def test_a_stream_that_broke_off_catches_up_by_itself(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with two(team, run["id"]) as (_, other, _complaints):
        await other.context.set_offline(offline=True)
        assert (await team.manager.post(f"{path}/hold", {"reason": "lunch"})).status_code == 200
        await other.context.set_offline(offline=False)
        await expect(other.locator("#stands .badge").first).to_have_text("held", timeout=20_000)


async def test_who_is_signed_out_elsewhere_is_told_and_keeps_what_was_typed(team: Team) -> None:
    run = await team.start()
    async with two(team, run["id"]) as (_, other, _complaints):
        await other.locator(".act summary", has_text="Comment").click()
        await other.locator("#comments-text").fill("half a senten")
        changed = await team.admin.ask("PATCH", "/users/qa1", json={"enabled": False})
        assert changed.status_code == 200
        told = other.locator("#offline")
        await expect(told).to_contain_text("You are no longer signed in", timeout=20_000)
        assert await other.locator("#comments-text").input_value() == "half a senten"
