"""A task's page: every act by its form, without script, as it is for whoever may and for whoever may not."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import expect

from api.house import House
from db.freezing import freeze, freeze_unknown
from golive.plan import Plan
from golive.recording import Batch
from golive.template import Item, Requirement
from tests.api.client import RELEASE, Client
from tests.api.team import JUNIT, PEOPLE, Team
from tests.api.test_reading import frozen
from tests.db.story import event, first, record, run_change, task_change, text, words
from tests.pages.browser import chromium, served, signed_in
from tests.pages.reader import Reader, filled, reading
from tests.pages.test_work import statements

FULL = """
name: full
title: Full
description: One task that asks for everything.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
stages:
  - id: uat
    process: uat
    title: UAT
    tasks:
      - key: all
        title: Do it all
        description: Everything at once
        function: qa
        verify: true
        requires:
          - {type: remark}
          - {type: link, min: 2, example: "https://ci.example.com/1"}
          - {type: metric, name: coverage, example: 0.9}
          - {type: signature}
          - {type: file}
          - {type: test_result}
        items:
          - {id: pays, text: Pays by card, requires: [{type: link}]}
          - {id: refunds, text: Refunds, required: false}
      - {key: after, title: Look after it, function: qa, needs: [all]}
    approvals:
      - {key: go, title: Go, rules: [{function: ops}]}
