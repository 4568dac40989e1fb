"""What somebody else does appears by itself, where it concerns, and to nobody who may not see it."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import AsyncExitStack

import httpx
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text

from api import feed
from db.freezing import freeze, thaw
from golive.recording import Batch
from tests.db.story import QA, RM, approval_change, record, run_change, task_change, words
from tests.db.story import event as happened
from tests.pages.reader import filled
from tests.pages.streams import Site, about, first, hears, say, streaming


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


async def test_who_comes_later_with_an_older_page_is_sent_what_others_have_seen(site: Site) -> None:
    await record(site.house.database, first())
    await say(site, 2)
    async with site.browser() as http, streaming(http, "/runs/r1/news?after=2"):
        await site.until(1)
        async with streaming(http, "/runs/r1/news?after=1") as late:
            assert (await late.next()).id == "2"


async def test_a_frozen_run_tells_so_without_an_event(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http, streaming(http, "/runs/r1/news?after=1") as stream:
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
        path = "/runs/r1/news?after=1"
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
    async with site.browser() as http, streaming(http, "/runs/r1/news?after=1") as stream:
        await site.until(1)
        hostile = "a\revent: changed\r\ndata: <b>x</b>\n\nid: 99"
        said = happened(2, "Commented", actor=QA, words={"comment": words(hostile)})
        await record(site.house.database, Batch(run_id="r1", events=(said,)))
        message = await stream.next()
    assert (message.id, message.event) == ("2", "")
    assert "&lt;b&gt;x&lt;/b&gt;" in "".join(message.data)


async def test_a_task_hears_of_what_concerns_it_and_of_nothing_else(site: Site) -> None:
    await record(site.house.database, first())
    path = "/tasks/r1.uat.test/news?after=1"
    async with site.browser() as http, streaming(http, path) as stream:
        await site.until(1)
        await record(site.house.database, about(2, "task:uat.plan"))
        await record(site.house.database, about(3, "task:uat.notes", "Reminded", to="bo"))
        await record(site.house.database, about(4, "run", "Commented"))
        await record(site.house.database, about(5, "task:uat.test"))
        message = await stream.next()
        assert (message.event, message.id) == ("", "5")
        assert "qa1 took “Test it”" in "".join(message.data)
        await record(site.house.database, about(6, "task:uat.plan"))
        held = happened(7, "RunHeld", actor=RM, words={"reason": words("lunch")})
        await record(site.house.database, Batch(run_id="r1", events=(held,), run=run_change("held")))
        message = await stream.next()
        assert message.id == "7"
        assert "The run is held" in "".join(message.data)


async def test_an_approval_hears_of_evidence_and_gates_too_when_they_change_how_it_stands(site: Site) -> None:
    await record(site.house.database, first())
    path = "/approvals/r1.uat.go/news?after=1"
    async with site.browser() as http, streaming(http, path) as stream:
        await site.until(1)
        await record(site.house.database, about(2, "task:uat.plan", "Commented"))
        await record(site.house.database, about(3, "task:uat.plan", "TaskCompleted"))
        assert (await stream.next()).id == "3"
        await record(site.house.database, about(4, "task:uat.plan", "TaskReopened"))
        pending = approval_change(waiting_for=("business1",))
        asked = happened(5, "ApprovalRequested", object="approval:uat.go", payload={"title": "Go"})
        await record(site.house.database, Batch(run_id="r1", events=(asked,), approvals=(pending,)))
        message = await stream.next()
        assert message.id == "5"
        assert "pending" in "".join(message.data)


async def test_only_those_hear_of_their_work_for_whom_it_has_changed(site: Site) -> None:
    await record(site.house.database, first())
    people = await site.invite("qa1", "rm", "vi")
    async with (
        site.browser(people["qa1"]) as taking_part,
        site.browser(people["rm"]) as leading,
        site.browser(people["vi"]) as watching,
        streaming(taking_part, await hears(taking_part, "/")) as one,
        streaming(leading, await hears(leading, "/")) as two,
        streaming(watching, await hears(watching, "/")) as other,
    ):
        await site.until(3)
        await say(site, 2)
        opened = happened(3, "TaskOpened", object="task:uat.plan", payload={"title": "plan"})
        await record(site.house.database, Batch(run_id="r1", events=(opened,), tasks=(task_change("plan"),)))
        assert "uat.plan" in "".join((await one.next()).data)
        held = happened(4, "RunHeld", actor=RM, words={"reason": words("lunch")})
        await record(site.house.database, Batch(run_id="r1", events=(held,), run=run_change("held")))
        for stream in (one, two):
            assert "held" in "".join((await stream.next()).data)
        with pytest.raises(TimeoutError):
            await other.next(within=1.5)


async def test_a_list_of_runs_hears_of_its_own_runs_when_a_row_has_changed(site: Site) -> None:
    await record(site.house.database, first())
    await record(site.house.database, first("r2", "payments"))
    async with (
        site.browser() as http,
        streaming(http, await hears(http, "/runs?service=payments")) as stream,
        streaming(http, await hears(http, "/runs?state=held")) as empty,
    ):
        await site.until(2)
        held = happened(2, "RunHeld", actor=RM, words={"reason": words("lunch")})
        await record(site.house.database, Batch(run_id="r2", events=(held,), run=run_change("held")))
        for each in (stream, empty):
            html = BeautifulSoup("\n".join((await each.next()).data), "html.parser")
            assert [row["href"] for row in html.select("td a.title")] == ["/runs/r2"]
        await say(site, 3, "r2")
        await say(site, 2, "r1")
        resumed = happened(4, "RunResumed", actor=RM, words={"reason": words("back")})
        await record(site.house.database, Batch(run_id="r2", events=(resumed,), run=run_change()))
        assert "held" not in "".join((await stream.next()).data)
        assert "No run is like that." in "".join((await empty.next()).data)


async def test_a_page_that_does_not_know_how_far_it_is_is_told_once(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        for path in ("/my-work/news", "/runs/news", "/tasks/r1.uat.test/news", "/approvals/r1.uat.go/news"):
            async with streaming(http, path) as stream:
                assert (await stream.next()).data, path


@pytest.mark.parametrize("path", ["/my-work/news?cursor=zz", "/runs/news?cursor=zz"])
async def test_what_cannot_be_read_is_not_watched(site: Site, path: str) -> None:
    async with site.browser() as http:
        assert (await http.get(path)).status_code == 422


@pytest.mark.parametrize("path", ["/runs/r9/news", "/tasks/r9.uat.test/news"])
async def test_a_run_that_nobody_knows_has_no_news(site: Site, path: str) -> None:
    async with site.browser() as http:
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/runs/r1/news", "/my-work/news", "/runs/news", "/tasks/r1.uat.test/news"])
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
            streaming(viewer, "/runs/r1/news?after=1") as one,
            streaming(leaver, await hears(leaver, "/")) as two,
            streaming(admin, "/runs/r1/news?after=1") as staying,
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


async def test_who_may_do_other_things_now_connects_again_as_whom_they_are(site: Site) -> None:
    await record(site.house.database, first())
    told = {"title": "plan", "function": "qa"}
    opened = happened(2, "TaskOpened", object="task:uat.plan", payload=told)
    await record(site.house.database, Batch(run_id="r1", events=(opened,), tasks=(task_change("plan"),)))
    token = (await site.invite("vi"))["vi"]
    headers = {"Authorization": f"Bearer {site.token}"}
    async with site.browser() as admin, site.browser(token) as http:
        async with streaming(http, "/tasks/r1.uat.plan/news?after=2") as stream:
            await site.until(1)
            changed = await admin.patch("/api/v1/users/vi", json={"roles": ["viewer"]}, headers=headers)
            assert changed.status_code == 200
            assert await stream.rest(within=8) == []
        async with streaming(http, "/tasks/r1.uat.plan/news?acts=") as stream:
            assert "with the role assignee" in "".join((await stream.next()).data)


async def sign_out(http: httpx.AsyncClient) -> None:
    page = BeautifulSoup((await http.get("/")).text, "html.parser")
    form = page.select_one('form[action="/sign-out"]')
    assert form is not None
    assert (await http.post("/sign-out", data=filled(form))).status_code == 303


async def test_looking_on_does_not_keep_a_session_alive(site: Site) -> None:
    await record(site.house.database, first())
    async with site.browser() as http:
        site.house.settings.session_idle_minutes = 0.1
        async with streaming(http, "/runs/r1/news?after=1") as stream:
            assert await stream.rest(within=10) == []


async def test_one_more_stream_than_a_session_may_have_ends_the_oldest_for_good(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "STREAMS", 2)
    await record(site.house.database, first())
    async with (
        site.browser() as http,
        site.browser() as elsewhere,
        streaming(elsewhere, "/my-work/news?after=0") as other,
        streaming(http, "/runs/r1/news?after=1") as oldest,
    ):
        await site.until(2)
        async with (
            streaming(http, "/runs/news?after=1-1-0"),
            streaming(http, "/runs/r1/news?after=1") as newest,
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
    async with site.browser() as leaver, streaming(leaver, "/runs/r1/news?after=1") as stream:
        await site.until(1)
        async with site.house.database.transaction() as sql:
            await sql.execute(text("ALTER TABLE stream_heads RENAME TO elsewhere"))
            await sql.execute(text("UPDATE sessions SET ended_at = created_at"))
        assert await stream.rest(within=8) == []
        assert "cannot look for news" in caplog.text
        async with site.house.database.transaction() as sql:
            await sql.execute(text("ALTER TABLE elsewhere RENAME TO stream_heads"))
    async with site.browser() as http, streaming(http, "/runs/r1/news?after=1") as stream:
        await site.until(1)
        await say(site, 2)
        assert (await stream.next()).id == "2"


async def test_open_streams_do_not_hold_up_the_end_of_the_process(site: Site) -> None:
    await record(site.house.database, first())
    paths = [
        "/runs/r1/news?after=1",
        "/tasks/r1.uat.test/news?after=1",
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
        async with streaming(http, "/runs/r1/news?after=1"), streaming(http, "/my-work/news"):
            await site.until(2)
        await site.until(0)
        assert not site.house.feed.watched("r1")
