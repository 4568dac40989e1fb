"""An application of the tests, served over HTTP to a real browser in which somebody has signed in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application that has already begun to live; yield its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level=logging.ERROR)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def browsing(chromium: Browser, app: FastAPI, token: str) -> AsyncIterator[Page]:
    """Open a window of the application in Chromium, as whoever has the token."""
    async with served(app) as address:
        context = await chromium.new_context(base_url=address, locale="en-GB", timezone_id="Europe/Berlin")
        try:
            page = await context.new_page()
            await page.goto("/sign-in")
            await page.click("main summary")
            form = page.locator('form[action="/sign-in/token"]')
            await form.locator("[name=token]").fill(token)
            await form.locator("[name=token]").press("Enter")
            await page.wait_for_url(f"{address}/")
            yield page
        finally:
            await context.close()