"""
HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '"><b>bold</b>{{ 7 * 7 }}{% raw %}',
    "\u202edetrevni\u202c \u200f\u05d0",
    "第一行\r\n第二行 & <em>",
    "x" * 4000,
]


@dataclass(frozen=True)
class Pages:
    """The people of one run at its pages."""

    team: Team
    run: str
    qa1: Reader
    qa2: Reader
    ops1: Reader
    rm: Reader

    def task(self, key: str = "all") -> str:
        return f"/tasks/{self.run}.uat.{key}"

    async def state(self, key: str = "all") -> dict[str, Any]:
        told: dict[str, Any] = await self.team.manager.get(self.task(key))
        return told

    async def events(self) -> list[str]:
        path = f"/runs/{self.run}/events"
        return [row["type"] for row in (await self.team.manager.get(path, limit=500))["items"]]


@pytest.fixture
async def pages(team: Team) -> AsyncIterator[Pages]:
    await team.admin.post("/templates", {"source": FULL})
    body = {"template": "full", "release": RELEASE, "people": PEOPLE, "parameters": {"pace": "demo"}}
    run = (await team.manager.post("/runs", body)).json()["id"]
    team.stack.runs.append(run)
    async with AsyncExitStack() as readers:
        seated = {
            name: await readers.enter_async_context(reading(team.admin.app, client.token))
            for name, client in {
                "qa1": team.qa1,
                "qa2": team.qa2,
                "ops1": team.ops1,
                "rm": team.manager,
            }.items()
        }
        yield Pages(team=team, run=run, **seated)


WHOLE: dict[str, Any] = {
    "task.remark": "All of it\nworks",
    "task.links": "https://ci.example.com/1 the build\nhttps://ci.example.com/2",
    "task.metric.0.value": "0.93",
    "task.metric.0.unit": "share",
    "task.metric.1.name": "seconds",
    "task.metric.1.value": "12",
    "task.signature": "1",
    "item.pays.result": "pass",
    "item.pays.links": "https://shop.example.com/order/1",
    "item.pays.remark": "Three cards",
    "item.refunds.result": "not_applicable",
    "item.refunds.remark": "Nobody refunds here",
}
FILES = [
    ("task.files", ("shot.png", b"\x89PNG", "image/png")),
    ("task.files", ("results.xml", JUNIT, "text/xml")),
]


async def test_a_task_is_taken_completed_with_everything_and_verified(pages: Pages) -> None:
    path = pages.task()
    shown = await pages.qa1.look(path)
    assert "It is offered to qa: qa1, qa2." in shown.text
    assert "for example 0.9" in shown.text
    assert "for example https://ci.example.com/1" in shown.text
    taken = await pages.qa1.send(shown, f"{path}/start")
    assert (taken.status, taken.path) == (200, path)
    assert "It is yours." in taken.text
    assert re.search(r"Done: it is number \d+ in the run's journal", taken.text)
    done = await pages.qa1.send(taken, f"{path}/complete", files=FILES, **WHOLE)
    assert (done.status, done.alert) == (200, "")
    task = await pages.state()
    assert (task["state"], task["done_by"]) == ("to_verify", "qa1")
    assert [piece["type"] for piece in task["evidence"]] == [
        "remark", "link", "link", "metric", "metric", "signature", "file", "test_result",
    ]  # fmt: skip
    assert task["evidence"][0]["text"] == "All of it\nworks"
    assert task["evidence"][1]["title"] == "the build"
    items = {item["id"]: item for item in task["items"]}
    assert (items["pays"]["state"], items["pays"]["evidence"][0]["type"]) == ("pass", "link")
    assert (items["refunds"]["state"], items["refunds"]["remark"]) == (
        "not_applicable",
        "Nobody refunds here",
    )
    for said in (
        "You did it",
        "tests: 2",
        "qa1 signed for it",
        "coverage = 0.93 share",
        "Three cards",
        "shot.png",
    ):
        assert said in done.text, said
    link = done.html.find("a", href="https://ci.example.com/1")
    assert link is not None
    assert set(link["rel"]) == {"noopener", "noreferrer"}
    verified = await pages.qa2.act(path, f"{path}/verify", result="pass", remark="so it is")
    assert (verified.status, verified.alert) == (200, "")
    assert "qa1 did it, and qa2 confirmed it." in verified.text
    assert "so it is" in verified.text
    assert "qa2 verified “Do it all”" in verified.text


async def test_a_refusal_keeps_all_that_was_typed_chosen_and_uploaded(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    wrong = {
        **WHOLE,
        "task.metric.0.value": "many",
        "item.pays.links": "shop.example.com",
        "item.refunds.result": None,
    }
    refused = await pages.qa1.send(await pages.qa1.look(pages.task()), path, files=FILES, **wrong)
    assert refused.status == 422
    for said in ("the metric coverage", "the link shop.example.com", "the result of refunds"):
        assert said in refused.alert, refused.alert
    typed = {name: values[-1].replace("\r\n", "\n") for name, values in filled(refused.form(path)).items()}
    for name, value in wrong.items():
        assert typed.get(name) == value, name
    invalid = {str(field["name"]) for field in refused.html.select("[name][aria-invalid]")}
    assert invalid == {"task.metric.0.value", "item.pays.links"}
    stored = {name: value for name, value in typed.items() if re.fullmatch(r"task\.file\.[0-9a-f]+", name)}
    assert sorted(stored.values()) == ["file", "test_result"]
    assert "shot.png" in refused.text
    mended: dict[str, Any] = {
        "task.metric.0.value": "0.93",
        "item.pays.links": "https://shop.example.com",
        "item.refunds.remark": "",
    }
    done = await pages.qa1.send(refused, path, **mended)
    assert (done.status, done.alert) == (200, "")
    kinds = [piece["type"] for piece in (await pages.state())["evidence"]]
    assert (kinds.count("file"), kinds.count("test_result")) == (1, 1)


async def test_the_rules_name_everything_that_is_missing_and_the_form_stays(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    typed: dict[str, Any] = {"task.remark": "only this"}
    refused = await pages.qa1.act(pages.task(), path, **typed)
    assert refused.status == 422
    assert "The required item “pays” has no result: Pays by card" in refused.alert
    assert "2 × link" in refused.alert
    assert filled(refused.form(path))["task.remark"] == ["only this"]
    assert (await pages.state())["state"] == "open"


async def test_a_file_that_is_left_out_is_not_given(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    shown = await pages.qa1.look(pages.task())
    refused = await pages.qa1.send(shown, path, files=[*FILES, ("task.files", ("wrong.txt", b"wrong"))])
    row = next(row for row in refused.html.select(".file") if "wrong.txt" in row.get_text())
    out = row.select_one('input[type="checkbox"]')
    assert out is not None
    left_out: dict[str, Any] = {str(out["name"]): "on"}
    still = await pages.qa1.send(refused, path, **left_out)
    assert filled(still.form(path))[str(out["name"])] == ["on"]
    done = await pages.qa1.send(still, path, **WHOLE)
    assert (done.status, done.alert) == (200, "")
    assert "wrong.txt" not in done.text


async def test_the_same_form_sent_twice_acts_once_with_its_files(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    shown = await pages.qa1.look(pages.task())
    answers = await asyncio.gather(*(pages.qa1.send(shown, path, files=FILES, **WHOLE) for _ in range(3)))
    assert {(answer.status, answer.alert) for answer in answers} == {(200, "")}
    assert (await pages.events()).count("TaskCompleted") == 1
    again = await pages.qa1.send(shown, path, files=FILES, **{**WHOLE, "task.remark": "other"})
    assert again.status == 422
    comments = f"{pages.task()}/comments"
    for _ in range(2):
        assert (await pages.qa1.send(shown, comments, text="once")).status == 200
    assert (await pages.events()).count("Commented") == 1


async def test_two_people_who_take_it_at_once_have_one_owner_and_one_reason(pages: Pages) -> None:
    path = f"{pages.task()}/start"
    one, other = await pages.qa1.look(pages.task()), await pages.qa2.look(pages.task())
    answers = await asyncio.gather(pages.qa1.send(one, path), pages.qa2.send(other, path))
    assert sorted(answer.status for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status == 409)
    assert "in progress" in late.alert
    assert not late.offers(path)
    assert (await pages.events()).count("TaskStarted") == 1


async def test_blocked_started_again_given_away_not_applicable_and_open_again(pages: Pages) -> None:
    path = pages.task()
    blocked = await pages.qa1.act(path, f"{path}/block", reason="no test cards")
    assert "qa1 cannot go on with it." in blocked.text
    assert "no test cards" in blocked.text
    started = await pages.qa1.act(path, f"{path}/start")
    assert "It is yours." in started.text
    given = await pages.rm.act(path, f"{path}/reassign", to="qa2", reason="qa1 is away")
    assert (given.status, (await pages.state())["assignee"]) == (200, "qa2")
    assert "qa1 is away" in given.text
    offered = await pages.rm.act(path, f"{path}/reassign", to="", reason="")
    assert (offered.status, (await pages.state())["assignee"]) == (200, None)
    aside = await pages.qa2.act(path, f"{path}/not-applicable", reason="no checkout in it")
    assert "Why it does not apply" in aside.text
    assert (await pages.qa1.act(path, f"{path}/verify", result="pass")).status == 200
    assert (await pages.state())["state"] == "not_applicable"
    again = await pages.rm.act(path, f"{path}/reopen", reason="it does")
    assert (again.status, (await pages.state())["state"]) == (200, "open")
    assert "Why it came back" in again.text


async def test_what_was_typed_stays_although_somebody_else_was_faster(pages: Pages) -> None:
    path = f"{pages.task()}/complete"
    shown = await pages.qa1.look(pages.task())
    await pages.qa2.act(pages.task(), f"{pages.task()}/start")
    late = await pages.qa1.send(shown, path, files=FILES, **WHOLE)
    assert (late.status, "belongs to qa2" in late.alert) == (403, True)
    kept = {name: values[-1].replace("\r\n", "\n") for name, values in filled(late.form(path)).items()}
    assert {name: kept.get(name) for name in WHOLE} == WHOLE
    assert len(late.html.select(".file")) == 2
    await pages.qa2.act(pages.task(), f"{pages.task()}/complete", files=FILES, **WHOLE)
    acts: list[tuple[str, dict[str, Any]]] = [
        ("block", {"reason": "no cards"}),
        ("reassign", {"to": "qa1", "reason": "mine"}),
    ]
    for act, typed in acts:
        refused = await pages.qa1.send(shown, f"{pages.task()}/{act}", **typed)
        assert refused.status in (403, 409)
        form = refused.form(f"{pages.task()}/{act}")
        assert form.select_one("[role=alert]")
        assert {name: filled(form)[name][0] for name in typed} == typed


@pytest.mark.parametrize(
    ("act", "field"), [("block", "reason"), ("not-applicable", "reason"), ("comments", "text")]
)
async def test_an_act_without_its_reason_is_refused_and_says_so_at_its_form(
    pages: Pages, act: str, field: str
) -> None:
    path = f"{pages.task()}/{act}"
    blank: dict[str, Any] = {field: "  "}
    refused = await pages.qa1.act(pages.task(), path, **blank)
    assert refused.status == 422
    assert refused.form(path).select_one("[role=alert]")
    assert (await pages.state())["state"] == "open"


async def test_what_is_sent_back_comes_with_the_reason_and_what_was_given_before(pages: Pages) -> None:
    path = pages.task()
    await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    refused = await pages.qa2.act(path, f"{path}/verify", result="fail")
    assert (refused.status, "Say in the remark what is wrong" in refused.alert) == (422, True)
    back = await pages.qa2.act(path, f"{path}/verify", result="fail", remark="The link is dead")
    assert back.status == 200
    shown = await pages.qa1.look(path)
    assert "Why it came back The link is dead" in shown.text
    before = {name: values[-1] for name, values in filled(shown.form(f"{path}/complete")).items()}
    for name, value in WHOLE.items():
        assert before.get(name) == value, name
    again = await pages.qa1.send(shown, f"{path}/complete")
    assert (again.status, again.alert) == (200, "")
    assert len((await pages.state())["evidence"]) == 8


async def test_nobody_verifies_their_own_work_and_the_page_says_who_does(pages: Pages) -> None:
    path = pages.task()
    shown = await pages.qa1.act(path, f"{path}/complete", files=FILES, **WHOLE)
    assert "Nobody confirms their own work" in shown.text
    assert "Who can: qa2" in shown.text
    assert not shown.offers(f"{path}/verify")


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


async def recorded(admin: Client, plan_: Plan | None = None, key: str = "plan") -> Client:
    """Record a run `r1` whose task is in progress with qa1, and return qa1."""
    house: House = admin.app.state.house
    await record(house.database, first(plan_=plan_ or frozen(), run=run_change()))
    taken = event(2, "TaskStarted", object=f"task:uat.{key}", payload={"title": {"en": "Plan", "zh": "计划"}})
    change = task_change(f"uat.{key}", "in_progress", assignee="qa1")
    await record(house.database, Batch(run_id="r1", events=(taken,), tasks=(change,)))
    return await admin.joined("qa1", "assignee", functions=("qa",))


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
