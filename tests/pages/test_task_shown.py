"""What the page of a task shows to whom, also live, and while the engine is away."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from typing import Any

import pytest
from playwright.async_api import expect

from api.house import House
from db.freezing import freeze, freeze_unknown
from golive.plan import Plan
from golive.recording import Batch
from golive.template import Item, Requirement
from tests.api.client import Client
from tests.api.test_reading import frozen
from tests.db.story import event, record, text, words
from tests.pages.browser import chromium, served, signed_in
from tests.pages.reader import Reader, filled, reading
from tests.pages.test_work import statements
from tests.pages.working import Pages, pages, recorded

__all__ = ["pages"]


HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '"><b>bold</b>{{ 7 * 7 }}{% raw %}',
    "\u202edetrevni\u202c \u200f\u05d0",
    "第一行\r\n第二行 & <em>",
    "x" * 4000,
]


async def test_whoever_cannot_act_reads_why_and_who_can(pages: Pages) -> None:
    viewer = await pages.team.admin.joined("eve", "viewer")
    async with reading(pages.team.admin.app, viewer.token) as eve:
        shown = await eve.look(pages.task())
        forms = [str(form["action"]) for form in shown.html.select("main form")]
        foreign = await eve.http.post(f"{pages.task()}/start", data={"key": "k", "csrf": "x"})
    assert (shown.status, forms) == (200, [])
    assert "You are only reading: tasks are done with the role assignee" in shown.text
    assert "Who can: qa1, qa2. rm manages the run" in shown.text
    assert foreign.status_code == 403
    ops = await pages.ops1.look(pages.task())
    assert "in this run the task is for the function qa" in ops.text
    assert [str(form["action"]) for form in ops.html.select("main form")] == [f"{pages.task()}/comments"]
    await pages.qa1.act(pages.task(), f"{pages.task()}/start")
    assert "It belongs to qa1" in (await pages.qa2.look(pages.task())).text
    locked = await pages.qa1.look(pages.task("after"))
    assert "It opens by itself when what comes before it is done." in locked.text
    before = locked.html.select_one(f'.before a[href="{pages.task()}"]')
    assert before is not None
    assert "in progress" in before.parent.get_text()  # type: ignore[union-attr]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_people_write_is_shown_as_text(pages: Pages, hostile: str) -> None:
    path = pages.task()
    shown = await pages.qa1.act(path, f"{path}/comments", text=hostile)
    assert shown.status == 200, shown.alert
    said = shown.html.select(".said p")[-1]
    assert said.get_text("\n") == hostile.replace("\r\n", "\n")
    assert not said.select("script, img, b, em")
    too_long = await pages.qa1.act(path, f"{path}/comments", text=hostile + "y" * 4000)
    assert too_long.status == 422
    kept = filled(too_long.form(f"{path}/comments"))["text"][0]
    assert kept.replace("\r\n", "\n") == (hostile + "y" * 4000).replace("\r\n", "\n")
    assert "<script>alert" not in too_long.answer.text


async def test_comments_stand_with_author_and_time_the_newest_last(pages: Pages) -> None:
    path = pages.task()
    await pages.qa1.act(path, f"{path}/comments", text="first")
    shown = await pages.ops1.act(path, f"{path}/comments", text="second")
    said = [" ".join(entry.get_text(" ").split()) for entry in shown.html.select(".said li")]
    assert [re.sub(r" \w{3}, .* \d\d:\d\d ", " ", entry) for entry in said] == ["qa1 first", "ops1 second"]
    assert len(shown.html.select(".said time")) == 2


async def test_the_live_part_tells_what_others_did_and_that_a_form_is_no_longer_possible(
    pages: Pages,
) -> None:
    path = pages.task()
    shown = await pages.qa1.look(path)
    live = shown.html.select_one("#live")
    assert live is not None
    assert not live.select("form, input, textarea")
    address = str(live["hx-sse:connect"])
    quiet = str(await pages.qa1.live(address))
    assert "This changed while you were here" not in quiet
    assert "<html" not in quiet
    await pages.qa2.act(path, f"{path}/start")
    await pages.qa2.act(path, f"{path}/comments", text="mine now")
    news = await pages.qa1.live(address)
    for said in (
        "This changed while you were here, and what you were about to do is not possible now.",
        "qa2 does it.",
        "mine now",
        "qa2 took “Do it all”",
    ):
        assert said in str(news), said
    assert [part["id"] for part in news.select("[hx-swap-oob]")] == [
        "live-facts",
        "live-comments",
        "live-history",
    ]
    await pages.qa2.act(path, f"{path}/reassign", to="qa1")
    more = str(await pages.ops1.live(f"{path}/news?acts="))
    assert "there is something that you can do now" in more


async def test_an_ended_run_takes_nothing_more(pages: Pages) -> None:
    assert (
        await pages.team.manager.post(f"/runs/{pages.run}/abort", {"reason": "not today"})
    ).status_code == 200
    async with asyncio.timeout(20):
        while (await pages.team.manager.get(f"/runs/{pages.run}"))["state"] != "aborted":
            await asyncio.sleep(0.05)
    shown = await pages.qa1.look(pages.task())
    assert not shown.html.select("main form")
    assert "aborted" in shown.text


@pytest.mark.slow
async def test_in_a_real_browser_a_comment_leaves_what_stands_in_the_other_form(pages: Pages) -> None:
    team = pages.team
    async with served(team.admin.app) as address, chromium() as browser:
        page = await signed_in(browser, address, team.qa1.token)
        await page.goto(address + pages.task())
        await page.fill('[name="task.remark"]', "half a checklist")
        await page.check('[name="item.pays.result"][value="pass"]')
        await page.fill("#text", "a question meanwhile")
        await page.click("#comments button[type=submit]")
        await expect(page.locator(".said li")).to_contain_text("a question meanwhile")
        await expect(page.locator("#text")).to_have_value("")
        await expect(page.locator('[name="task.remark"]')).to_have_value("half a checklist")
        await expect(page.locator('[name="item.pays.result"][value="pass"]')).to_be_checked()
        await page.dblclick('form[action$="/start"] button')
        await expect(page.locator(".says")).to_have_text("It is yours.")
        assert (await pages.events()).count("TaskStarted") == 1


# -- with the engine away ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unknown", "remedy"), [(True, "TEMPORAL_NAMESPACE"), (False, "golive db recover")])
async def test_a_frozen_run_tells_the_remedy_of_its_own_cause(
    admin: Client, unknown: bool, remedy: str
) -> None:
    qa1 = await recorded(admin)
    house: House = admin.app.state.house
    async with house.database.transaction() as session:
        assert await (freeze_unknown if unknown else freeze)(session, "r1")
    async with reading(admin.app, qa1.token) as reader:
        shown = await reader.look("/tasks/r1.uat.plan")
    assert not shown.html.select("main form")
    assert remedy in shown.text
    assert ("golive db recover" in shown.text) == (not unknown)


async def test_an_unknown_outcome_is_pending_under_the_same_key_with_everything_that_was_sent(
    admin: Client,
) -> None:
    qa1 = await recorded(admin)
    async with reading(admin.app, qa1.token) as reader:
        shown = await reader.look("/tasks/r1.uat.plan")
        key = filled(shown.form("/tasks/r1.uat.plan/complete"))["key"]
        files = [("task.files", ("log.txt", b"log", "text/plain"))]
        typed: dict[str, Any] = {"task.remark": "done\nall", "task.metric.0.value": "0.95"}
        pending = await reader.send(shown, "/tasks/r1.uat.plan/complete", files=files, **typed)
        assert (pending.status, "Not known yet: Complete it" in pending.text) == (503, True)
        assert pending.html.select_one('main .head a[href="/runs/r1"]') is not None
        kept = filled(pending.form("/tasks/r1.uat.plan/complete"))
        assert (kept["key"], kept["task.metric.0.value"]) == (key, ["0.95"])
        assert kept["task.remark"][0].replace("\r\n", "\n") == typed["task.remark"]
        stored = [name for name in kept if name.startswith("task.file.")]
        assert (len(stored), kept[stored[0]]) == (1, ["file"])
        again = await reader.send(pending, "/tasks/r1.uat.plan/complete")
        assert filled(again.form("/tasks/r1.uat.plan/complete")).keys() == kept.keys()
        acts: list[tuple[str, dict[str, Any]]] = [("block", {"reason": "why"}), ("comments", {"text": "hm"})]
        for act, more in acts:
            path = f"/tasks/r1.uat.plan/{act}"
            lost = await reader.act("/tasks/r1.uat.plan", path, **more)
            assert lost.status == 503
            assert {name: filled(lost.form(path))[name] for name in more} == {n: [v] for n, v in more.items()}


async def test_a_task_that_does_not_exist_is_a_page_that_says_so(chief: Reader) -> None:
    for path in ("/tasks/r1.uat.nothing", "/tasks/r1.uat.nothing/news", "/tasks/%00", "/tasks/..%2f"):
        shown = await chief.look(path)
        assert shown.status in (404, 422), path
        assert shown.alert
    page = await chief.look("/tasks/r1.uat.nothing")
    assert "There is no task r1.uat.nothing" in page.alert


def with_items(count: int) -> Plan:
    items = tuple(
        Item(
            id=f"item-{n}",
            text=text(f"Check the thing number {n} thoroughly"),
            requires=(Requirement(type="link"),),
        )
        for n in range(count)
    )
    plan = frozen()
    uat, grey = plan.stages
    tasks = tuple(
        task.model_copy(update={"items": items}) if task.key == "plan" else task for task in uat.tasks
    )
    return plan.model_copy(update={"stages": (uat.model_copy(update={"tasks": tasks}), grey)})


async def test_two_hundred_items_are_light_and_quick_and_take_no_more_queries(admin: Client) -> None:
    qa1 = await recorded(admin, with_items(200))
    async with reading(admin.app, qa1.token) as reader:
        with statements(admin) as of_many:
            shown = await reader.look("/tasks/r1.uat.plan")
        with statements(admin) as of_none:
            await reader.look("/tasks/r1.uat.test")
        began = time.perf_counter()
        await reader.look("/tasks/r1.uat.plan")
        took = time.perf_counter() - began
    assert len(shown.html.select("fieldset.item")) == 200
    assert len(gzip.compress(shown.answer.content)) < 50_000
    assert took < 2
    assert abs(len(of_many) - len(of_none)) <= 1
    assert len(of_many) < 20


async def test_erased_words_are_told_as_erased(admin: Client) -> None:
    from db.words import erase

    house: House = admin.app.state.house
    qa1 = await recorded(admin)
    said = words("hello")
    about = event(3, "Commented", object="task:uat.plan", words={"comment": said})
    await record(house.database, Batch(run_id="r1", events=(about,)))
    async with house.database.transaction() as session:
        await erase(session, said.digest)
    async with reading(admin.app, qa1.token) as reader:
        assert "erased" in (await reader.look("/tasks/r1.uat.plan")).text


async def test_the_page_speaks_chinese(admin: Client) -> None:
    await recorded(admin)
    li = await admin.joined("li", "viewer", locale="zh")
    async with reading(admin.app, li.token) as reader:
        shown = await reader.look("/tasks/r1.uat.plan")
    assert "plan（中文）" in shown.text
    assert json.loads(json.dumps(shown.html.html["lang"])) == "zh-CN"  # type: ignore[index]
