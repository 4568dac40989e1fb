"""The page of a run: what it tells, what it offers to whom, and what it withholds."""

from __future__ import annotations

import gzip
import time

from bs4 import BeautifulSoup

from db.freezing import freeze, freeze_unknown
from golive.recording import Batch
from settings import Settings
from tests.api.client import Client
from tests.api.team import Team, journal
from tests.db import story
from tests.db.story import NOON, QA, STAGES, plan, record, run_change, task, task_change, words
from tests.db.story import event as happened
from tests.pages.reader import SITE, Reader, reading
from tests.pages.streams import first
from tests.pages.walking import offered, seen


async def test_the_page_tells_first_why_the_run_is_where_it_is(team: Team) -> None:
    run = await team.start()
    async with reading(team.admin.app, team.qa1.token) as reader:
        shown = await reader.look(f"/runs/{run['id']}")
    html = shown.html
    first_heading = html.select_one("main h2")
    said = html.select_one(".why .said")
    assert first_heading is not None
    assert first_heading.get_text() == "What it waits for"
    assert said is not None
    assert "“Test it” waits since" in said.get_text()
    assert "qa1, qa2" in said.get_text()
    for part in ("checkout 1.4.0", "running", "production", "sha256:" + "a" * 64, "UAT", "Look at it", "Go"):
        assert part in shown.text, part
    for link in (
        f"/tasks/{run['id']}.uat.test",
        f"/approvals/{run['id']}.uat.go",
        f"/runs/{run['id']}/journal",
    ):
        assert html.select_one(f'a[href="{link}"]') is not None, link


