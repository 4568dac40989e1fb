"""A connection that breaks while a form is sent, in Chromium: it is done once, by the button that was pressed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from tests.api.test_acts import JUNIT, Team
from tests.pages.served import browsing
from tests.pages.test_runs_in_browser import fill, the_only_run
from tests.pages.test_task import FILES, WHOLE, Pages, pages

__all__ = ["pages"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

AWAY = "golive cannot be reached"
Lose = Callable[[Page, str], Awaitable[list[bytes]]]


async def before_it_arrives(page: Page, path: str) -> list[bytes]:
    """Lose the first request to `path`; return what each of them holds."""
    sent: list[bytes] = []

    async def first(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        await (route.abort() if len(sent) == 1 else route.continue_())

    await page.route(f"**{path}", first)
    return sent


async def before_its_answer(page: Page, path: str) -> list[bytes]:
    """Lose the answer to the first request to `path`: it is done, and the browser does not know."""
    sent: list[bytes] = []

    async def first(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        if len(sent) == 1:
            await route.fetch(max_redirects=0)
            await route.abort()
        else:
            await route.continue_()

    await page.route(f"**{path}", first)
    return sent


LOST = pytest.mark.parametrize("lose", [before_it_arrives, before_its_answer])


@LOST
@pytest.mark.parametrize(
    ("button", "state", "event"), [("pass", "done", "TaskVerified"), ("fail", "in_progress", "TaskSentBack")]
)
async def test_a_verification_has_the_result_that_was_pressed(
    pages: Pages, chromium: Browser, lose: Lose, button: str, state: str, event: str
) -> None:
    path = pages.task()
    await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    async with browsing(chromium, pages.team.admin.app, pages.team.qa2.token) as page:
        await page.goto(path)
        sent = await lose(page, f"{path}/verify")
        await page.fill("#verify-remark", "I looked")
        await page.click(f"[name=result][value={button}]")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await expect(page.locator("#verify-remark")).to_have_value("I looked")
        await expect(page.locator("main .notice.good")).to_contain_text("Done", timeout=15_000)
        await expect(page.locator("#offline")).to_be_hidden()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert (await pages.events()).count(event) == 1
    assert (await pages.state())["state"] == state


@LOST
async def test_a_run_is_started_once_and_not_only_previewed(
    team: Team, chromium: Browser, lose: Lose
) -> None:
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto("/start/small")
        sent = await lose(page, "/start/small")
        await fill(page)
        await page.fill('[name="release.artifacts[0].name"]', "a.tar")
        await page.fill('[name="release.artifacts[0].digest"]', f"sha256:{'a' * 64}")
        await page.click(".last [value=start]")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await expect(page.locator("#release-service")).to_have_value("checkout")
        await page.wait_for_url("**/runs/*", timeout=15_000)
    assert len(sent) == 2
    assert (await the_only_run(team)) in page.url


async def test_a_task_is_completed_once_when_the_connection_is_back(pages: Pages, chromium: Browser) -> None:
    path = pages.task()
    async with browsing(chromium, pages.team.admin.app, pages.team.qa1.token) as page:
        await page.goto(path)
        await page.locator(".completing details").evaluate_all(
            "all => all.forEach((one) => { one.open = true })"
        )
        await page.set_input_files(
            '[name="task.files"]',
            [
                FilePayload(name="shot.png", mimeType="image/png", buffer=b"\x89PNG"),
                FilePayload(name="results.xml", mimeType="text/xml", buffer=JUNIT),
            ],
        )
        await expect(page.locator(".file")).to_have_count(2)
        for name, value in WHOLE.items():
            field = page.locator(f'[name="{name}"]')
            if name.endswith((".result", ".signature")):
                await page.check(f'[name="{name}"][value="{value}"]')
            else:
                await field.fill(value)
        await page.context.set_offline(offline=True)
        await page.click(".completing > button")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await expect(page.locator('[name="task.remark"]')).to_have_value(WHOLE["task.remark"])
        await expect(page.locator(".file")).to_have_count(2)
        await page.context.set_offline(offline=False)
        await expect(page.locator("main .notice.good")).to_contain_text("Done", timeout=15_000)
    assert (await pages.events()).count("TaskCompleted") == 1
    assert len((await pages.state())["evidence"]) == 8


async def test_whoever_presses_another_button_meanwhile_is_not_overtaken_by_the_first(
    pages: Pages, chromium: Browser
) -> None:
    path = pages.task()
    await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    async with browsing(chromium, pages.team.admin.app, pages.team.qa2.token) as page:
        await page.goto(path)
        sent = await before_it_arrives(page, f"{path}/verify")
        await page.fill("#verify-remark", "On a second thought")
        await page.click("[name=result][value=pass]")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await page.click("[name=result][value=fail]")
        await expect(page.locator("main .notice.good")).to_contain_text("Done", timeout=15_000)
    assert len(sent) == 2
    assert (await pages.events()).count("TaskSentBack") == 1
