"""Every page, who looks at it, and how it can be looked at. A new page is one line in `PLACES`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import httpx
from bs4 import BeautifulSoup
from playwright.async_api import Browser, BrowserContext, Page
from typing_extensions import override

from tests.pages.reader import filled
from tests.pages.scene import DOER, MANAGER, VIEWER, Scene

NOBODY = ""
"""Who has not signed in."""
WIDE, NARROW = 1280, 360
ZONE = "Asia/Shanghai"
_LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True)
class Place:
    """A page, or what a page becomes when somebody does something there. `status` is that of what is shown last."""

    name: str
    who: str
    path: Callable[[Scene], str]
    do: Callable[[Page], Awaitable[None]] | None = None
    status: int = 200


Language = Literal["en", "zh"]
Scheme = Literal["light", "dark"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (WIDE, NARROW)


@dataclass(frozen=True)
class Look:
    """How somebody looks: their language, the colours they prefer, how wide their screen is."""

    language: Language
    scheme: Scheme
    width: int

    @override
    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{self.language}"


LOOKS = tuple(Look(*how) for how in product(LANGUAGES, SCHEMES, WIDTHS))


async def _filled(page: Page) -> None:
    await page.fill("#release-service", "checkout")
    await page.fill("#release-version", "1.5.0")
    await page.fill("#release-artifacts-0-name", "checkout-1.5.0.tar.gz")
    await page.fill("#go_live_at", "2099-11-22T14:00")


async def preview_a_start(page: Page) -> None:
    """Fill in the form of a start and have its plan shown."""
    await _filled(page)
    await page.fill("#release-artifacts-0-digest", f"sha256:{'ab' * 32}")
    await page.click(".last [value=preview]")
    await page.wait_for_selector("#preview")


async def start_wrongly(page: Page) -> None:
    """Fill in the form of a start with what is refused."""
    await _filled(page)
    await page.fill("#release-artifacts-0-digest", "1.5.0")
    await page.fill("#release-artifacts-1-name", "a name without a digest")
    await page.click(".last [value=start]")
    await page.wait_for_selector("[data-problem]")


PLACES = (
    Place("sign-in", NOBODY, lambda _: "/sign-in"),
    Place("work", DOER, lambda _: "/"),
    Place("runs", MANAGER, lambda _: "/runs"),
    Place("runs-some", MANAGER, lambda _: "/runs?state=running&limit=2"),
    Place("runs-none", VIEWER, lambda _: "/runs?q=nothing&state=held"),
    Place("runs-wrong", VIEWER, lambda _: "/runs?state=asleep&service=checkout"),
    Place("start", MANAGER, lambda _: "/start"),
    Place("start-not-allowed", VIEWER, lambda _: "/start", status=403),
    Place("start-form", MANAGER, lambda _: "/start/saas-standard"),
    Place("start-preview", MANAGER, lambda _: "/start/saas-standard", preview_a_start),
    Place("start-refused", MANAGER, lambda _: "/start/saas-standard", start_wrongly, status=422),
    Place("components", MANAGER, lambda _: "/components"),
    Place("not-there", MANAGER, lambda _: "/nothing", status=404),
)


@dataclass(frozen=True)
class Window:
    """A page as it is open in a browser, with what the browser said meanwhile."""

    page: Page
    place: Place
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def open(self, scene: Scene) -> None:
        """Go to the place and do what is to be done there."""
        address = scene.url + self.place.path(scene)
        answer = await self.page.goto(address, wait_until="load")
        assert answer is not None
        assert self.place.do or answer.status == self.place.status, f"{address}: {answer.status}"
        if self.place.do:
            await self.place.do(self.page)


class Tour:
    """Goes through the places of a scene with a browser. Everybody signs in once."""

    def __init__(self, browser: Browser, scene: Scene):
        self.browser = browser
        self.scene = scene
        self._cookies: dict[str, list[dict[str, str]]] = {NOBODY: []}

    @asynccontextmanager
    async def window(self, place: Place, look: Look) -> AsyncIterator[Window]:
        """Open an empty window for a place, with nothing in its cache."""
        context = await self.browser.new_context(
            viewport={"width": look.width, "height": 900},
            color_scheme=look.scheme,
            locale=_LOCALES[look.language],
            timezone_id=ZONE,
            reduced_motion="reduce",
        )
        try:
            yield await self._window(context, place)
        finally:
            await context.close()

    async def _window(self, context: BrowserContext, place: Place) -> Window:
        zone = {"name": "golive-zone", "value": ZONE, "url": self.scene.url}
        await context.add_cookies([zone, *await self._signed_in(place.who)])  # type: ignore[list-item]
        window = Window(await context.new_page(), place)
        window.page.on("console", lambda said: window.said.append(f"{said.type}: {said.text}"))
        window.page.on("pageerror", lambda error: window.said.append(f"error: {error}"))
        window.page.on("request", lambda request: window.asked.append(request.url))
        return window

    async def _signed_in(self, who: str) -> list[dict[str, str]]:
        if who not in self._cookies:
            async with httpx.AsyncClient(base_url=self.scene.url, trust_env=False) as http:
                action = "/sign-in/token"
                form = BeautifulSoup((await http.get("/sign-in")).text, "html.parser").select_one(
                    f'form[action="{action}"]'
                )
                assert form is not None
                typed = {**filled(form), "token": self.scene.tokens[who]}
                answer = await http.post(action, data=typed, headers={"Origin": self.scene.url})
                assert answer.is_redirect, answer.text
                self._cookies[who] = [
                    {"name": name, "value": value, "url": self.scene.url}
                    for name, value in http.cookies.items()
                ]
        return self._cookies[who]
