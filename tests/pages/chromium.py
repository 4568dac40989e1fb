"""Chromium, as the tests of pages and the screenshots start it: the one that the system has."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_USUAL = Path("/usr/bin/chromium")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
NONE = "There is no Chromium here; install it, or name its program in CHROMIUM."


def program() -> str | None:
    """Return the path of Chromium: what CHROMIUM names, else where it usually lies, else what the PATH finds."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return str(_USUAL) if _USUAL.exists() else next(filter(None, map(shutil.which, _NAMES)), None)


@asynccontextmanager
async def started(path: str) -> AsyncIterator[Browser]:
    """Run the Chromium of `path` until the block ends."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Run Chromium until the last test. Without one tests are skipped, but fail where all must run."""
    path = program()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NONE)
        pytest.skip(NONE)
    async with started(path) as browser:
        yield browser
