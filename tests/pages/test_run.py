"""The page of a run: what it tells, what it offers to whom, and that each act is done through its form, once."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable

from bs4 import BeautifulSoup

from api.schemas.release import ReleaseGiven
from db.freezing import freeze, freeze_unknown
from golive.recording import Batch
from settings import Settings
from tests.api.client import RELEASE, Client
from tests.api.team import Team, journal
from tests.db import story
from tests.db.story import NOON, QA, STAGES, plan, record, run_change, task, task_change, words
from tests.db.story import event as happened
from tests.pages.reader import SITE, Reader, Shown, filled, reading
from tests.pages.streams import first

WALK = """
name: walk
title: Walk
description: Traffic in steps.
parameters:
  - {key: pace, title: Pace, type: choice, choices: [real, demo], default: real}
stages:
  - id: grey
    process: grey_release
    title: Grey
    rollout:
      steps:
        - {do: set_weight, weight: 5}
        - {do: pause}
        - {do: set_weight, weight: 50}
        - {do: pause}
        - {do: set_weight, weight: 100}
    on_rollback: [{key: restore, title: Restore it, function: ops}]
"""
SPEAKING = {"comment", "add_lesson", "add_action"}
LEADING = {"amend", "hold", "new_build", "rollback", "abort", *SPEAKING}


def offered(shown: Shown) -> set[str]:
    """Return the acts whose forms are shown."""
    return {
        str(act["data-offered"])
        for act in shown.html.select(".act[data-offered]")
        if not act.has_attr("hidden")
    }


async def seen(reader: Reader, run_id: str, until: Callable[[Shown], bool]) -> Shown:
    """Open the page again and again until it is as wanted."""
    async with asyncio.timeout(30):
        while not until(shown := await reader.look(f"/runs/{run_id}")):
            await asyncio.sleep(0.05)
    return shown


async def walking(team: Team) -> str:
    """Start a run that is in a pause of its rollout."""
    published = await team.admin.post("/templates", {"source": WALK})
    assert published.status_code == 201, published.text
    body = {
        "template": "walk",
        "release": RELEASE,
        "people": {"ops": ["ops1"]},
        "parameters": {"pace": "demo"},
    }
    answer = await team.manager.post("/runs", body)
    assert answer.status_code == 201, answer.text
    run_id = str(answer.json()["id"])
    team.stack.runs.append(run_id)
    async with reading(team.manager.app, team.manager.token) as manager:
        await seen(manager, run_id, lambda shown: "promote" in offered(shown))
    return run_id


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


async def test_a_run_is_held_and_resumed_through_its_forms_and_why_is_told(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        assert offered(shown) == LEADING
        held = await manager.send(shown, f"{path}/hold", reason="The copy is not ready.\nops1 restores it.")
        assert held.path == path
        assert "number" in held.text
        assert offered(held) == {"amend", "resume", "new_build", "rollback", "abort", *SPEAKING}
        assert "Why it is not moving" in held.text
        quoted = held.html.select_one(".why blockquote")
        assert quoted is not None
        assert [str(line) for line in quoted.stripped_strings] == [
            "The copy is not ready.",
            "ops1 restores it.",
        ]
        resumed = await manager.send(held, f"{path}/resume", reason="It is ready")
        assert offered(resumed) == LEADING
    assert [e for e in await journal(team, run["id"]) if e.startswith("RunHe") or e == "RunResumed"] == [
        "RunHeld",
        "RunResumed",
    ]


async def test_a_refusal_keeps_the_reason_that_was_typed_and_says_why(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        await manager.send(shown, f"{path}/hold", reason="first")
        again = await manager.send(shown, f"{path}/hold", reason="my own reason", key="another")
    assert again.status == 409
    assert "only a running one can be held" in again.alert
    form = again.form(f"{path}/hold")
    assert filled(form)["reason"] == ["my own reason"]
    assert form.find_parent("details", open=True) is not None
    assert form.find_parent(hidden=True) is None


async def test_a_blank_reason_is_refused_in_words(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.act(path, f"{path}/abort", reason="   ")
    assert shown.status == 422
    assert shown.alert
    assert "AbortRequested" not in await journal(team, run["id"])


async def test_the_same_form_sent_twice_acts_once(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        both = await asyncio.gather(*(manager.send(shown, f"{path}/hold", reason="lunch") for _ in range(2)))
    assert [one.status for one in both] == [200, 200]
    assert (await journal(team, run["id"])).count("RunHeld") == 1


async def test_an_abort_wins_while_the_run_is_held(team: Team) -> None:
    run_id = await walking(team)
    path = f"/runs/{run_id}"
    async with reading(team.manager.app, team.manager.token) as manager:
        await manager.act(path, f"{path}/hold", reason="wait")
        shown = await manager.look(path)
        assert offered(shown) == {"amend", "resume", "rollback", "abort", *SPEAKING}
        danger = shown.form(f"{path}/abort")
        assert "Traffic returns to the stable version at once" in danger.get_text()
        assert danger.select_one("button.danger") is not None
        await manager.send(shown, f"{path}/abort", reason="users cannot pay")
        ended = await seen(manager, run_id, lambda shown: "ended" in shown.text and not offered(shown))
        assert "rm aborted the run." in ended.text
        assert "users cannot pay" in ended.text
        (told,) = ended.html.select("#acts > p:not([hidden])")
        assert told.get_text() == "This run has ended; nothing can be done in it any more."


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


async def test_the_rollout_is_promoted_retried_and_rolled_back_through_its_forms(team: Team) -> None:
    run_id = await walking(team)
    path = f"/runs/{run_id}"
    rolling = {"amend", "hold", "promote", "promote_full", "retry", "rollback", "abort", *SPEAKING}
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        assert offered(shown) == rolling
        assert "2 of 5: pause until a person promotes" in shown.text
        await manager.send(shown, f"{path}/promote", reason="all well")
        shown = await seen(manager, run_id, lambda one: "4 of 5" in one.text and offered(one) == rolling)
        await manager.send(shown, f"{path}/retry", reason="once more")
        shown = await seen(manager, run_id, lambda one: "2 of 5" in one.text and offered(one) == rolling)
        await manager.send(shown, f"{path}/rollback", reason="the totals are wrong")
        back = await seen(manager, run_id, lambda one: "Restore it" in one.text)
        assert offered(back) == {"abort", *SPEAKING}
        assert "rolling back" in back.text
    assert {"RolloutPromoted", "RolloutRestarted", "RollbackRequested"} <= set(await journal(team, run_id))


async def test_a_promotion_to_the_end_ends_the_rollout(team: Team) -> None:
    run_id = await walking(team)
    path = f"/runs/{run_id}"
    async with reading(team.manager.app, team.manager.token) as manager:
        await manager.act(path, f"{path}/promote-full", reason="nobody complains")
        ended = await seen(manager, run_id, lambda one: "completed" in one.text)
        assert "Everything was done, and the run is complete." in ended.text
        await seen(manager, run_id, lambda one: bool(one.html.select(f'#live a[href="{path}/report"]')))
        assert not offered(ended)


async def test_a_new_build_is_given_by_its_form_and_mistakes_keep_what_was_typed(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        form = filled(shown.form(f"{path}/release"))
        assert form["artifacts"] == [f"checkout sha256:{'a' * 64}"]
        wrong = await manager.send(shown, f"{path}/release", reason="RC2", artifacts="my tar.gz sha256:xyz")
        assert wrong.status == 422
        assert wrong.alert
        assert filled(wrong.form(f"{path}/release"))["artifacts"] == ["my tar.gz sha256:xyz"]
        given = f"my tar.gz sha256:{'b' * 64}\nsecond sha256:{'c' * 64}"
        done = await manager.send(
            wrong, f"{path}/release", version="1.4.1", artifacts=given, authors="dev1, qa2", scope="Totals"
        )
        assert done.status == 200, done.alert
    release = (await team.manager.get(path))["release"]
    assert release["version"] == "1.4.1"
    assert [one["name"] for one in release["artifacts"]] == ["my tar.gz", "second"]
    assert (release["authors"], release["scope"]) == (["dev1", "qa2"], "Totals")
    assert ReleaseGiven.model_validate({**RELEASE, "version": "1.4.1"}).environment == release["environment"]


async def test_lessons_actions_and_comments_are_added_and_closed_by_their_forms(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.qa1.app, team.qa1.token) as reader:
        reader.http.cookies.set("golive-zone", "Asia/Shanghai")
        assert offered(await reader.look(path)) == SPEAKING
        await reader.act(path, f"{path}/comments", text="Thursday is better.")
        await reader.act(path, f"{path}/lessons", text="Start earlier")
        added = await reader.act(
            path, f"{path}/actions", text="Automate it", owner="qa2", due_at="2099-01-02T09:30"
        )
        assert offered(added) == {*SPEAKING, "close_action"}
        for part in ("Thursday is better.", "Start earlier", "Automate it", "qa2"):
            assert part in added.text, part
        closed = await reader.send(added, f"{path}/actions/close", remark="it runs")
        assert "closed by qa1" in closed.text
        nobody = await reader.act(
            path, f"{path}/actions", text="x", owner="nobody", due_at="2099-01-02T09:30"
        )
        assert nobody.status == 422
        assert "nobody" in nobody.alert
        when = await reader.act(path, f"{path}/actions", text="x", owner="qa2", due_at="soon")
        assert when.status == 422
    (action,) = (await team.qa1.get(f"{path}/actions"))["items"]
    assert action["due_at"] == "2099-01-02T01:30:00Z"
    assert action["closed_by"] == "qa1"


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


async def test_a_form_that_comes_after_its_run_was_frozen_is_refused_and_does_not_wait(team: Team) -> None:
    run = await team.start()
    path = f"/runs/{run['id']}"
    async with reading(team.manager.app, team.manager.token) as manager:
        shown = await manager.look(path)
        async with team.stack.database.transaction() as sql:
            assert await freeze(sql, run["id"])
        refused = await manager.send(shown, f"{path}/hold", reason="lunch")
    assert (refused.status, "golive db recover" in refused.alert) == (503, True)
    assert "Not known yet" not in refused.text
    assert filled(refused.form(f"{path}/hold"))["reason"] == ["lunch"]


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
