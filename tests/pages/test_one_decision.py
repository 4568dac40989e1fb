"""A decision that is made in one place closes the request in every other: in real browsers, without a reload."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from golive.effects import thread_of
from tests.api.client import problem
from tests.api.team import Team
from tests.pages.approvals import Asked, asked
from tests.pages.reader import reading
from tests.pages.screens import chromium, served, signed_in

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def go(team: Team) -> Asked:
    """A run whose sign-off is asked for: one of ops and one of qa."""
    return await asked(team)


@asynccontextmanager
async def windows(go: Asked, *tokens: str) -> AsyncIterator[list[Page]]:
    """Open the approval in a window of each person's own."""
    async with served(go.team.admin.app) as address, chromium() as browser:
        pages = [await signed_in(browser, address, token) for token in tokens]
        for page in pages:
            await page.goto(f"{address}{go.path}")
        yield pages


async def approve(page: Page) -> None:
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("status").first).to_contain_text("in the run's journal")


async def test_what_somebody_decides_in_one_window_is_asked_of_them_in_no_other(go: Asked) -> None:
    token = go.team.ops1.token
    async with windows(go, token, token, token) as (one, other, work):
        await work.goto(work.url.partition("/approvals")[0])
        await expect(work.locator("main")).to_contain_text("May it go live?")
        await approve(one)
        await expect(other.locator("#live")).to_contain_text(
            "You have decided; it does not wait for you any more."
        )
        await expect(other.get_by_role("button", name="Approve")).to_be_hidden()
        await expect(other.locator("summary", has_text="Reject")).to_be_hidden()
        await expect(work.locator("main")).not_to_contain_text("May it go live?")


async def test_what_one_person_decides_closes_the_request_of_another(go: Asked) -> None:
    async with windows(go, go.team.ops1.token, go.ops2.token) as (first, second):
        await second.locator("#approve-comment").fill("I was about to")
        await approve(first)
        await expect(second.locator("#live")).to_contain_text("ops1 signed in your place")
        await expect(second.get_by_role("button", name="Approve")).to_be_disabled()
        await expect(second.locator("#approve-comment")).to_have_value("I was about to")
        await second.reload()
        await expect(second.locator("#acts")).to_contain_text("Your decision is not awaited any more: ops1")
        await expect(second.get_by_role("button", name="Approve")).to_have_count(0)
        decided = {"decision": "approved", "digest": (await go.shown())["digest"]}
        assert (await go.team.qa2.post(f"{go.path}/decisions", decided)).status_code == 201
        await expect(second.locator("#live")).to_contain_text("It is approved; nobody is asked any more.")
        await expect(second.locator("#live")).to_contain_text("qa2 decided last")
        await expect(second.locator("summary", has_text="Reject")).to_be_hidden()


async def test_a_second_decision_by_another_channel_is_told_clearly_that_there_is_one(go: Asked) -> None:
    async with reading(go.team.admin.app, go.team.ops1.token) as reader:
        page = await reader.look(go.path)
        body = {"decision": "approved", "digest": (await go.shown())["digest"]}
        assert (await go.team.ops1.post(f"{go.path}/decisions", body)).status_code == 201
        late = await reader.send(page, f"{go.path}/reject", comment="I changed my mind")
        assert late.status == 409
        assert "You have already decided" in late.alert
        assert "Approve" not in [button.get_text() for button in late.html.select("#acts button")]
    problem(await go.team.ops1.post(f"{go.path}/decisions", body), 409, "already_decided")
    assert await go.decisions() == [("ops1", "approved")]


async def test_the_log_of_messages_tells_whose_request_was_closed_and_by_whom(
    go: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="golive.notifications"):
        body = {"decision": "approved", "digest": (await go.shown())["digest"]}
        assert (await go.ops2.post(f"{go.path}/decisions", body)).status_code == 201
        async with asyncio.timeout(20):
            while not (closings := [line for line in _lines(caplog) if "closes" in line]):
                await asyncio.sleep(0.02)
    (told,) = closings
    assert (told["to"], told["quietly"]) == (["ops1"], ["ops2"])
    assert told["text"] == "ops2 has decided on “May it go live?”, so your decision is not awaited any more."
    assert told["threads"]["ops1"] == thread_of(told["closes"], "ops1")


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        json.loads(record.getMessage()) for record in caplog.records if record.name == "golive.notifications"
    ]
