"""Real browsers at a real server in front of an application of a test."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright

_CHROMIUM = "/usr/bin/chromium"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Chromium until the block ends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_QUIET))
        yield browser
        await browser.close()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application whose lifespan has begun; return its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, lifespan="off", log_level=logging.ERROR, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    app.state.house.feed.close()
    server.should_exit = True
    await serving


async def signed_in(browser: Browser, address: str, token: str, **context: Any) -> Page:
    """Return a page in a window of its own, in which somebody has signed in."""
    page = await (await browser.new_context(**context)).new_page()
    await page.goto(f"{address}/sign-in")
    await page.locator("summary", has_text="API token").click()
    await page.fill("#token", token)
    await page.press("#token", "Enter")
    await page.wait_for_url(f"{address}/")
    return page
