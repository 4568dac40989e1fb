"""Amendments at the pages: what they do is shown before anybody is asked, decided on their own page, listed where they
wait.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import expect

from tests.api.client import Client
from tests.api.team import TEMPLATE, Team
from tests.api.test_amendments import asked, decided, newer, run_id
from tests.pages.reader import Reader, reading
from tests.pages.test_approval_in_chromium import chromium, served

__all__ = ["run_id"]
Readers = Any


@pytest.fixture
async def readers(team: Team) -> AsyncIterator[Readers]:
    """Give whoever is wanted a session at the pages."""
    async with AsyncExitStack() as open_until:

        async def of(client: Client, language: str = "en") -> Reader:
            return await open_until.enter_async_context(reading(team.admin.app, client.token, language))

        yield of


async def test_other_people_are_shown_first_and_then_asked_for(
    team: Team, run_id: str, readers: Readers
) -> None:
    await team.admin.joined("ops2", "assignee", "approver", functions=("ops",))
    manager, path = await readers(team.manager), f"/runs/{run_id}/amend"
    run = await manager.look(f"/runs/{run_id}")
    assert [str(link["href"]) for link in run.html.select(f'a[href="{path}"]')] == [path]
    typed = {"people.ops": "ops1, ops2", "do": "preview"}
    seen = await manager.act(path, path, **typed)
    assert seen.status == 200
    assert "Of ops now act: ops1, ops2; before: ops1." in seen.text
    assert "in force as soon as you ask for it" in seen.text
    assert (await team.manager.get(f"/runs/{run_id}"))["plan_version"] == 1
    refused = await manager.send(seen, path, do="ask")
    assert refused.status == 422
    assert [str(each["id"]) for each in refused.html.select("[aria-invalid=true]")] == ["reason"]
    done = await manager.send(refused, path, do="ask", reason="ops1 goes on leave")
    assert done.path == f"/runs/{run_id}"
    assert "Amendments of the plan" in done.text
    assert (await team.manager.get(f"/runs/{run_id}"))["people"]["ops"] == ["ops1", "ops2"]


async def test_who_signs_finds_it_in_their_work_and_decides_on_what_is_shown(
    team: Team, run_id: str, readers: Readers
) -> None:
    version = await newer(team)
    manager, ops1 = await readers(team.manager), await readers(team.ops1)
    path = f"/runs/{run_id}/amend"
    seen = await manager.act(path, path, template_version=str(version), do="preview")
    assert "Smoke test new task" in seen.text
    assert "Who can: ops1." in seen.text
    await manager.send(seen, path, do="ask", reason="test it twice")
    (amendment,) = (await team.manager.get("/amendments", run=run_id))["items"]
    page = f"/amendments/{amendment['id']}"
    work = await ops1.look("/")
    assert [str(link["href"]) for link in work.html.select('a[href^="/amendments/"]')] == [page]
    assert "Amendment of the plan of “checkout 1.4.0”" in work.text
    assert not (await manager.look(page)).offers(f"{page}/approve")
    wrong = await ops1.act(page, f"{page}/reject")
    assert wrong.status == 422
    assert [str(each["id"]) for each in wrong.html.select("[aria-invalid=true]")] == ["reject-comment"]
    done = await ops1.act(page, f"{page}/approve", comment="seen")
    assert done.path == page
    assert "in force" in done.text
    assert "seen" in done.text
    run = await manager.look(f"/runs/{run_id}")
    assert "Smoke test" in run.text


async def test_who_asked_withdraws_it(team: Team, run_id: str, readers: Readers) -> None:
    amendment = await asked(team, run_id, template_version=await newer(team))
    manager, page = await readers(team.manager), f"/amendments/{amendment['id']}"
    pending = await manager.look(f"/runs/{run_id}/amend")
    assert not pending.offers(f"/runs/{run_id}/amend")
    done = await manager.act(page, f"{page}/take-back", reason="not needed")
    assert "withdrawn" in done.text
    assert "not needed" in done.text


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    team: Team, run_id: str, readers: Readers
) -> None:
    manager, path = await readers(team.manager), f"/runs/{run_id}/amend"
    page = await manager.act(
        path, path, **{"people.ops": "nobody", "parameters.pace": "slow", "do": "preview"}
    )
    assert page.status == 422
    assert "nobody" in page.alert
    kept = page.form(path)
    (ops,) = kept.select('[name="people.ops"]')
    assert ops["value"] == "nobody"
    nothing = await manager.act(path, path, do="preview")
    assert (nothing.status, nothing.alert) == (409, "The plan would stay as it is; say what is to change.")


async def test_who_may_not_amend_is_told_who_can(team: Team, run_id: str, readers: Readers) -> None:
    watcher = await readers(await team.admin.joined("watcher", "viewer"))
    page = await watcher.look(f"/runs/{run_id}/amend")
    assert not page.offers(f"/runs/{run_id}/amend")
    assert "release manager" in page.text


async def test_what_is_gone_is_still_there_to_be_read(team: Team, run_id: str, readers: Readers) -> None:
    source = TEMPLATE.replace("- {key: look,", "- {key: gaze,").replace("- {key: go,", "- {key: went,")
    await decided(team.ops1, await asked(team, run_id, template_version=await newer(team, source)))
    ops1 = await readers(team.ops1)
    run = await ops1.look(f"/runs/{run_id}")
    assert "No longer in the plan" in run.text
    task, approval = f"/tasks/{run_id}.uat.look", f"/approvals/{run_id}.uat.go"
    assert {task, approval} <= {str(link["href"]) for link in run.html.select("#gone a")}
    assert (await ops1.look(task)).status == 200
    gone = await ops1.look(approval)
    assert gone.status == 200
    assert not gone.offers(f"{approval}/approve")


async def test_in_a_browser_the_impact_comes_first_and_then_the_question(team: Team, run_id: str) -> None:
    version = await newer(team)
    async with served(team) as address, chromium() as browser:
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{address}/sign-in?next=/runs/{run_id}/amend")
        await page.get_by_text("Sign in with an API token").first.click()
        await page.fill("[name=token]", team.manager.token)
        await page.keyboard.press("Enter")
        await page.fill("#template_version", str(version))
        await page.click(".last [value=preview]")
        await expect(page.locator("#foreseen")).to_contain_text("Smoke test")
        await page.fill("#reason", "test it twice")
        await page.click("#foreseen [value=ask]")
        await expect(page.locator("#amendments")).to_contain_text("asked for")
        assert not complaints
    (amendment,) = (await team.manager.get("/amendments", run=run_id))["items"]
    assert (amendment["state"], amendment["reason"]) == ("requested", "test it twice")
