"""Where the keyboard is after a form was answered, and what screen readers are told, in Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.api.client import Client
from tests.api.team import Team
from tests.pages.reader import reading
from tests.pages.served import browsing
from tests.pages.working import recorded

pytestmark = [pytest.mark.proof, pytest.mark.slow]


async def hold(page: Page, reason: str) -> None:
    await page.locator('[data-offered="hold"] summary').click()
    await page.fill("#hold-reason", reason)
    await page.click('[data-offered="hold"] button')


async def test_what_was_done_is_said_and_the_heading_has_the_focus(team: Team, chromium: Browser) -> None:
    run = await team.start()
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto(f"/runs/{run['id']}")
        said = page.locator("#said")
        await said.evaluate("region => { region.dataset.same = 'yes' }")
        await hold(page, "lunch")
        await expect(said).to_contain_text("in the run's journal")
        await expect(page.locator("main h1")).to_be_focused()
        await expect(page.locator("main .notice.good")).to_have_text(await said.inner_text())
        assert await page.get_by_role("status").filter(has_text="journal").count() == 1
        assert await said.get_attribute("data-same") == "yes", (
            "a region that comes with its words is not read"
        )
        first = await said.inner_text()
        await page.locator('[data-offered="resume"] summary').click()
        await page.fill("#resume-reason", "after lunch")
        await page.press("#resume-reason", "Tab")
        await page.keyboard.press("Enter")
        await expect(said).not_to_have_text(first)
        await expect(said).to_contain_text("in the run's journal")
        await expect(page.locator("main h1")).to_be_focused()


async def test_a_refusal_has_the_focus_and_a_comment_is_followed_by_its_section(
    team: Team, chromium: Browser
) -> None:
    run = await team.start()
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto(f"/runs/{run['id']}")
        await hold(page, " ")
        await expect(page.locator("main [role=alert]")).to_be_focused()
    async with browsing(chromium, team.admin.app, team.qa1.token) as page:
        await page.goto(f"/tasks/{run['id']}.uat.look")
        await page.fill("#text", "a question")
        await page.click("#comments button[type=submit]")
        await expect(page.locator("#comments .said")).to_contain_text("a question")
        await expect(page.locator("#comments-title")).to_be_focused()


async def test_while_nothing_is_known_the_page_stands_still_and_asks_again(
    admin: Client, chromium: Browser
) -> None:
    qa1 = await recorded(admin)
    async with browsing(chromium, admin.app, qa1.token) as page:
        await page.goto("/tasks/r1.uat.plan")
        await page.locator("#others-title ~ details summary").first.click()
        await page.fill("#block-reason", "why")
        await page.click("#others-title ~ details[open] button")
        await expect(page.locator("main h1")).to_be_focused()
        await expect(page.locator("#said")).to_contain_text("asked for again by itself")
        await page.get_by_role("link", name="Look at the page without waiting").focus()
        for _ in range(2):
            async with page.expect_response("**/block"):
                pass
        await expect(page.get_by_role("link", name="Look at the page without waiting")).to_be_focused()
    async with reading(admin.app, qa1.token) as reader:
        assert (await reader.look("/tasks/r1.uat.plan")).html.select_one("#said") is not None
