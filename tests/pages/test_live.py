"""What somebody else does appears by itself, where it concerns, at a cost that viewers do not raise."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from bs4 import BeautifulSoup
from sqlalchemy import event, text

from api import feed
from api.__main__ import Server
from api.app import create_app
from api.channel import Channel
from api.house import House
from db.freezing import freeze, thaw
from db.session import Session
from golive.recording import Batch
from settings import Settings
from tests.db import story
from tests.db.story import QA, RM, STAGES, plan, record, run_change, words
from tests.db.story import event as happened
from tests.pages.reader import filled


def first(run_id: str = "r1") -> Batch:
    """Return the start of a run whose plan can be foreseen."""
    uat, grey = STAGES
    tasks = [
        task.model_copy(update={"needs": tuple(f"uat.{need}" for need in task.needs)}) for task in uat.tasks
    ]
    stages = (uat.model_copy(update={"tasks": tuple(tasks)}), grey)
    return story.first(run_id, plan_=plan(stages=stages), run=run_change())


@dataclass
class Site:
    """Golive behind a real server, with nobody signed in."""

    house: House
    server: Server
    serving: asyncio.Task[None]
    address: str
    token: str

    @asynccontextmanager
    async def browser(self, token: str | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Be somebody who has signed in."""
        async with httpx.AsyncClient(
            base_url=self.address, headers={"Origin": self.address, **headers}, timeout=20, trust_env=False
        ) as http:
            page = BeautifulSoup((await http.get("/sign-in")).text, "html.parser")
            form = page.select_one('form[action="/sign-in/token"]')
            assert form is not None
            data = {**filled(form), "token": token or self.token}
            answer = await http.post("/sign-in/token", data=data)
            assert answer.status_code == 303, answer.text
            yield http

    async def until(self, open_streams: int) -> None:
        """Wait until so many streams are open."""
        async with asyncio.timeout(20):
            while self.house.feed.open != open_streams:
                await asyncio.sleep(0.01)


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    app = create_app(settings)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level=logging.ERROR, timeout_graceful_shutdown=10
    )
    server = Server(app, config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = (settings.home / "admin.token").read_text().strip()
    yield Site(app.state.house, server, serving, f"http://127.0.0.1:{port}", token)
    server.should_exit = True
    app.state.house.feed.close()
    await serving


@dataclass
class Message:
    id: str = ""
    event: str = ""
    data: list[str] = field(default_factory=list)


class Stream:
    """A stream of events, read one by one."""

    def __init__(self, answer: httpx.Response):
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self, within: float = 20) -> Message:
        """Return the next event; fails when the stream ends before."""
        message = Message()
        async with asyncio.timeout(within):
            async for line in self._lines:
                if not line and (message.data or message.event):
                    return message
                name, _, value = line.partition(": ")
                if name == "data":
                    message.data.append(value)
                elif name in ("id", "event"):
                    setattr(message, name, value)
        raise AssertionError("the stream has ended")

    async def rest(self, within: float = 20) -> list[str]:
        """Return what still comes until the stream ends."""
        async with asyncio.timeout(within):
            return [line async for line in self._lines if line.strip(": ")]


