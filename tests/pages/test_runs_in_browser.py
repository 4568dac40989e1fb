"""What the script adds to the list of runs and to the form of a start, in Chromium."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.api.team import Team
from tests.pages.served import browsing
from tests.pages.test_runs_list import started

pytestmark = pytest.mark.slow


async def test_the_list_follows_what_is_typed_and_the_address_follows_the_list(
    team: Team, chromium: Browser
) -> None:
    for version in ("1.0", "1.1", "2.0"):
        await started(team, version)
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto("/runs")
        rows = page.locator("#runs tbody tr")
        await expect(rows).to_have_count(3)
        await page.locator("#q").press_sequentially("1.")
        await expect(rows).to_have_count(2)
        await page.wait_for_url("**/runs?q=1.")
        await expect(page.locator("#q")).to_be_focused()
        await page.select_option("#state", "held")
        await expect(page.locator("#runs .empty")).to_be_visible()
        await page.wait_for_url("**/runs?state=held&q=1.")
        await page.go_back()
        await expect(rows).to_have_count(2)
        await expect(page.locator("#state")).to_have_value("")


async def test_digests_are_computed_in_the_browser_and_only_they_are_sent(
    team: Team, chromium: Browser, tmp_path: Path
) -> None:
    files = [tmp_path / f"part-{n}.bin" for n in range(4)]
    for n, file in enumerate(files):
        file.write_bytes(bytes([n]) * 100_000)
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        sent: list[int] = []
        page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
        await page.goto("/start/small")
        await fill(page)
        await page.set_input_files("#digests", files)
        await expect(page.locator("#digests-hint")).to_contain_text("Computed in this browser")
        await page.click(".last [value=start]")
        await page.wait_for_url("**/runs/*")
    run_id = await the_only_run(team)
    release = (await team.manager.get(f"/runs/{run_id}"))["release"]
    assert {each["name"]: each["digest"] for each in release["artifacts"]} == {
        file.name: f"sha256:{sha256(file.read_bytes()).hexdigest()}" for file in files
    }
    assert max(sent) < 10_000


async def test_pressed_twice_it_starts_once_at_the_time_of_the_readers_clock(
    team: Team, chromium: Browser
) -> None:
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto("/start/small")
        await expect(page.locator("#when")).to_contain_text("Europe/Berlin")
        await fill(page)
        await page.fill("#release-artifacts-0-name", "checkout")
        await page.fill("#release-artifacts-0-digest", f"sha256:{'a' * 64}")
        await page.fill("#go_live_at", "2099-07-01T09:00")
        await page.dblclick(".last [value=start]")
        await page.wait_for_url("**/runs/*")
    run = await team.manager.get(f"/runs/{await the_only_run(team)}")
    assert datetime.fromisoformat(run["go_live_at"]) == datetime(2099, 7, 1, 7, tzinfo=UTC)


async def test_enter_only_previews_and_a_refusal_has_the_focus_with_all_that_was_typed(
    team: Team, chromium: Browser
) -> None:
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto("/start/small")
        await fill(page)
        await page.fill("#release-artifacts-0-name", "checkout")
        await page.fill("#release-artifacts-0-digest", "sha256:short")
        await page.locator("#release-version").press("Enter")
        alert = page.locator("[role=alert]")
        await expect(alert).to_be_focused()
        await alert.locator("a").click()
        await expect(page.locator("#release-artifacts-0-digest")).to_be_focused()
        await page.fill("#release-artifacts-0-digest", f"sha256:{'a' * 64}")
        await page.locator("#release-version").press("Enter")
        await expect(page.locator("#preview")).to_contain_text("Nothing is started yet.")
        await expect(page.locator("#release-service")).to_have_value("checkout")
    assert (await team.manager.get("/runs"))["items"] == []


async def test_lessons_appear_with_the_service(team: Team, chromium: Browser) -> None:
    run = await team.start()
    await team.manager.post(f"/runs/{run['id']}/lessons", {"text": "Warm the cache"})
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto("/start/small")
        await page.fill("#release-service", "checkout")
        await page.locator("#release-service").press("Tab")
        await expect(page.locator("#lessons")).to_contain_text("Warm the cache")


async def fill(page: Page) -> None:
    await page.fill("#release-service", "checkout")
    await page.fill("#release-version", "1.4.0")


async def the_only_run(team: Team) -> str:
    (run,) = (await team.manager.get("/runs"))["items"]
    team.stack.runs.append(run["id"])
    return str(run["id"])
