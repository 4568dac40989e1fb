"""What holds on every page, in every look: nothing that shuts people out, nothing heavy, nothing from elsewhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from cli.language import ROOT
from tests.pages.everywhere import LANGUAGES, NARROW, PLACES, SCHEMES, WIDE, WIDTHS, Look, Place, Tour, Window
from tests.pages.scene import Scene

pytestmark = [pytest.mark.proof, pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8") + ";null"
GRAVE = ("serious", "critical")
HEAVIEST = 150_000
"""Bytes that a page and all that it loads may have on the wire, for who comes for the first time."""
_FAULTS = """async (rules) => {
  const only = rules && { runOnly: { type: "rule", values: rules } };
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...only });
  const where = (node) => `${node.target.join(" ")}: ${node.failureSummary}`;
  return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, where: nodes.map(where) }));
}"""
COLOURS = ["color-contrast", "link-in-text-block"]
"""What axe judges by colours, all that can be otherwise in the dark."""
_WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@dataclass
class Found:
    """What was found at a place, each with the look in which it was."""

    faults: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Inspection:
    """Goes to each place once in each language, and there makes the screen narrow and turns the light off and on."""

    def __init__(self, tour: Tour):
        self.tour = tour
        self._known: dict[str, Found] = {}

    async def of(self, place: Place) -> Found:
        """Return what was found at a place."""
        if place.name not in self._known:
            found = self._known[place.name] = Found()
            async with asyncio.TaskGroup() as looking:
                for language in LANGUAGES:
                    looking.create_task(self._look(place, Look(language, "light", WIDE), found))
        return self._known[place.name]

    async def _look(self, place: Place, look: Look, found: Found) -> None:
        async with self.tour.window(place, look) as window:
            found.weights[str(look)] = await weighed(window, self.tour.scene)
            found.foreign += [f"{look}: {url}" for url in window.asked if not self._is_ours(url)]
            found.complaints += [f"{look}: {said}" for said in complaints(window)]
            await window.page.evaluate(AXE)
            for width, scheme in product(WIDTHS, SCHEMES):
                await window.page.set_viewport_size({"width": width, "height": 900})
                await window.page.emulate_media(color_scheme=scheme)
                dressed = Look(look.language, scheme, width)
                rules = COLOURS if scheme == "dark" else None
                found.faults += [f"{dressed}: {fault}" for fault in await faults(window.page, rules)]
                whole, seen = await window.page.evaluate(_WIDTHS)
                if whole > seen:
                    found.sideways.append(f"{dressed}: {whole} px wide")

    def _is_ours(self, url: str) -> bool:
        return url.startswith((f"{self.tour.scene.url}/", "data:"))


async def weighed(window: Window, scene: Scene) -> float:
    """Open the page and return the bytes that came over the wire, headers and compressed bodies."""
    came: list[float] = []
    session = await window.page.context.new_cdp_session(window.page)
    session.on("Network.loadingFinished", lambda done: came.append(done["encodedDataLength"]))
    await session.send("Network.enable")
    await window.open(scene)
    return sum(came)


def complaints(window: Window) -> list[str]:
    """Return what the browser complained of, less that it was answered with the status that is expected here."""
    expected = f"responded with a status of {window.place.status} "
    complained = [said for said in window.said if said.startswith(("error", "warning"))]
    return [said for said in complained if window.place.status < 400 or expected not in said]


async def faults(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return what axe, which is on the page, finds there that is grave: where it is and what would mend it."""
    found: list[dict[str, Any]] = await page.evaluate(_FAULTS, rules)
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}\n    " + "\n    ".join(fault["where"])
        for fault in found
        if fault["impact"] in GRAVE
    ]


@pytest.fixture(scope="session")
def inspection(chromium: Browser, scene: Scene) -> Inspection:
    """Everybody signs in once for all places, and each place is seen once."""
    return Inspection(Tour(chromium, scene))


EVERYWHERE = pytest.mark.parametrize("place", PLACES, ids=[place.name for place in PLACES])


@EVERYWHERE
async def test_nobody_is_shut_out(inspection: Inspection, place: Place) -> None:
    found = (await inspection.of(place)).faults
    assert not found, "\n" + "\n".join(found)


@EVERYWHERE
async def test_nothing_has_to_be_scrolled_sideways(inspection: Inspection, place: Place) -> None:
    assert (await inspection.of(place)).sideways == []


@EVERYWHERE
async def test_it_is_light_and_comes_from_here_alone(inspection: Inspection, place: Place) -> None:
    found = await inspection.of(place)
    assert found.foreign == []
    for look, weight in found.weights.items():
        assert 10_000 < weight < HEAVIEST, f"{look}: {weight} bytes"


@EVERYWHERE
async def test_the_browser_has_nothing_to_complain_of(inspection: Inspection, place: Place) -> None:
    assert (await inspection.of(place)).complaints == []


async def test_faults_and_complaints_would_be_noticed(inspection: Inspection) -> None:
    """An image without words, a style in the page, words that can hardly be seen, and a line that is too long."""
    place = next(place for place in PLACES if place.name == "components")
    async with inspection.tour.window(place, Look("en", "light", NARROW)) as window:
        await window.open(inspection.tour.scene)
        await window.page.evaluate(AXE)
        await window.page.evaluate(
            """() => document.querySelector("main").insertAdjacentHTML("beforeend",
            '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="900"><b style="color:red">x</b>')"""
        )
        assert "image-alt (critical)" in "".join(await faults(window.page))
        assert any("Content Security Policy" in said for said in complaints(window))
        await window.page.evaluate("() => document.querySelector('h1').style.setProperty('color', '#eee')")
        assert "color-contrast (serious)" in "".join(await faults(window.page))