@asynccontextmanager
async def streaming(http: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[Stream]:
    async with http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        yield Stream(answer)


def about(seq: int, object_: str, type_: str = "TaskStarted", **payload: Any) -> Batch:
    said = {"comment": words("so it is")} if type_ == "Commented" else {}
    done = happened(seq, type_, actor=QA, object=object_, payload={"title": "Test it", **payload}, words=said)
    return Batch(run_id="r1", events=(done,))


async def test_a_page_is_sent_what_has_become_of_its_run_and_nothing_before(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        page = BeautifulSoup((await http.get("/runs/r1")).text, "html.parser")
        live = page.select_one("#live")
        assert live is not None
        async with streaming(http, str(live["hx-sse:connect"])) as stream:
            await site.until(1)
            held = happened(2, "RunHeld", actor=RM, words={"reason": words("the copy is not ready")})
            change = run_change("held", hold_reason=words("the copy is not ready"))
            await record(site.house.database, Batch(run_id="r1", events=(held,), run=change))
            message = await stream.next()
    html = BeautifulSoup("\n".join(message.data), "html.parser")
    assert (message.id, message.event) == ("2", "")
    assert "held" in html.get_text()
    assert "the copy is not ready" in html.get_text()
    assert html.select_one('hx-partial[hx-target="#rest"] .timeline') is not None
    assert not html.select("form, input, textarea, button")


async def test_nothing_is_missed_between_the_page_and_the_stream(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        page = await http.get("/runs/r1")
        (path,) = re.findall(r'hx-sse:connect="([^"]+)"', page.text)
        await say(site, 2)
        async with streaming(http, path) as stream:
            assert (await stream.next()).id == "2"
        async with streaming(http, path, **{"Last-Event-ID": "2"}) as stream:
            await site.until(1)
            await say(site, 3)
            assert (await stream.next()).id == "3"


async def say(site: Site, seq: int, run: str = "r1") -> None:
    said = happened(seq, "Commented", actor=QA, words={"comment": words(f"no. {seq}")})
    await record(site.house.database, Batch(run_id=run, events=(said,)))


async def test_who_comes_later_with_an_older_page_is_sent_what_others_have_seen(site: Site) -> None:
    await record(site.house.database, first())
    await say(site, 2)
    async with site.browser() as http, streaming(http, "/runs/r1/live?after=2"):
        await site.until(1)
        async with streaming(http, "/runs/r1/live?after=1") as late:
            assert (await late.next()).id == "2"


async def test_a_frozen_run_tells_so_without_an_event(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http, streaming(http, "/runs/r1/live?after=1") as stream:
        await site.until(1)
        async with site.house.database.transaction() as sql:
            await freeze(sql, "r1")
        message = await stream.next()
        assert message.id == "1f"
        assert "frozen" in "".join(message.data)
        async with site.house.database.transaction() as sql:
            await thaw(sql, "r1")
        assert (await stream.next()).id == "1"


async def test_each_reader_is_told_in_their_language_and_zone(site: Site) -> None:
    await record(site.house.database, first())
    async with (
        site.browser() as english,
        site.browser(**{"Accept-Language": "zh-CN"}) as chinese,
    ):
        chinese.cookies.set("golive-zone", "Asia/Shanghai")
        path = "/runs/r1/live?after=1"
        async with streaming(english, path) as one, streaming(chinese, path) as other:
            await site.until(2)
            await say(site, 2)
            english_part, chinese_part = "".join((await one.next()).data), "".join((await other.next()).data)
    assert "UAT（中文）" in chinese_part
    assert "UAT（中文）" not in english_part
    assert "Asia/Shanghai" in chinese_part
    assert "Asia/Shanghai" not in english_part


async def test_a_line_break_in_what_people_write_begins_no_event_of_its_own(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http, streaming(http, "/runs/r1/live?after=1") as stream:
        await site.until(1)
        hostile = "a\revent: changed\r\ndata: <b>x</b>\n\nid: 99"
        said = happened(2, "Commented", actor=QA, words={"comment": words(hostile)})
        await record(site.house.database, Batch(run_id="r1", events=(said,)))
        message = await stream.next()
    assert (message.id, message.event) == ("2", "")
    assert "&lt;b&gt;x&lt;/b&gt;" in "".join(message.data)


async def test_a_task_hears_of_what_concerns_it_and_of_nothing_else(site: Site) -> None:
    await record(site.house.database, first())
    path = "/runs/r1/news?about=task:uat.test&after=1"
    async with site.browser() as http, streaming(http, path) as stream:
        await site.until(1)
        await record(site.house.database, about(2, "task:uat.plan"))
        await record(site.house.database, about(3, "task:uat.notes", "Reminded", to="bo"))
        await record(site.house.database, about(4, "run", "Commented"))
        await record(site.house.database, about(5, "task:uat.test"))
        message = await stream.next()
        assert (message.event, message.id, message.data) == ("changed", "5", ["5"])
        await record(site.house.database, about(6, "task:uat.plan"))
        await record(site.house.database, about(7, "run", "RunHeld"))
        assert (await stream.next()).id == "7"


async def test_an_approval_hears_of_evidence_and_gates_too(site: Site) -> None:
    await record(site.house.database, first())
    path = "/runs/r1/news?about=approval:uat.go&after=1"
    async with site.browser() as http, streaming(http, path) as stream:
        await site.until(1)
        await record(site.house.database, about(2, "task:uat.plan", "Commented"))
        await record(site.house.database, about(3, "task:uat.plan", "TaskCompleted"))
        assert (await stream.next()).id == "3"


async def test_only_the_people_of_a_run_hear_that_their_work_has_changed(site: Site) -> None:
    await record(site.house.database, first())
    people = {}
    async with site.browser() as admin:
        for name in ("qa1", "rm", "vi"):
            headers = {"Authorization": f"Bearer {site.token}"}
            body = {"name": name, "roles": ["assignee"]}
            made = await admin.post("/api/v1/users", json=body, headers=headers)
            people[name] = made.json()["token"]
    async with (
        site.browser(people["qa1"]) as taking_part,
        site.browser(people["rm"]) as leading,
        site.browser(people["vi"]) as watching,
        streaming(taking_part, "/my-work/news?after=1-1-0") as one,
        streaming(leading, "/my-work/news?after=1-1-0") as two,
        streaming(watching, "/my-work/news?after=0") as other,
        streaming(watching, "/runs/news?after=1-1-0") as listed,
    ):
        await site.until(4)
        await say(site, 2)
        for stream in (one, two, listed):
            message = await stream.next()
            assert (message.event, message.id) == ("changed", "1-2-0")
        with pytest.raises(TimeoutError):
            await other.next(within=1.5)


async def test_a_page_that_does_not_know_how_far_it_is_is_told_once(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        for path in ("/my-work/news", "/runs/news", "/runs/r1/news?about=task:uat.test"):
            async with streaming(http, path) as stream:
                assert (await stream.next()).event == "changed", path


@pytest.mark.parametrize("path", ["/runs/r9/live", "/runs/r9/news?about=task:uat.test"])
async def test_a_run_that_nobody_knows_has_no_news(site: Site, path: str) -> None:
    async with site.browser() as http:
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/runs/r1/live", "/my-work/news", "/runs/news", "/runs/r1/news?about=task:x"]
)
async def test_who_has_not_signed_in_hears_nothing(site: Site, path: str) -> None:
    await record(site.house.database, first())
    async with httpx.AsyncClient(base_url=site.address, trust_env=False) as http:
        assert (await http.get(path)).status_code == 303
        assert (await http.get(path, headers={"HX-Request": "true"})).status_code == 401


async def test_who_signs_out_or_is_disabled_is_cut_off_within_five_seconds(site: Site) -> None:
    await record(site.house.database, first())
    headers = {"Authorization": f"Bearer {site.token}"}
    async with site.browser() as admin:
        made = await admin.post("/api/v1/users", json={"name": "vi", "roles": ["viewer"]}, headers=headers)
        async with (
            site.browser(made.json()["token"]) as viewer,
            site.browser() as leaver,
            streaming(viewer, "/runs/r1/live?after=1") as one,
            streaming(leaver, "/my-work/news?after=0") as two,
            streaming(admin, "/runs/r1/live?after=1") as staying,
        ):
            await site.until(3)
            changed = await admin.patch("/api/v1/users/vi", json={"enabled": False}, headers=headers)
            assert changed.status_code == 200
            await sign_out(leaver)
            assert await one.rest(within=5) == []
            assert await two.rest(within=5) == []
            await site.until(1)
            await say(site, 2)
            assert (await staying.next()).id == "2"


async def sign_out(http: httpx.AsyncClient) -> None:
    page = BeautifulSoup((await http.get("/")).text, "html.parser")
    form = page.select_one('form[action="/sign-out"]')
    assert form is not None
    assert (await http.post("/sign-out", data=filled(form))).status_code == 303


async def test_looking_on_does_not_keep_a_session_alive(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        site.house.settings.session_idle_minutes = 0.1
        async with streaming(http, "/runs/r1/live?after=1") as stream:
            assert await stream.rest(within=10) == []


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Collect the statements that the process sends to the database."""
    statements: list[str] = []

    def seen(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(site.house.database.engine, "before_cursor_execute", seen)
    yield statements
    event.remove(site.house.database.engine, "before_cursor_execute", seen)


async def _asked_for_one_change(site: Site, viewers: int, seq: int) -> list[str]:
    """Return what the database was asked while so many viewers were told of one change."""
    path = f"/runs/r1/live?after={seq - 1}"
    async with AsyncExitStack() as all_of_them:
        sessions = -(-viewers // feed.STREAMS)
        people = [await all_of_them.enter_async_context(site.browser()) for _ in range(sessions)]
        streams = [
            await all_of_them.enter_async_context(streaming(people[n % sessions], path))
            for n in range(viewers)
        ]
        await site.until(viewers)
        with counted(site) as statements:
            await say(site, seq)
            for stream in streams:
                assert (await stream.next()).id == str(seq)
    await site.until(0)
    return statements


async def test_a_change_costs_the_same_statements_for_5_viewers_as_for_50(site: Site) -> None:
    await record(site.house.database, first())
    few = await _asked_for_one_change(site, 5, 2)
    many = await _asked_for_one_change(site, 50, 3)
    for table in ("FROM lessons", "FROM tasks", "FROM approvals "):
        assert [len([one for one in asked if table in one]) for asked in (few, many)] == [1, 1], table
    a_few_looks_more = 12  # on a busy machine they take longer to be read here; each look asks 2 to 4 things
    assert len(many) <= len(few) + a_few_looks_more


async def test_what_was_read_before_a_viewer_came_is_not_sent_to_who_has_seen_more(site: Site) -> None:
    far, read = "2", []

    async def stamps(_: Session, keys: Collection[str]) -> dict[str, str]:
        return dict.fromkeys(keys, far)

    async def reads(_: Session, __: str, stamp: str) -> str:
        read.append(stamp)
        return f"as at {stamp}"

    channel = Channel(stamps, reads, enters=lambda _: None, leaves=lambda _: None)
    async with site.house.database.reading() as sql:
        with channel.watch("r1", "1") as other:
            await channel.look(sql)
            assert await other.news(within=1) == "as at 2"
            # Somebody acts; their page shows it before the reader has looked.
            with channel.watch("r1", "3") as own, channel.watch("r1", "1") as late:
                assert await own.news(within=0.05) is None
                far = "3"
                await channel.look(sql)
                assert await own.news(within=0.05) is None
                assert await late.news(within=1) == await other.news(within=1) == "as at 3"
                assert read == ["2", "3"]


async def test_one_more_stream_than_a_session_may_have_ends_the_oldest_for_good(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "STREAMS", 2)
    await record(site.house.database, first())
    async with (
        site.browser() as http,
        site.browser() as elsewhere,
        streaming(elsewhere, "/my-work/news?after=0") as other,
        streaming(http, "/runs/r1/live?after=1") as oldest,
    ):
        await site.until(2)
        async with (
            streaming(http, "/runs/news?after=1-1-0"),
            streaming(http, "/runs/r1/live?after=1") as newest,
        ):
            assert (await oldest.next()).event == "enough"
            assert await oldest.rest() == []
            await site.until(3)
            await say(site, 2)
            assert (await newest.next()).id == "2"
    assert other is not None


async def test_who_may_read_no_more_is_cut_off_though_the_news_cannot_be_read(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await record(site.house.database, first())
    async with site.browser() as leaver, streaming(leaver, "/runs/r1/live?after=1") as stream:
        await site.until(1)
        async with site.house.database.transaction() as sql:
            await sql.execute(text("ALTER TABLE stream_heads RENAME TO elsewhere"))
            await sql.execute(text("UPDATE sessions SET ended_at = created_at"))
        assert await stream.rest(within=8) == []
        assert "cannot look for news" in caplog.text
        async with site.house.database.transaction() as sql:
            await sql.execute(text("ALTER TABLE elsewhere RENAME TO stream_heads"))
    async with site.browser() as http, streaming(http, "/runs/r1/live?after=1") as stream:
        await site.until(1)
        await say(site, 2)
        assert (await stream.next()).id == "2"


async def missing(sql: Session) -> None:
    raise KeyError(str(sql))


async def test_a_reader_that_dies_of_a_fault_ends_the_streams_and_is_told_by_the_health(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    await record(site.house.database, first())
    async with site.browser() as http, streaming(http, "/runs/r1/live?after=1") as stream:
        await site.until(1)
        assert (await http.get("/api/v1/health")).json()["news"]["state"] == "up"
        site.house.feed.lists.look = missing  # type: ignore[method-assign] # a fault that nobody has foreseen
        site.house.feed.soon()
        assert await stream.rest(within=20) == []
        told = (await http.get("/api/v1/health")).json()
        assert (told["state"], told["news"]["state"]) == ("degraded", "down")
        assert "nobody is told of news any more" in caplog.text
        assert (await http.get("/runs/r1/live?after=1")).status_code == 503


async def test_open_streams_do_not_hold_up_the_end_of_the_process(site: Site) -> None:
    await record(site.house.database, first())
    paths = [
        "/runs/r1/live?after=1",
        "/runs/r1/news?about=task:uat.test&after=1",
        "/my-work/news",
        "/runs/news",
    ]
    async with site.browser() as http, AsyncExitStack() as all_of_them:
        streams = [await all_of_them.enter_async_context(streaming(http, path)) for path in paths]
        await site.until(4)
        site.server.handle_exit(signal.SIGTERM, None)
        for stream in streams:
            await stream.rest(within=8)
        async with asyncio.timeout(8):
            await site.serving


async def test_who_leaves_is_forgotten(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        async with streaming(http, "/runs/r1/live?after=1"), streaming(http, "/my-work/news"):
            await site.until(2)
        await site.until(0)
        assert not site.house.feed.watched("r1")
