"""Files of evidence at the pages: stored once, asked for once, given back as downloads and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from playwright.async_api import Page, expect

from golive.recording import Batch
from settings import Settings
from tests.api.client import Client
from tests.db.story import event, record
from tests.pages.browser import chromium, served, signed_in
from tests.pages.reader import SITE, Reader, Shown, filled, reading
from tests.pages.working import recorded

TASK = "/tasks/r1.uat.plan"
LIMIT = 20 * 1024 * 1024
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HTML = b"<script>alert(1)</script>"


async def dropped(reader: Reader, *files: tuple[str, bytes], **more: Any) -> Shown:
    """Send files as the script does when they are dropped into the form of the task."""
    form = filled((await reader.look(TASK)).form(f"{TASK}/complete"))
    named = [("task.files", (name, content)) for name, content in files]
    answer = await reader.http.post(
        "/attachments", data={**form, **more}, files=named, headers={"Origin": SITE}
    )
    return Shown(answer)


@pytest.mark.parametrize(("name", "content"), [("evil.svg", SVG), ("évil <b>.html", HTML)])
async def test_a_file_is_a_download_whatever_it_is(admin: Client, name: str, content: bytes) -> None:
    qa1 = await recorded(admin)
    attachment = await qa1.upload(name, content)
    async with reading(admin.app, qa1.token) as reader:
        answer = (await reader.look(f"/attachments/{attachment}")).answer
        lacking = await reader.look("/attachments/none")
    async with reading(admin.app) as stranger:
        assert (await stranger.look(f"/attachments/{attachment}")).path == "/sign-in"
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (lacking.status, "There is no file none" in lacking.alert) == (404, True)


async def test_what_is_dropped_becomes_a_part_of_the_form(admin: Client) -> None:
    qa1 = await recorded(admin)
    async with reading(admin.app, qa1.token) as reader:
        shown = await dropped(reader, ("../<b>log.txt", b"log"), ("results.xml", b"<testsuite/>"))
        assert shown.status == 200
        rows = shown.html.select(".file")
        assert len(rows) == 2
        assert "log" in rows[0].get_text()
        assert not rows[0].select("b")
        names = [str(row.select_one("select")["name"]) for row in rows]  # type: ignore[index]
        assert all(name.startswith("task.file.") for name in names)
        form = {names[0]: "file", names[1]: "test_result", f"{names[1]}.out": "on"}
        pending = await reader.act(TASK, f"{TASK}/complete", **form)
    kept = filled(pending.form(f"{TASK}/complete"))
    assert {name: kept[name] for name in form} == {name: [value] for name, value in form.items()}


@pytest.mark.parametrize(
    ("kind", "taken_as"),
    [
        ("file", ["file", "file"]),
        ("test_result", ["test_result", "test_result"]),
        ("by_name", ["file", "test_result"]),
    ],
)
async def test_the_kind_is_what_was_chosen(admin: Client, kind: str, taken_as: list[str]) -> None:
    qa1 = await recorded(admin)
    async with reading(admin.app, qa1.token) as reader:
        shown = await dropped(reader, ("a.txt", b"a"), ("b.XML", b"b"), **{"task.files.kind": kind})
    chosen = [str(row.select_one("option[selected]")["value"]) for row in shown.html.select(".file")]  # type: ignore[index]
    assert chosen == taken_as


async def test_twenty_mebibytes_are_taken_and_one_byte_more_is_not_and_the_rest_stays(
    admin: Client, settings: Settings
) -> None:
    qa1 = await recorded(admin)
    files = [("most.bin", bytes(LIMIT)), ("more.bin", bytes(LIMIT + 1)), ("small.txt", b"small")]
    async with reading(admin.app, qa1.token) as reader:
        shown = await dropped(reader, *files)
        assert "“more.bin” is larger than 20 MiB" in shown.alert
        assert [row.find("a").get_text() for row in shown.html.select(".file")] == ["most.bin", "small.txt"]  # type: ignore[union-attr]
        sent = [("task.files", (name, content)) for name, content in files]
        typed: dict[str, Any] = {"task.remark": "kept"}
        refused = await reader.send(await reader.look(TASK), f"{TASK}/complete", files=sent, **typed)
    assert (refused.status, "“more.bin” is larger than 20 MiB" in refused.alert) == (422, True)
    form = filled(refused.form(f"{TASK}/complete"))
    assert form["task.remark"] == ["kept"]
    assert len([name for name in form if name.startswith("task.file.")]) == 2
    stored = [file for file in (settings.home / "attachments").rglob("*") if file.is_file()]
    assert sorted(file.stat().st_size for file in stored) == [5, LIMIT]


@pytest.mark.parametrize("path", ["/attachments", f"{TASK}/complete"])
async def test_more_than_all_files_may_have_together_is_told_as_a_page(admin: Client, path: str) -> None:
    async with reading(admin.app, admin.token) as reader:
        headers = {
            "Origin": SITE,
            "Content-Length": str(200 * 1024 * 1024),
            "Content-Type": "multipart/form-data",
        }
        shown = Shown(await reader.http.post(path, content=b"", headers=headers))
    assert shown.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "This is larger than 100 MiB" in shown.alert


async def test_other_forms_stay_as_small_as_the_api_takes(admin: Client) -> None:
    async with reading(admin.app, admin.token) as reader:
        headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
        large = await reader.http.post(f"{TASK}/comments", content=b"text=" + b"x" * 400_000, headers=headers)
    assert large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


async def test_who_has_nothing_to_attach_stores_nothing(admin: Client, settings: Settings) -> None:
    await recorded(admin)
    viewer = await admin.joined("eve", "viewer")
    async with reading(admin.app, viewer.token) as reader:
        page = await reader.look("/")
        data = filled(page.form("/sign-out"))
        files = {"task.files": ("a.txt", b"a")}
        answer = Shown(
            await reader.http.post("/attachments", data=data, files=files, headers={"Origin": SITE})
        )
        foreign = await reader.http.post("/attachments", files=files, headers={"Origin": SITE})
    assert "This needs the role" in answer.alert
    assert foreign.status_code == HTTPStatus.FORBIDDEN
    assert not [file for file in settings.home.rglob("attachments/*/*") if file.is_file()]


DROP = """([zone, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name, {type: "text/plain"}));
  const target = document.querySelector(zone);
  for (const kind of ["dragover", "drop"])
    target.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
}"""


async def drop(page: Page, *files: tuple[str, str]) -> None:
    await page.evaluate(DROP, [".drop", [list(file) for file in files]])


@pytest.mark.slow
async def test_files_are_dropped_in_a_real_browser_and_nothing_typed_is_lost(admin: Client) -> None:
    qa1 = await recorded(admin)
    async with served(admin.app) as address, chromium() as browser:
        page = await signed_in(browser, address, qa1.token)
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        await page.goto(address + TASK)
        await page.fill('[name="task.remark"]', "typed before")
        await page.click(".completing summary >> text=Add more evidence")
        await page.check('[name="task.signature"]')
        await drop(page, ("log.txt", "log"), ("second.txt", "second"))
        await expect(page.locator(".file")).to_have_count(2)
        await expect(page.locator('[name="task.remark"]')).to_have_value("typed before")
        assert await page.evaluate("document.querySelector('[name=\"task.files\"]').files.length") == 0
        await drop(page, ("big.bin", "x" * (LIMIT + 1)))
        await expect(page.locator(".files [role=alert]")).to_contain_text("larger than 20 MiB")
        await drop(page, ("third.txt", "third"))
        await expect(page.locator(".file")).to_have_count(3)
        await expect(page.locator(".files [role=alert]")).to_have_count(0)
        # Others change the task: the live part is sent anew, and what was typed stays.
        reminded = event(3, "Reminded", object="task:uat.plan", payload={"title": "Plan", "to": "qa1"})
        await record(admin.app.state.house.database, Batch(run_id="r1", events=(reminded,)))
        await expect(page.locator("#live-history li")).to_have_count(2)
        await expect(page.locator('[name="task.remark"]')).to_have_value("typed before")
        # Refused: the links are none.
        await page.fill('[name="task.links"]', "nowhere")
        await page.locator(".file", has_text="second.txt").get_by_role("checkbox").check()
        await page.click('.completing button[type="submit"]')
        await expect(page.locator(".completing [role=alert]")).to_contain_text("the link nowhere")
        await expect(page.locator('[name="task.remark"]')).to_have_value("typed before")
        await expect(page.locator('[name="task.signature"]')).to_be_checked()
        await expect(page.locator(".file")).to_have_count(3)
        await expect(page.locator(".file input:checked")).to_have_count(1)
        # Unknown: the engine is away; it waits with everything under one key.
        await page.fill('[name="task.links"]', "")
        await page.click('.completing button[type="submit"]')
        await expect(page.locator("h1")).to_have_text("Not known yet: Complete it")
        assert await page.input_value('[name="task.remark"]') == "typed before"
        assert faults == []
