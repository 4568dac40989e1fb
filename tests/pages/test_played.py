"""A whole go-live through the pages alone: several people, each in a Chromium of their own, on a real stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.cli.processes import environment
from tests.cli.whole import Whole, up
from tests.pages.chromium import chromium
from tests.pages.played import Person, Team

__all__ = ["chromium"]
pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(900)]

FUNCTIONS = ("product", "dev", "security", "ops", "support", "qa", "business", "release")
MOST = 120
"""Acts, after which a run that has not ended goes round in circles."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with up(environment(tmp_path_factory.mktemp("up") / "home")) as running:
        yield running


def invited(whole: Whole) -> dict[str, str]:
    """Make everybody who takes part; return where each chooses a password."""
    token = (Path(whole.env["GOLIVE_HOME"]) / "admin.token").read_text().strip()
    links = {}
    crew = {f"{function}-{n}": ["assignee"] for function in FUNCTIONS for n in (1, 2)}
    crew |= {f"{function}-signs-{n}": ["approver"] for function in FUNCTIONS for n in (1, 2)}
    crew["rita"] = ["release_manager"]
    with httpx.Client(base_url=f"{whole.url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as http:
        for name, roles in crew.items():
            functions = [name.partition("-")[0]] if name != "rita" else []
            made = http.post("/users", json={"name": name, "roles": roles, "functions": functions})
            assert made.status_code == 201, made.text
            links[name] = made.json()["enrolment_url"]
    return links


async def started(rita: Person) -> str:
    """Start a run by the form of its template; return its id."""
    page = rita.page
    await page.goto("/start/saas-standard")
    await page.get_by_label("Service", exact=True).fill("checkout")
    await page.get_by_label("Version", exact=True).fill("1.4.0")
    await page.get_by_label("Name of artifact 1").fill("checkout-1.4.0.tar.gz")
    await page.get_by_label("Digest of artifact 1").fill(f"sha256:{'ab' * 32}")
    await page.get_by_label("Pace").select_option("demo")
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.get_by_role("heading", name="checkout 1.4.0")).to_be_visible(timeout=30_000)
    return page.url.split("?")[0].rpartition("/")[2]


async def stepped(team: Team, rita: Person, run: str) -> str:
    """Let somebody do one thing; return what it was, empty when nobody could just now."""
    if await rita.promote(run):
        return "promote"
    for name in dict.fromkeys(await team.awaited(rita, run)):
        person = await team.person(name)
        if address := await person.next_thing(run):
            return await person.do(address)
    return ""


async def test_a_go_live_is_played_to_its_end_through_the_pages_alone(
    whole: Whole, chromium: Browser
) -> None:
    team = Team(chromium, whole.url, invited(whole))
    rita = await team.person("rita")
    run = await started(rita)
    done: list[str] = []
    heading = rita.page.locator("main")
    while len(done) < MOST:
        if act := await stepped(team, rita, run):
            done.append(act)
        elif "Everything was done, and the run is complete." in await heading.inner_text():
            break
        else:  # golive itself is at work: the page tells of it by itself
            await rita.page.wait_for_timeout(300)
    assert "the run is complete" in await heading.inner_text(), done
    assert {"complete", "verify", "decide", "promote"} <= set(done)
    assert len(team.present) >= 10
    audit = whole.golive("audit", "verify")
    assert audit.exit_code == 0, audit.stderr