async def test_after_the_end_a_task_is_open_to_nobody_and_was_not_done(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        begun = await manager.look(path)
        assert "open to qa: qa1, qa2" in begun.text
        assert "not done" not in begun.text
        await manager.act(path, f"{path}/abort", reason="it is off")
        ended = await seen(manager, run["id"], lambda shown: not offered(shown))
        for shown in (ended, await manager.look(f"{path}/tasks")):
            assert "open to " not in shown.text
            assert "not done" in shown.text
        one = await manager.look(f"/tasks/{run['id']}.uat.test")
        assert "The run has ended; this was not done." in one.text


async def test_who_may_not_act_sees_who_can_and_no_form(team: Team) -> None:
    run = await team.start()
    viewer = await team.admin.joined("viv", "viewer")
    async with reading(viewer.app, viewer.token) as reader:
        shown = await reader.look(f"/runs/{run['id']}")
        assert not offered(shown)
        assert not shown.html.select("main form")
        assert "rm leads this run." in shown.text
        assert "it needs the role release manager" in shown.text
        token = shown.html.select_one('input[name="csrf"]')
        assert token is not None
        forced = await reader.http.post(
            f"/runs/{run['id']}/hold",
            data={"csrf": token["value"], "reason": "mine"},
            headers={"Origin": SITE},
        )
    assert forced.status_code == 403
    assert "RunHeld" not in await journal(team, run["id"])


async def test_a_frozen_run_offers_only_the_ways_back(team: Team) -> None:
    run = await team.start()
    async with team.stack.database.transaction() as sql:
        assert await freeze(sql, run["id"])
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(f"/runs/{run['id']}")
        assert offered(shown) == {"rollback", "abort"}
        assert "golive db recover" in shown.text
        async with team.stack.database.transaction() as sql:
            assert await freeze_unknown(sql, run["id"])
        unknown = await manager.look(f"/runs/{run['id']}")
        assert not offered(unknown)
        assert "TEMPORAL_NAMESPACE" in unknown.text


async def test_the_page_is_in_chinese_for_who_reads_chinese(team: Team) -> None:
    run = await team.start()
    async with reading(team.manager.app, team.manager.token, language="zh-CN") as manager:
        shown = await manager.look(f"/runs/{run['id']}")
    assert shown.html.html is not None
    assert shown.html.html["lang"] == "zh-CN"
    assert "进行中" in shown.text


async def test_the_way_to_the_temporal_ui_is_shown_where_it_is_known(
    chief: Reader, settings: Settings, admin: Client
) -> None:
    database = chief.app.state.house.database
    await record(database, first())
    assert "Temporal UI" not in (await chief.look("/runs/r1")).text  # who asks from elsewhere cannot reach it
    local = await chief.http.get("/runs/r1", headers={"Host": "localhost:8080"})
    links = BeautifulSoup(local.text, "html.parser").select(".operator a")
    assert [link["href"] for link in links] == [
        f"http://127.0.0.1:{settings.temporal_ui_port}/namespaces/default/workflows/golive%2Fr1"
    ]
    chief.app.state.house.settings.temporal_ui_url = "https://temporal.example.com"
    link = (await chief.look("/runs/r1")).html.select_one(".operator a")
    assert link is not None
    assert str(link["href"]).startswith("https://temporal.example.com/namespaces/default/workflows/")


HOSTILE = '<script>alert("x")</script>{{ 7*7 }}"\'><img src=x onerror=alert(1)>'


async def test_what_people_write_is_text_wherever_it_stands(chief: Reader) -> None:
    database = chief.app.state.house.database
    await record(database, first())
    said = happened(2, "RunHeld", actor=QA, words={"reason": words(HOSTILE)})
    lesson = happened(3, "LessonAdded", actor=QA, words={"text": words(HOSTILE)}, payload={"lesson": "r1-l3"})
    change = run_change("held", hold_reason=words(HOSTILE), title=HOSTILE)
    await record(database, Batch(run_id="r1", events=(said, lesson), run=change))
    for path in ("/runs/r1", "/runs/r1/journal", "/runs/r1/tasks"):
        shown = await chief.look(path)
        assert shown.status == 200
        assert HOSTILE in shown.html.get_text(), path
        assert not [script for script in shown.html.select("script") if not script.get("src")], path
        assert not shown.html.select("[onerror]"), path


async def test_the_journal_is_read_page_by_page_from_the_last_to_the_first(chief: Reader) -> None:
    database = chief.app.state.house.database
    await record(database, first())
    told = tuple(happened(seq, "StagePassed", payload={"stage": f"No. {seq}"}) for seq in range(2, 251))
    await record(database, Batch(run_id="r1", events=told))
    shown = await chief.look("/runs/r1")
    assert len(shown.html.select(".timeline > li:not(.day)")) == 20
    seqs: list[int] = []
    path = "/runs/r1/journal"
    while path:
        shown = await chief.look(path)
        seqs += [
            int(str(row["id"]).removeprefix("event-")) for row in shown.html.select(".timeline > li[id]")
        ]
        after = shown.html.select_one('a[rel="next"]')
        path = str(after["href"]) if after else ""
    assert seqs == list(range(250, 0, -1))
    assert "Nothing happened before this." in (await chief.look("/runs/r1/journal?before=1")).text
    assert (await chief.look("/runs/r1/journal?before=0")).status == 422


async def test_a_run_that_nobody_knows_is_a_page_that_says_so(chief: Reader) -> None:
    for path in ("/runs/r9", "/runs/r9/journal", "/runs/r9/tasks", "/runs/r9/report"):
        shown = await chief.look(path)
        assert (shown.status, "There is no run r9" in shown.alert) == (404, True), path


async def test_a_run_of_a_thousand_tasks_is_shown_in_a_second_and_little(chief: Reader) -> None:
    database = chief.app.state.house.database
    await record(database, thousand())
    await chief.look("/runs/r1")  # templates are compiled once
    began = time.perf_counter()
    shown = await chief.look("/runs/r1")
    took = time.perf_counter() - began
    assert shown.status == 200
    assert "of 1000 tasks done" in shown.text
    assert "And 950 more tasks." in shown.text
    assert len(gzip.compress(shown.answer.content)) < 60_000
    assert took < 5, took  # about 0.3 s; a busy machine is not a fault
    every = await chief.look("/runs/r1/tasks")
    assert len(every.html.select(".rows > li")) == 1000
    assert len(gzip.compress(every.answer.content)) < 150_000


def thousand() -> Batch:
    """Return the start of a run with 1,000 tasks, of which 500 are done."""
    stage = STAGES[0].model_copy(
        update={"tasks": tuple(task(f"t{n}") for n in range(1000)), "approvals": (), "on_rollback": ()}
    )
    changes = tuple(
        task_change(f"t{n}", "done" if n % 2 else "open", done_by="qa1" if n % 2 else None, opened_at=NOON)
        for n in range(1000)
    )
    opened = run_change().model_copy(update={"stages": run_change().stages[:1]})
    return story.first(plan_=plan(stages=(stage,)), run=opened, tasks=changes)
