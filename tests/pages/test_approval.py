"""The page of an approval: what you see is what you sign, and only who may sign is asked to."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from temporalio.testing import WorkflowEnvironment

from db.session import Database
from golive import commands as c
from golive.commands import ItemResult
from golive.evidence import File
from tests.api.client import Client
from tests.api.team import join, seated
from tests.db.story import record_all
from tests.pages.approval_readers import Readers, go, readers
from tests.pages.approvals import Asked, asked
from tests.pages.reader import SITE, Reader, reading
from tests.rules.plans import SIGN_OFF, SIGNED, UAT, make_plan, task
from tests.rules.world import started, words
from tests.stack import running

__all__ = ["go", "readers"]


async def test_the_subject_is_shown_in_full(go: Asked, readers: Readers) -> None:
    page = await (await readers.of(go.team.ops1)).look(go.path)
    api = await go.shown()
    assert page.status == 200
    facts = api["signed"]
    wanted = [
        api["digest"],
        facts["plan"]["hash"],
        *("checkout 1.4.0", "May it go live?", "Acceptance", "Signatures", "qa3", "Wallets <b>only</b>"),
        *(each[part] for each in facts["release"]["artifacts"] for part in ("name", "digest")),
        *("REL-42", "signed, version 1", "share"),
        *(
            "Run the tests",
            "Done on the second try.",
            "The build",
            "https://ci.example.com/42",
            "rate = 0.95",
        ),
        *("Pays by card", "Three cards.", "Pays cash", "No cash here.", "Brief support", "They know."),
        *("junit.xml", "2 tests", "1 failed", facts["work"][0]["evidence"][1]["sha256"]),
        *("The tests are good", "Share that passes", "wanted >= 0.9", "observed 0.95"),
        *facts["rollout"][0]["steps"],
        *facts["rollout"][0]["by_itself"],
        *("0 of 1 signed", "can sign: ops1 , ops2", "can sign: qa2", "Silence is not a yes."),
    ]
    assert [each for each in wanted if each not in page.text] == []
    assert not page.html.select("main b"), "what people wrote is text, never markup"
    links = {str(link["href"]): link for link in page.html.select("main a")}
    assert f"/attachments/{facts['work'][0]['evidence'][1]['attachment_id']}" in links
    outside = [link for address, link in links.items() if address.startswith("https:")]
    assert len(outside) == 2
    assert all("noopener" in link["rel"] for link in outside)


async def test_what_is_hashed_is_shown_byte_for_byte(go: Asked, readers: Readers) -> None:
    page = (await (await readers.of(go.team.ops1)).look(go.path)).html
    parts = [json.loads(each.get_text()) for each in page.select("pre.canonical")]
    subject = (await go.shown())["subject"]
    assert parts == [subject[part] for part in ("release", "plan", "evidence", "gates", "rollout")]


async def test_what_stands_out_comes_first_and_leads_to_its_place(go: Asked, readers: Readers) -> None:
    page = (await (await readers.of(go.team.ops1)).look(go.path)).html
    points = [(point.get_text(strip=True), str(point["href"])) for point in page.select(".points a")]
    assert points == [
        ("Tests that do not pass in “Run the tests”: 1 of 2.", "#work-0"),
        ("“Pays cash” does not apply in “Run the tests”.", "#work-0"),
        ("“Brief support” was set not applicable.", "#work-1"),
    ]
    assert all(page.select_one(where) for _, where in points)


async def test_two_people_approve_through_their_forms_and_keep_receipts(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    done = await ops1.act(go.path, f"{go.path}/approve", meaning="responsible", comment="Ready\nto go")
    assert (done.status, done.path) == (200, go.path)
    made = (await go.shown())["decisions"][0]
    assert (made["by"], made["meaning"], made["comment"]) == ("ops1", "responsible", "Ready\nto go")
    assert f"number {made['seq']} in the run's journal" in done.text
    assert "1 of 1 signed" in done.text
    assert "It waits for qa." in done.text
    assert made["id"] in done.text
    assert not done.offers(f"{go.path}/approve")
    receipt = await ops1.http.get(f"{go.path}/receipts/{made['id']}")
    told = receipt.json()
    assert receipt.headers["content-disposition"].startswith("attachment")
    assert (told["decision_id"], told["seq"], told["digest"]) == (made["id"], made["seq"], made["digest"])
    assert told["hash"] in done.text
    assert told == await go.team.ops1.get(f"{go.path}/receipts/{made['id']}"), (
        "it is the file that the API gives"
    )
    assert (told["subject"], told["comment"]["text"]) == ((await go.shown())["subject"], "Ready\nto go")
    qa2 = await readers.of(go.team.qa2)
    done = await qa2.act(go.path, f"{go.path}/approve")
    assert (await go.shown())["state"] == "approved"
    assert "It is approved" in (await (await readers.of(go.ops2)).look(go.path)).text
    assert await go.decisions() == [("ops1", "approved"), ("qa2", "approved")]
    assert (await ops1.look(f"{go.path}/receipts/none")).status == 404


async def test_a_rejection_needs_its_reason_and_opens_the_task_again(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    refused = await ops1.act(go.path, f"{go.path}/reject", comment="  ")
    assert refused.status == 422
    assert "why you do not approve" in refused.alert
    field = refused.form(f"{go.path}/reject").select_one("textarea")
    assert field is not None
    assert field["aria-invalid"] == "true"
    assert await go.decisions() == []
    assert "“Run the tests” is opened again" in refused.text
    done = await ops1.send(refused, f"{go.path}/reject", comment="One test fails.")
    assert done.status == 200
    assert await go.decisions() == [("ops1", "rejected")]
    assert "You decided: rejected" in done.text
    assert "One test fails." in done.text
    assert (await go.team.qa1.get(f"/tasks/{go.run}.uat.test"))["state"] == "open"


async def test_it_is_returned_to_one_task_with_a_reason(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    offered = [str(task["value"]) for task in page.form(f"{go.path}/return").select("option")]
    assert offered == [f"{go.run}.uat.test", f"{go.run}.uat.brief"]
    refused = await ops1.send(page, f"{go.path}/return", task=offered[0], comment="")
    assert refused.status == 422
    chosen = refused.form(f"{go.path}/return").select_one("option[selected]")
    assert chosen is not None
    assert chosen["value"] == offered[0]
    done = await ops1.send(refused, f"{go.path}/return", comment="Run them again.")
    assert "It was returned" in (await (await readers.of(go.team.qa2)).look(go.path)).text
    assert done.status == 200
    task = await go.team.qa1.get(f"/tasks/{go.run}.uat.test")
    assert (task["state"], task["reason"]) == ("open", "Run them again.")


async def test_a_refused_form_keeps_everything_that_was_typed(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    refused = await ops1.send(page, f"{go.path}/approve", meaning="rejected", comment="All\nwell")
    assert refused.status == 422
    assert "cannot mean" in refused.alert
    words = refused.form(f"{go.path}/approve").select_one("textarea")
    assert words is not None
    assert words.get_text().strip() == "All\nwell"
    assert await go.decisions() == []


async def test_who_may_not_sign_is_told_why_and_who_can(go: Asked, readers: Readers) -> None:
    viewer = await go.team.admin.joined("vera", "viewer")
    told = {
        go.team.manager: ("rm does not act in ops, qa in this run.", "rm started the run."),
        go.qa3: ("qa3 made the artifact.",),
        go.team.qa1: ("qa1 completed “Run the tests”.",),
        go.team.admin: (
            "admin does not act in ops, qa in this run.",
            "admin does not have the role approver",
        ),
        viewer: ("vera does not act in ops, qa in this run.", "vera does not have the role approver"),
    }
    signer = await (await readers.of(go.team.ops1)).look(go.path)
    for who, sentences in told.items():
        reader = await readers.of(who)
        page = await reader.look(go.path)
        assert "You cannot decide on this" in page.text
        assert [each for each in sentences if each not in page.text] == []
        assert "Who can: ops1, ops2, qa2" in page.text
        assert "Share that passes" in page.text, "everybody may read it"
        assert not any(page.offers(f"{go.path}/{act}") for act in ("approve", "reject", "return"))
        # A form that they were never offered, sent all the same.
        form = {
            **dict(_fields(signer.html, f"{go.path}/approve")),
            "meaning": "approved",
            "csrf": _csrf(page.html),
        }
        answer = await reader.http.post(f"{go.path}/approve", data=form, headers={"Origin": SITE})
        assert answer.status_code == 403, who
    assert await go.decisions() == []


def _fields(page: BeautifulSoup, action: str) -> list[tuple[str, str]]:
    fields = page.select(f'form[action="{action}"] input')
    return [(str(field["name"]), str(field["value"])) for field in fields]


def _csrf(page: BeautifulSoup) -> str:
    told = page.select_one("#offline")
    assert told is not None
    return str(told["data-csrf"])


async def test_a_double_press_decides_once(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    first = await ops1.send(page, f"{go.path}/approve", comment="Ready")
    again = await ops1.send(page, f"{go.path}/approve", comment="Ready")
    assert (first.status, again.status) == (200, 200)
    assert first.answer.url == again.answer.url
    assert await go.decisions() == [("ops1", "approved")]


async def test_who_has_decided_sends_an_old_form_and_what_they_wrote_is_still_there(
    go: Asked, readers: Readers
) -> None:
    ops1 = await readers.of(go.team.ops1)
    page, other = await ops1.look(go.path), await ops1.look(go.path)
    await ops1.send(page, f"{go.path}/approve")
    refused = await ops1.send(other, f"{go.path}/reject", comment="On second thoughts")
    assert refused.status == 409
    assert "already decided" in refused.alert
    assert "On second thoughts" in refused.text
    assert await go.decisions() == [("ops1", "approved")]


async def test_an_unknown_outcome_is_pending_until_it_is_known(
    temporal: WorkflowEnvironment, database: Database, tmp_path: Path, application: Client
) -> None:
    async with running(temporal, database, tmp_path) as stack:
        go = await asked(seated(stack, application, await join(application)))
        stack.runs.clear()  # it goes on after this worker
    async with reading(application.app, go.team.ops1.token) as ops1:
        pending = await ops1.act(go.path, f"{go.path}/approve", comment="Ready")
        assert pending.status == 503
        assert "Not known yet" in pending.text
        assert await go.decisions() == []
        async with running(temporal, database, tmp_path) as stack:
            stack.runs.append(go.run)
            while (pending := await ops1.send(pending, f"{go.path}/approve")).status == 503:
                pass  # as the page does by itself, under the same key
        go = replace(go, team=replace(go.team, stack=stack))
        assert "You decided: approved" in pending.text
        assert await go.decisions() == [("ops1", "approved")]


async def test_opening_and_following_links_changes_nothing(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    page = await ops1.look(go.path)
    before = await go.everything()
    links = {str(link["href"]) for link in page.html.select("a[href^='/']")}
    forms = {str(form["action"]) for form in page.html.select("main form")}
    assert len(forms) == 8
    for address in {*links, *forms, go.path, f"{go.path}?unfold=1"}:
        for method in ("GET", "HEAD"):
            answer = await ops1.http.request(method, address)
            assert answer.status_code < 500, address
    assert await go.everything() == before


async def test_the_page_speaks_chinese(go: Asked, readers: Readers) -> None:
    page = await (await readers.of(go.team.ops1, "zh-CN")).look(go.path)
    assert page.html.html is not None
    assert page.html.html["lang"] == "zh-CN"
    for title in ("可以上线吗？", "验收", "执行测试"):
        assert title in page.text


async def test_an_approval_that_nobody_knows_is_not_found(go: Asked, readers: Readers) -> None:
    ops1 = await readers.of(go.team.ops1)
    for path in ("/approvals/nothing", "/approvals/nothing/news", "/approvals/nothing/receipts/x"):
        assert (await ops1.look(path)).status == 404
    page = await ops1.look(go.path)
    form = {**dict(_fields(page.html, f"{go.path}/approve"))}
    for act in ("approve", "reject", "return"):
        answer = await ops1.http.post(f"/approvals/nothing/{act}", data=form, headers={"Origin": SITE})
        assert answer.status_code == 404


async def test_a_subject_with_two_hundred_tasks_loads_under_150_kilobytes(
    admin: Client, chief: Reader
) -> None:
    ops = {**SIGN_OFF, "rules": [{"function": "ops"}]}
    world = started(
        make_plan({**UAT, "tasks": [large(n) for n in range(200)]}, {**SIGNED, "approvals": [ops]})
    )
    for n in range(200):
        results = {
            f"i{i}": ItemResult(result="pass", remark=words(f"Looked at {n}.{i}, all as it should be."))
            for i in range(5)
        }
        file = File(attachment_id=f"{n:032x}", sha256=f"sha256:{sha256(b'%d' % n).hexdigest()}")
        remark = words(f"Done in {n} minutes; nothing unusual was seen.")
        world.act(c.CompleteTask(task=f"uat.t{n}", remark=remark, evidence=(file,), items=results), "qa1")
    await record_all(admin.app.state.house.database, world.batches)
    page = await chief.look("/approvals/r1.sign-off.sign")
    assert page.status == 200
    assert len(page.html.select("details.signed")) == 200
    assert not page.html.select("details.signed[open]"), "a long subject is folded"
    loaded = [str(tag.get("src") or tag.get("href")) for tag in page.html.select("script, link, main img")]
    weight = page.answer.num_bytes_downloaded
    for address in loaded:
        weight += (await chief.http.get(address)).num_bytes_downloaded
    assert weight < 150_000, weight
    unfolded = await chief.look("/approvals/r1.sign-off.sign", unfold=True)
    assert len(unfolded.html.select("details.signed[open]")) == 200


def large(n: int) -> dict[str, Any]:
    items = [
        {"id": f"i{i}", "text": f"Look at point {i} of the system number {n} and say so"} for i in range(5)
    ]
    return task(f"t{n}", items=items, requires=[{"type": "file"}])
