"""Waivers at the pages: asked for at the check that fails, decided on their own page, listed where they wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.api.client import Client
from tests.api.team import Team
from tests.api.test_waivers import SAID, asking, run_id
from tests.pages.approvals import asked
from tests.pages.reader import Reader, Shown, reading

__all__ = ["run_id"]
ENDS = "2099-01-01T08:00"
TYPED = {**SAID, "ends_at": ENDS}
Readers = Any


@pytest.fixture
async def readers(team: Team) -> AsyncIterator[Readers]:
    """Give whoever is wanted a session at the pages."""
    async with AsyncExitStack() as open_until:

        async def of(client: Client, language: str = "en") -> Reader:
            return await open_until.enter_async_context(reading(team.admin.app, client.token, language))

        yield of


def form_of(run_id: str) -> str:
    return f"/runs/{run_id}/waivers/new?check=uat%2Ftests.rate"


def links(page: Shown) -> list[str]:
    return [str(link["href"]) for link in page.html.select("main a") if "waivers/" in str(link["href"])]


async def requested(team: Team, run_id: str) -> str:
    """Have qa1 ask for a waiver; return the path of its page."""
    made = await team.qa1.post(f"/runs/{run_id}/waivers", asking())
    assert made.status_code == 201, made.text
    return f"/waivers/{made.json()['waiver']['id']}"


async def test_a_check_that_fails_leads_to_the_form_and_the_run_lists_what_was_asked(
    team: Team, run_id: str, readers: Readers
) -> None:
    qa1, run, where = await readers(team.qa1), f"/runs/{run_id}", f"/runs/{run_id}/waivers"
    assert links(await qa1.look(run)) == [form_of(run_id)]
    page = await qa1.look(form_of(run_id))
    assert "Share that pass fail" in page.text
    assert "observed 0.97" in page.text
    done = await qa1.send(page, where, **TYPED)
    assert done.path == run
    (waiver,) = (await team.qa1.get("/waivers", run=run_id))["items"]
    assert {name: waiver[name] for name in SAID} == SAID
    assert waiver["ends_at"] == "2099-01-01T08:00:00Z"
    again = await qa1.look(form_of(run_id))
    assert not again.offers(where)
    assert links(again) == [f"/waivers/{waiver['id']}"]
    assert set(links(done)) == {f"/waivers/{waiver['id']}"}, "of one check, one waiver is asked for at a time"
    assert "asked for by qa1 · waits for ops1" in done.text
    assert "qa1 asked for a waiver of “Share that pass” until 2099-01-01 08:00 UTC" in done.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"risk": ""}, "risk"),
        ({"mitigation": ""}, "mitigation"),
        ({"ends_at": ""}, "ends_at"),
        ({"ends_at": "2020-01-01T08:00"}, "ends_at"),
        ({"starts_at": "2099-06-01T08:00"}, "ends_at"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    team: Team, run_id: str, readers: Readers, typed: dict[str, str], field: str
) -> None:
    qa1, where = await readers(team.qa1), f"/runs/{run_id}/waivers"
    page = await qa1.act(form_of(run_id), where, **{**TYPED, **typed})
    assert page.status == 422
    assert [str(each["id"]) for each in page.html.select("[aria-invalid=true]")] == [field], page.alert
    kept = page.form(where)
    for name, value in {**TYPED, **typed}.items():
        element = kept.select_one(f"[name={name}]")
        assert element is not None
        assert (element.get("value") or element.get_text().removeprefix("\n")) == value


async def test_who_may_not_ask_is_told_and_there_is_no_form_of_another_check(
    team: Team, run_id: str, readers: Readers
) -> None:
    watcher = await readers(await team.admin.joined("watcher", "viewer"))
    assert links(await watcher.look(f"/runs/{run_id}")) == [], "only who may ask is led to the form"
    page = await watcher.look(form_of(run_id))
    assert not page.offers(f"/runs/{run_id}/waivers")
    assert "To ask for a waiver needs one of the roles" in page.text
    assert (await watcher.look(f"/runs/{run_id}/waivers/new?check=uat/none")).status == 404
    assert (await watcher.look("/waivers/none")).status == 404


async def test_it_waits_in_the_work_of_who_decides_and_is_granted_there(
    team: Team, run_id: str, readers: Readers
) -> None:
    path = await requested(team, run_id)
    ops1, qa2 = await readers(team.ops1), await readers(team.qa2)
    work = await ops1.look("/")
    (row,) = [row for row in work.html.select(".work > li") if row.select_one(f'a[href="{path}"]')]
    assert "Decide" in row.get_text()
    assert "Waiver of “Share that pass”" in row.get_text()
    assert links(await qa2.look("/")) == []
    other = await qa2.look(path)
    assert not other.offers(f"{path}/grant")
    assert "Who can: ops1" in other.text
    page, elsewhere = await ops1.look(path), await ops1.look(path)
    for wanted in ("Share that pass", "asked for", *SAID.values(), "build 1", "2099"):
        assert wanted in page.text
    done = await ops1.send(page, f"{path}/grant", comment="until the fix is in")
    assert done.path == path
    assert "Granted by ops1" in done.text
    assert "until the fix is in" in done.text
    assert not done.offers(f"{path}/grant")
    assert links(await ops1.look("/")) == []
    assert "pass with waiver" in (await ops1.look(f"/runs/{run_id}")).text
    late = await ops1.send(elsewhere, f"{path}/grant")
    assert late.status == 409
    assert "nothing is decided on it any more" in late.alert


async def test_a_refusal_needs_its_reason(team: Team, run_id: str, readers: Readers) -> None:
    path = await requested(team, run_id)
    ops1 = await readers(team.ops1)
    silent = await ops1.act(path, f"{path}/refuse")
    assert silent.status == 422
    assert [str(each["id"]) for each in silent.html.select("[aria-invalid=true]")] == ["refuse-comment"]
    done = await ops1.act(path, f"{path}/refuse", comment="fix it first")
    assert "Refused by ops1" in done.text
    assert "fix it first" in done.text
    assert links(await (await readers(team.qa1)).look(f"/runs/{run_id}"))[0] == form_of(run_id)


async def test_what_is_waived_is_signed_and_shown_with_the_subject(team: Team, readers: Readers) -> None:
    go = await asked(team, rate=0.5)
    assert (await go.shown())["state"] == "locked"
    body = asking(check="uat/good.rate")
    made = (await team.qa1.post(f"/runs/{go.run}/waivers", body)).json()["waiver"]
    await team.ops1.post(
        f"/waivers/{made['id']}/decisions", {"decision": "approved", "comment": "until Friday"}
    )
    page = await (await readers(team.ops1)).look(go.path)
    shown = page.html.select_one("#waivers")
    assert shown is not None
    for wanted in ("Share that passes", *SAID.values(), "qa1", "ops1", "until Friday", "2099"):
        assert wanted in shown.get_text(), wanted
    parts = [" ".join(each.get_text().split()) for each in page.html.select("#digest h3")]
    assert parts == ["release", "plan", "evidence", "gates", "waivers", "rollout"]
