"""A connection that breaks while a form is sent, in Chromium: it is done once, by the button that was pressed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from tests.api.team import JUNIT, Team
from tests.pages.served import browsing
from tests.pages.test_runs_in_browser import fill, the_only_run
from tests.pages.working import FILES, WHOLE, Pages, pages

__all__ = ["pages"]

pytestmark = [pytest.mark.proof, pytest.mark.slow, pytest.mark.timeout(120)]

AWAY = "golive cannot be reached"


@dataclass(frozen=True)
class Lost:
    """What was sent to one address. The first is lost; the others wait until they are let `through`."""

    sent: list[bytes] = field(default_factory=list)
    through: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, route: Route) -> bool:
        """Keep what is sent; tell whether it is the first, else wait until it may go on."""
        self.sent.append(route.request.post_data_buffer or b"")
        first = len(self.sent) == 1
        if not first:
            await self.through.wait()
        return first


Lose = Callable[[Page, str], Awaitable[Lost]]


async def before_it_arrives(page: Page, path: str) -> Lost:
    """Lose the first request to `path`."""
    lost = Lost()

    async def first(route: Route) -> None:
        await (route.abort() if await lost.wait(route) else route.continue_())

    await page.route(f"**{path}", first)
    return lost


async def before_its_answer(page: Page, path: str) -> Lost:
    """Lose the answer to the first request to `path`: it is done, and the browser does not know."""
    lost = Lost()

    async def first(route: Route) -> None:
        if not await lost.wait(route):
            await route.continue_()
            return
        await route.fetch(max_redirects=0)
        await route.abort()

    await page.route(f"**{path}", first)
    return lost


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
        lost = await lose(page, f"{path}/verify")
        await page.fill("#verify-remark", "I looked")
        await page.click(f"[name=result][value={button}]")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await expect(page.locator("#verify-remark")).to_have_value("I looked")
        lost.through.set()
        await expect(page.locator("main .notice.good")).to_contain_text("Done", timeout=15_000)
        await expect(page.locator("#offline")).to_be_hidden()
    assert len(lost.sent) == 2
    assert lost.sent[0] == lost.sent[1]
    assert (await pages.events()).count(event) == 1
    assert (await pages.state())["state"] == state


@LOST
async def test_a_run_is_started_once_and_not_only_previewed(
    team: Team, chromium: Browser, lose: Lose
) -> None:
    async with browsing(chromium, team.admin.app, team.manager.token) as page:
        await page.goto("/start/small")
        lost = await lose(page, "/start/small")
        await fill(page)
        await page.fill('[name="release.artifacts[0].name"]', "a.tar")
        await page.fill('[name="release.artifacts[0].digest"]', f"sha256:{'a' * 64}")
        await page.click(".last [value=start]")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await expect(page.locator("#release-service")).to_have_value("checkout")
        lost.through.set()
        await page.wait_for_url("**/runs/*", timeout=15_000)
    assert len(lost.sent) == 2
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
        lost = await before_it_arrives(page, f"{path}/verify")
        lost.through.set()
        await page.fill("#verify-remark", "On a second thought")
        await page.click("[name=result][value=pass]")
        await expect(page.locator("#offline")).to_contain_text(AWAY)
        await page.click("[name=result][value=fail]")
        await expect(page.locator("main .notice.good")).to_contain_text("Done", timeout=15_000)
    assert len(lost.sent) == 2
    assert (await pages.events()).count("TaskSentBack") == 1
