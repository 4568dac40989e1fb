"""A form that is sent when its session has ended: nothing is done, nothing typed is lost, and it can be sent anew."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.api.client import Client
from tests.pages.people import PASSWORD, enrolled
from tests.pages.reader import Reader, filled, reading
from tests.pages.served import browsing
from tests.pages.working import Pages, pages

__all__ = ["pages"]

BLOCK: dict[str, Any] = {"reason": "No <b>access</b>\nto the shop"}


async def test_without_script_it_is_kept_and_sent_by_whoever_signs_in_again(pages: Pages) -> None:
    path = f"{pages.task()}/block"
    reader = pages.qa1
    form = await reader.look(pages.task())
    await reader.act("/", "/sign-out")
    kept = await reader.send(form, path, **BLOCK)
    assert (kept.status, "no longer signed in" in kept.alert) == (401, True)
    assert kept.html.select_one('[role="alert"] a[href="/sign-in"][target="_blank"]') is not None
    assert filled(kept.form(path))["reason"] == [BLOCK["reason"]]
    await reader.act("/sign-in", "/sign-in/token", token=pages.team.qa1.token)
    named = await reader.send(kept, path)
    assert (named.status, "signed in as qa1 now" in named.alert) == (403, True)
    assert "Not sent yet: Say that it is blocked" in named.text
    assert "No <b>access</b> to the shop" in named.text
    assert filled(named.form(path))["key"] == filled(form.form(path))["key"]
    assert "TaskBlocked" not in await pages.events()
    for _ in range(2):
        done = await reader.send(named, path)
        assert (done.status, done.path) == (200, pages.task())
    assert (await pages.events()).count("TaskBlocked") == 1
    assert (await pages.state())["reason"] == BLOCK["reason"]


async def test_somebody_else_who_has_signed_in_is_told_who_they_are_and_acts_as_themselves(
    pages: Pages,
) -> None:
    path = f"{pages.task()}/block"
    reader = pages.qa1
    form = await reader.look(pages.task())
    await reader.act("/sign-in", "/sign-in/token", token=pages.team.ops1.token)
    kept = await reader.send(form, path, **BLOCK)
    assert "signed in as ops1 now" in kept.alert
    refused = await reader.send(kept, path)
    assert refused.status == 403
    assert BLOCK["reason"] in filled(refused.form(path))["reason"][0]
    assert "TaskBlocked" not in await pages.events()


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": ""}])
@pytest.mark.parametrize("away", [True, False])
async def test_what_another_site_sends_is_shown_to_nobody(
    chief: Reader, admin: Client, headers: dict[str, str], away: bool
) -> None:
    form = await chief.look("/me")
    await (
        chief.act("/", "/sign-out") if away else chief.act("/sign-in", "/sign-in/token", token=admin.token)
    )
    shown = await chief.send(form, "/me/tokens", headers=headers, name="planted")
    assert (shown.path, shown.status) == (("/sign-in", 200) if away else ("/me/tokens", 403))
    assert "planted" not in shown.answer.text


async def test_no_page_holds_a_password(admin: Client) -> None:
    await enrolled(admin)
    async with reading(admin.app) as reader:
        await reader.act("/sign-in", "/sign-in", name="ann", password=PASSWORD)
        form = await reader.look("/me")
        await reader.act("/sign-in", "/sign-in", name="ann", password=PASSWORD)
        typed: dict[str, Any] = {
            "present": PASSWORD,
            "password": "another horse battery",
            "again": "another horse battery",
        }
        kept = await reader.send(form, "/me/password", **typed)
        assert kept.status == 403
        assert "horse battery" not in kept.answer.text
        refused = await reader.send(kept, "/me/password")
        assert (refused.status, refused.path) == (422, "/me/password")


async def test_a_page_with_script_is_led_nowhere_and_gets_the_token_of_the_new_session(chief: Reader) -> None:
    form = await chief.look("/me")
    await chief.act("/", "/sign-out")
    script = {"HX-Request": "true"}
    ended = (await chief.send(form, "/me/tokens", headers=script, name="mine")).answer
    assert (ended.status_code, ended.headers["HX-Reswap"], ended.text) == (401, "none", "")
    assert "HX-Redirect" not in ended.headers


@pytest.mark.slow
async def test_in_a_browser_the_form_stands_until_it_is_sent_again(pages: Pages, chromium: Browser) -> None:
    async with browsing(chromium, pages.team.admin.app, pages.team.qa1.token) as page:
        await page.goto(pages.task())
        await page.fill('[name="task.remark"]', "half a checklist")
        await page.locator("#others-title ~ details summary").first.click()
        await page.fill("#block-reason", BLOCK["reason"])
        other = await page.context.new_page()
        await other.goto("/me")
        await other.click(".bar form button")
        await other.wait_for_url("**/sign-in")
        await page.click("#others-title ~ details[open] button")
        told = page.locator("#offline")
        await expect(told).to_contain_text("You are no longer signed in")
        await expect(page.locator("#block-reason")).to_have_value(BLOCK["reason"])
        async with page.expect_popup() as opened:
            await told.get_by_role("link").click()
        tab = await opened.value
        await tab.click("main summary")
        await tab.fill("#token", pages.team.qa1.token)
        await tab.press("#token", "Enter")
        await tab.wait_for_url(lambda address: address.endswith("/"))
        await page.click("#others-title ~ details[open] button")
        await expect(told).to_contain_text("You are signed in as qa1 now")
        await expect(page.locator("#block-reason")).to_have_value(BLOCK["reason"])
        await expect(page.locator('[name="task.remark"]')).to_have_value("half a checklist")
        assert "TaskBlocked" not in await pages.events()
        await page.click("#others-title ~ details[open] button")
        await expect(page.locator("main .notice.good")).to_contain_text("Done")
        await expect(told).to_be_hidden()
    assert (await pages.events()).count("TaskBlocked") == 1
