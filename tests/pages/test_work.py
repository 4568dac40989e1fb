"""My work: what waits for one person, in one list by due time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as listening

from api.house import House
from golive.recording import Batch, Wait
from golive.words import say
from tests.api.client import Client
from tests.api.team import Team, finish_tasks
from tests.api.test_reading import frozen
from tests.databases import ON_BOTH
from tests.db.story import approval_change, first, record, run_change, task_change
from tests.db.story import event as happened
from tests.pages.reader import Reader, Shown, reading

SOON = datetime.now(UTC) + timedelta(hours=2)
BEFORE = datetime.now(UTC) - timedelta(days=1)


async def person(admin: Client, name: str, *roles: str, functions: tuple[str, ...] = ()) -> Client:
    return await admin.joined(name, *(roles or ("assignee", "approver")), functions=functions)


async def begun(admin: Client, run_id: str = "r1", *changes: Any, **more: Any) -> None:
    """Record a run with these changes of its tasks and approvals."""
    house: House = admin.app.state.house
    await record(house.database, first(run_id, plan_=frozen(), run=run_change(**more)))
    tasks = tuple(change for change in changes if hasattr(change, "assignee"))
    approvals = tuple(change for change in changes if not hasattr(change, "assignee"))
    opened = happened(2, "StageOpened", object="stage:uat", payload={"stage": {"en": "UAT", "zh": "UAT"}})
    batch = Batch(run_id=run_id, events=(opened,), tasks=tasks, approvals=approvals)
    await record(house.database, batch)


def rows(shown: Shown) -> list[tuple[str, str]]:
    """Return what is asked and of what, in the order of the page."""
    return [
        (row.select_one(".asked").get_text(), row.select_one("a.title").get_text())  # type: ignore[union-attr]
        for row in shown.html.select(".work > li")
    ]


@contextmanager
def statements(admin: Client) -> Iterator[list[str]]:
    """Collect the statements that the application sends to SQL."""
    house: House = admin.app.state.house
    seen: list[str] = []

    def notice(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    listening.listen(house.database.engine, "before_cursor_execute", notice)
    try:
        yield seen
    finally:
        listening.remove(house.database.engine, "before_cursor_execute", notice)


@ON_BOTH
async def test_tasks_and_decisions_stand_in_one_list_by_due_time(admin: Client) -> None:
    qa1 = await person(admin, "qa1", functions=("qa", "business"))
    await begun(
        admin,
        "r1",
        task_change("plan", "in_progress", assignee="qa1", due_at=BEFORE, overdue=True),
        task_change("test", "to_verify", assignee="qa2", done_by="qa2"),
        approval_change("pending", due_at=SOON, waiting_for=("qa1",)),
    )
    await begun(
        admin, "r2", task_change("test", "open"), task_change("plan", "done", assignee="qa1", done_by="qa1")
    )
    async with reading(admin.app, qa1.token) as reader:
        shown = await reader.look("/")
    assert rows(shown) == [("Do", "plan"), ("Decide", "Go"), ("Verify", "test"), ("Do", "test")]
    assert shown.html.select(".panel h2")[0].get_text() == "Overdue"
    assert "Without a due time" in shown.text
    counts = [" ".join(count.get_text(" ").split()) for count in shown.html.select(".counts li")]
    assert counts == ["1 overdue", "2 to do", "1 to verify", "1 to decide"]
    first_row, offered = shown.html.select(".work > li")[0], shown.html.select(".work > li")[3]
    assert "yours" in first_row.get_text()
    assert "1 day ago" in first_row.get_text()
    assert "checkout 1.4.0" in first_row.get_text()
    assert "UAT" in first_row.get_text()
    assert "offered to qa" in offered.get_text()
    assert first_row.select_one('a[href="/tasks/r1.uat.plan"]')
    assert shown.html.select_one('a[href="/approvals/r1.uat.go"]')


async def test_what_is_not_on_somebody_is_not_in_their_list(admin: Client) -> None:
    qa2 = await person(admin, "qa2", functions=("qa",))
    await begun(
        admin,
        "r1",
        task_change("plan", "in_progress", assignee="qa1"),
        task_change("test", "to_verify", assignee="qa2", done_by="qa2"),
        approval_change("pending", waiting_for=("business1",)),
    )
    await begun(admin, "r2", task_change("plan", "open"), state="aborted")
    async with reading(admin.app, qa2.token) as reader:
        shown = await reader.look("/")
    assert rows(shown) == []
    assert "Nothing waits for you." in shown.text


@ON_BOTH
async def test_a_long_list_has_pages_whose_place_is_in_the_address(admin: Client) -> None:
    qa1 = await person(admin, "qa1", functions=("qa",))
    for n in range(60):
        await begun(admin, f"r{n:02}", task_change("plan", "open", due_at=SOON + timedelta(minutes=n)))
    async with reading(admin.app, qa1.token) as reader:
        with statements(admin) as one_page:
            shown = await reader.look("/")
        assert len(rows(shown)) == 50
        following = shown.html.find("a", string="Next page")
        assert following is not None
        rest = await reader.look(str(following["href"]))
        assert len(rest.html.select(".work > li")) == 10
        links = {str(link["href"]) for page in (shown, rest) for link in page.html.select(".work a.title")}
        assert len(links) == 60
        assert rest.html.find("a", string="From the beginning")
        assert rest.html.find("a", string="Next page") is None
        wrong = await reader.look("/", cursor="nonsense")
    assert (wrong.status, "is none of this list" in wrong.text) == (422, True)
    assert len([statement for statement in one_page if statement.lstrip().startswith("SELECT")]) <= 12


async def test_the_list_takes_as_many_queries_for_one_as_for_many(admin: Client) -> None:
    qa1 = await person(admin, "qa1", functions=("qa",))
    async with reading(admin.app, qa1.token) as reader:
        counted = []
        for n in range(2):
            for m in range(1 + 9 * n):
                await begun(
                    admin, f"r{n}-{m}", task_change("plan", "open"), approval_change(waiting_for=("qa1",))
                )
            with statements(admin) as seen:
                await reader.look("/")
            counted.append(len(seen))
    assert counted[0] == counted[1]


async def test_a_release_manager_sees_what_blocks_their_runs_and_what_waits_for_them(admin: Client) -> None:
    manager = await person(admin, "rm", "release_manager")
    wait = Wait(what="promote", object="rollout:grey", who=("rm",), since=BEFORE)
    blocked = say("Promote the rollout at 10 %")
    await begun(admin, "r1", waits=(wait,), blocked_by=blocked)
    await begun(admin, "r2", state="completed")
    async with reading(admin.app, manager.token) as reader:
        shown = await reader.look("/")
        alone = str(await reader.live("/my-work/news"))
    managed = shown.html.select_one('[aria-labelledby="managed"]')
    assert managed is not None
    told = " ".join(managed.get_text(" ").split())
    assert "Promote the rollout at 10 %" in told
    assert "waits for you" in told
    assert "promotion: rm" in told
    assert managed.select_one('a[href="/runs/r1"]')
    assert not managed.select_one('a[href="/runs/r2"]')
    assert "<html" not in alone
    assert "Promote the rollout at 10 %" in alone


async def test_what_was_done_leaves_the_list_and_the_decision_comes(team: Team) -> None:
    run = await team.start()
    async with reading(team.admin.app, team.qa2.token) as qa, reading(team.admin.app, team.ops1.token) as ops:
        assert rows(await qa.look("/")) == [("Do", "Test it"), ("Do", "Look at it")]
        assert rows(await ops.look("/")) == []
        await finish_tasks(team, run["id"])
        assert rows(await qa.look("/")) == []
        assert rows(await ops.look("/")) == [("Decide", "Go")]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_hostile_titles_are_shown_as_text(admin: Client, language: str) -> None:
    manager = await person(admin, "rm", "release_manager")
    title = "<script>alert(1)</script>\u202etxt"
    await begun(admin, "r1", title=title)
    async with reading(admin.app, manager.token, language) as reader:
        shown = await reader.look("/")
    assert "<script>alert" not in shown.answer.text
    assert title in shown.text


async def test_looking_changes_nothing_and_needs_somebody(stranger: Reader) -> None:
    for path in ("/", "/my-work/news"):
        assert (await stranger.look(path)).path == "/sign-in"
