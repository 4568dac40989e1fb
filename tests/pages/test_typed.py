"""What stands in the other forms of a page when one is sent, and an act that waits for the connection, in Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from tests.api.team import Team
from tests.pages.served import browsing
from tests.pages.test_lost_connection import AWAY
from tests.pages.working import Pages, pages

__all__ = ["pages"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

OTHERS = "#others-title ~ details"


async def block(page: Page, reason: str) -> None:
    """Say that the task of the page is blocked."""
    fold = page.locator(OTHERS, has=page.locator("#block-reason"))
    if not await fold.evaluate("(fold) => fold.open"):
        await fold.locator("summary").click()
    await page.fill("#block-reason", reason)
    await fold.locator("button").click()


async def fill_in(page: Page) -> None:
    """Fill in a part of the form that completes the task, a file with it."""
    await page.fill('[name="task.remark"]', "half of it")
    await page.check('[name="item.pays.result"][value=pass]')
    await page.check('[name="task.signature"]')
    shot = FilePayload(name="shot.png", mimeType="image/png", buffer=b"\x89PNG")
    await page.set_input_files('[name="task.files"]', [shot])
    await expect(page.locator(".file")).to_have_count(1)
    await page.select_option(".file select", "test_result")


async def stands(page: Page) -> None:
    """See that what was filled in stands in the form."""
    await expect(page.locator('[name="task.remark"]')).to_have_value("half of it")
    await expect(page.locator('[name="item.pays.result"][value=pass]')).to_be_checked()
    await expect(page.locator('[name="task.signature"]')).to_be_checked()
    await expect(page.locator(".completing .file")).to_contain_text("shot.png")
    await expect(page.locator(".file select")).to_have_value("test_result")


async def test_it_survives_a_refusal_an_act_and_that_its_form_is_gone_for_a_while(
    pages: Pages, chromium: Browser
) -> None:
    async with browsing(chromium, pages.team.admin.app, pages.team.qa1.token) as page:
        await page.goto(pages.task())
        await fill_in(page)
        await block(page, " ")
        await expect(page.locator("main [role=alert]")).to_be_visible()
        await stands(page)
        await block(page, "The shop is closed")
        await expect(page.locator("main .notice.good")).to_contain_text("Done")
        await expect(page.locator(".completing")).to_have_count(0)
        await page.click(f'[action="{pages.task()}/start"] button')
        await expect(page.locator(".completing")).to_be_visible()
        await stands(page)
        await expect(page.locator("#block-reason")).to_have_value("")


async def test_what_was_refused_survives_another_act_and_is_unfolded(team: Team, chromium: Browser) -> None:
    run = await team.start()
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto(f"/runs/{run['id']}")
        await page.locator('[data-offered="add_action"] summary').click()
        await page.fill("#actions-text", "Warm the cache")
        await page.fill("#action-owner", "nobody")
        await page.fill("#action-due", "2099-01-01T12:00")
        await page.click('[data-offered="add_action"] button')
        await expect(page.locator("main [role=alert]")).to_contain_text("nobody")
        await page.locator('[data-offered="hold"] summary').click()
        await page.fill("#hold-reason", "lunch")
        await page.click('[data-offered="hold"] button')
        await expect(page.locator("main .notice.good")).to_contain_text("Done")
        await expect(page.locator("#actions-text")).to_be_visible()
        await expect(page.locator("#actions-text")).to_have_value("Warm the cache")
        await expect(page.locator("#action-owner")).to_have_value("nobody")
        await expect(page.locator("#hold-reason")).to_have_value("")


async def test_that_it_was_recorded_is_told_once(team: Team, chromium: Browser) -> None:
    run = await team.start()
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto(f"/runs/{run['id']}?recorded=3")
        await expect(page.locator("main .notice.good")).to_contain_text("number 3")
        await page.reload()
        await expect(page.locator("main .notice.good")).to_have_count(0)
        await page.locator('[data-offered="hold"] summary').click()
        await page.fill("#hold-reason", "lunch")
        await page.click('[data-offered="hold"] button')
        await expect(page.locator("main .notice.good")).to_contain_text("Done")
        await page.reload()
        await expect(page.locator("main .why")).to_contain_text("lunch")
        await expect(page.locator("main .notice.good")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
async def test_what_waits_for_the_connection_is_in_sight_and_can_be_taken_back(
    pages: Pages, chromium: Browser, width: int
) -> None:
    async with browsing(chromium, pages.team.admin.app, pages.team.qa1.token) as page:
        await page.set_viewport_size({"width": width, "height": 640})
        await page.goto(pages.task())
        await page.context.set_offline(offline=True)
        await block(page, "The shop is closed")
        told = page.locator("#offline")
        await expect(told).to_contain_text(AWAY)
        pressed = await page.locator(f"{OTHERS}[open] button").bounding_box()
        bar = await told.bounding_box()
        assert pressed is not None
        assert bar is not None
        assert pressed["y"] + pressed["height"] <= bar["y"]
        await told.get_by_role("button", name="Do not send it").click()
        await expect(told).to_contain_text("It is not sent again")
        await expect(page.locator("#block-reason")).to_have_value("The shop is closed")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.method))
        await page.context.set_offline(offline=False)
        await page.click("#comments button")  # the browser's own check: a comment without words is not sent
        await page.fill("#text", "Is the shop closed?")
        await page.click("#comments button")
        await expect(page.locator("#comments .said")).to_contain_text("Is the shop closed?")
        assert sent.count("POST") == 1
    assert "TaskBlocked" not in await pages.events()
