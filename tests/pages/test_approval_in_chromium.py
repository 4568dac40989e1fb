"""An approver with a keyboard: from the page to the signature without a mouse, and the script remembers the look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from db.looks import last_looks
from tests.api.team import Team
from tests.pages.approvals import Asked, asked

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@pytest.fixture
async def go(team: Team) -> Asked:
    """A run whose sign-off is asked for."""
    return await asked(team)


@asynccontextmanager
async def served(team: Team) -> AsyncIterator[str]:
    """Serve the team's application, which lives already, and give its address."""
    config = uvicorn.Config(team.admin.app, host="127.0.0.1", port=0, log_level=logging.ERROR, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a browser until the block ends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


async def reach(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        focused = "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
        if name in str(await page.evaluate(focused)):
            return
    raise AssertionError(f"no Tab leads to {name}")


async def test_approving_with_the_keyboard_alone_and_the_look_that_the_script_remembers(go: Asked) -> None:
    async with served(go.team) as address, chromium() as browser:
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{address}/sign-in?next={go.path}")
        await page.keyboard.press("Tab")
        await reach(page, "Sign in with an API token")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type(go.team.ops1.token)
        async with page.expect_response(lambda answer: answer.url.endswith("/look")) as looked:
            await page.keyboard.press("Enter")
        assert (await looked.value).status == 204
        assert await page.get_by_role("button", name="I have seen this").count() == 0
        async with go.team.stack.database.reading() as session:
            found = await last_looks(session, f"{go.run}.sign-off.go", ["ops1"])
        assert found["ops1"].digest == (await go.shown())["digest"]
        await reach(page, "Your signature means")
        await page.keyboard.type("Resp")
        await reach(page, "Comment")
        await page.keyboard.type("By keyboard")
        await reach(page, "Approve")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status").first).to_contain_text("in the run's journal")
        await expect(page.locator("#acts")).to_contain_text("You decided: approved")
        assert complaints == []
    made = (await go.shown())["decisions"][0]
    assert (made["by"], made["meaning"], made["comment"]) == ("ops1", "responsible", "By keyboard")
