"""Every page, who looks at it, and how it can be looked at. A new page is one line in `PLACES`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Literal
from urllib.parse import urljoin

import httpx
from bs4 import BeautifulSoup
from playwright.async_api import Browser, BrowserContext, Page, Route
from typing_extensions import override

from tests.pages.reader import filled
from tests.pages.scene import DOER, MANAGER, RESCUER, SIGNER, SUBJECT, VIEWER, WAIVED, Scene, sign_in

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
    do: Callable[[Page, Scene], Awaitable[None]] | None = None
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


async def preview_a_start(page: Page, _: Scene) -> None:
    """Fill in the form of a start and have its plan shown."""
    await _filled(page)
    await page.fill("#release-artifacts-0-digest", f"sha256:{'ab' * 32}")
    await page.click(".last [value=preview]")
    await page.wait_for_selector("#preview")


async def start_wrongly(page: Page, _: Scene) -> None:
    """Fill in the form of a start with what is refused."""
    await _filled(page)
    await page.fill("#release-artifacts-0-digest", "1.5.0")
    await page.fill("#release-artifacts-1-name", "a name without a digest")
    await page.click(".last [value=start]")
    await page.wait_for_selector("[data-problem]")


async def complete_without_evidence(page: Page, _: Scene) -> None:
    """Send a checklist in which nothing is ticked."""
    await _send_as_it_is(page, "complete")


async def return_without_a_reason(page: Page, _: Scene) -> None:
    """Return an approval without a word."""
    await page.click('details:has(form[action$="/return"]) > summary')
    await _send_as_it_is(page, "return")


async def refuse_without_a_reason(page: Page, _: Scene) -> None:
    """Refuse a waiver without a word."""
    await page.click('details:has(form[action$="/refuse"]) > summary')
    await _send_as_it_is(page, "refuse")


async def ask_without_a_word(page: Page, _: Scene) -> None:
    """Ask for a waiver and say nothing."""
    await _send_as_it_is(page, "waivers")


async def hand_over_to_nobody(page: Page, scene: Scene) -> None:
    """Unfold every form around an approval, and hand over without saying to whom and until when."""
    await unfold(page, scene)
    await _send_as_it_is(page, "delegate")


async def unfold(page: Page, _: Scene) -> None:
    """Unfold every form."""
    for fold in await page.query_selector_all("details:has(> form) > summary"):
        await fold.click()


async def _send_as_it_is(page: Page, act: str) -> None:
    """Send a form past the browser's own checks, and be told by golive what is wrong."""
    form = page.locator(f'form[action$="/{act}"]')
    await form.evaluate("(form) => { form.noValidate = true; form.requestSubmit(); }")
    await page.wait_for_selector("[data-problem]")


async def comment_into_the_dark(page: Page, scene: Scene) -> None:
    """Comment on a run, and be answered as one is while nobody knows whether it was recorded."""
    language = await page.evaluate("document.documentElement.lang.slice(0, 2)")
    answer = scene.unknown[language]
    headers = {"content-type": answer.headers["content-type"]} | {
        name: value for name, value in answer.headers.items() if name == "content-security-policy"
    }

    async def answered(route: Route) -> None:
        await route.fulfill(status=answer.status_code, headers=headers, body=answer.text)

    await page.route("**/comments", answered)
    await page.click('details:has(form[action$="/comments"]) > summary')
    await page.fill("#comments-text", "The move has begun.")
    await page.click('form[action$="/comments"] button[type=submit]')
    await page.wait_for_selector("main [name=text][type=hidden]", state="attached")


async def send_without_a_session(page: Page, scene: Scene) -> None:
    """Send a form after the session has ended, as a browser without script does."""
    await page.context.clear_cookies(name="golive")
    path = f"/tasks/{scene.task}/block"
    await page.click(f'details:has(form[action="{path}"]) > summary')
    await page.fill("#block-reason", "The shop of the tests is closed.\nNobody answers the telephone.")
    async with page.expect_navigation():
        await page.locator(f'form[action="{path}"]').evaluate("(form) => form.submit()")
    await page.wait_for_selector("[data-problem]")


async def send_as_somebody_else(page: Page, scene: Scene) -> None:
    """Send a form when somebody else has signed in meanwhile."""
    browser = page.context.browser
    assert browser is not None
    other = await browser.new_context()
    there, action = other.request, f"{scene.url}/sign-in/token"
    form = BeautifulSoup(await (await there.get(f"{scene.url}/sign-in")).text(), "html.parser")
    asked = form.select_one('form[action="/sign-in/token"]')
    assert asked is not None
    typed: dict[str, str | float | bool] = {name: values[0] for name, values in filled(asked).items()}
    typed["token"] = scene.tokens[SIGNER]
    await there.post(action, form=typed, headers={"Origin": scene.url}, max_redirects=0)
    # At one stroke: without a session in between, news that connects again would be refused.
    (session,) = [each["value"] for each in await other.cookies() if each["name"] == "golive"]
    await page.context.add_cookies([{"name": "golive", "value": session, "url": scene.url, "httpOnly": True}])
    await other.close()
    path = f"/tasks/{scene.task}/comments"
    await page.fill("#text", "Who reviews this?")
    async with page.expect_navigation():
        await page.locator(f'form[action="{path}"]').evaluate("(form) => form.submit()")
    await page.wait_for_selector("[data-problem]")


async def send_a_foreign_form(page: Page, _: Scene) -> None:
    """Send a form that no page of golive has made."""
    await page.evaluate(
        """() => { document.querySelector("[action='/sign-out'] [name=csrf]").value = "none" }"""
    )
    await page.click('[action="/sign-out"] button')
    await page.wait_for_selector("[data-problem]")


async def come_from_the_provider(page: Page, scene: Scene) -> None:
    """Sign in at the OpenID provider as somebody whom golive does not know, beside being signed in here."""
    there = page.context.request
    answer = await there.get(f"{scene.url}/sign-in/provider", max_redirects=0)
    while True:
        while where := answer.headers.get("location"):
            where = urljoin(answer.url, where)
            if where.startswith(scene.url):
                await page.goto(where, wait_until="load")
                return
            answer = await there.get(where, max_redirects=0)
        form = BeautifulSoup(await answer.text(), "html.parser").form
        assert form is not None
        typed: dict[str, str | float | bool] = {name: values[0] for name, values in filled(form).items()}
        typed |= {"login": SUBJECT, "password": "any"}
        answer = await there.post(urljoin(answer.url, str(form["action"])), form=typed, max_redirects=0)


async def foresee_an_amendment(page: Page, _: Scene) -> None:
    """Change the plan in the form, and have shown what that does."""
    await page.fill("#parameters-pace", "demo")
    await page.fill("#go_live_at", "2099-11-29T14:00")
    await page.click(".last [value=preview]")
    await page.wait_for_selector("#foreseen")


async def amend_wrongly(page: Page, _: Scene) -> None:
    """Name somebody in the form whom golive does not know."""
    await page.fill("#people-ops", "nobody")
    await page.click(".last [value=preview]")
    await page.wait_for_selector("[data-problem]")


async def reject_without_a_word(page: Page, _: Scene) -> None:
    """Reject an amendment without a reason."""
    await page.click('details:has(form[action$="/reject"]) > summary')
    await _send_as_it_is(page, "reject")


def _amending(scene: Scene) -> str:
    return f"/runs/{scene.held}/amend"


def _asking_for_a_waiver(scene: Scene) -> str:
    return f"/runs/{scene.failing}/waivers/new?check={WAIVED}"


PLACES = (
    Place("sign-in", NOBODY, lambda _: "/sign-in"),
    Place("enrolment", NOBODY, lambda scene: scene.link),
    Place("enrolment-over", NOBODY, lambda _: "/enrol/nothing", status=404),
    Place("connect", DOER, lambda _: "/me", come_from_the_provider),
    Place("me", DOER, lambda _: "/me"),
    Place("work", DOER, lambda _: "/"),
    Place("work-of-a-manager", MANAGER, lambda _: "/"),
    Place("work-none", VIEWER, lambda _: "/"),
    Place("runs", MANAGER, lambda _: "/runs"),
    Place("runs-some", MANAGER, lambda _: "/runs?state=running&limit=2"),
    Place("runs-none", VIEWER, lambda _: "/runs?q=nothing&state=held"),
    Place("runs-wrong", VIEWER, lambda _: "/runs?state=asleep&service=checkout"),
    Place("start", MANAGER, lambda _: "/start"),
    Place("start-not-allowed", VIEWER, lambda _: "/start", status=403),
    Place("start-form", MANAGER, lambda _: "/start/saas-standard"),
    Place("start-preview", MANAGER, lambda _: "/start/saas-standard", preview_a_start),
    Place("start-refused", MANAGER, lambda _: "/start/saas-standard", start_wrongly, status=422),
    Place("run", MANAGER, lambda scene: f"/runs/{scene.moving}"),
    Place("run-signing", VIEWER, lambda scene: f"/runs/{scene.signing}"),
    Place("run-held", MANAGER, lambda scene: f"/runs/{scene.held}"),
    Place("run-ended", MANAGER, lambda scene: f"/runs/{scene.ended}"),
    Place("journal", MANAGER, lambda scene: f"/runs/{scene.moving}/journal"),
    Place("tasks", DOER, lambda scene: f"/runs/{scene.preparing}/tasks"),
    Place("task", DOER, lambda scene: f"/tasks/{scene.task}"),
    Place("task-refused", DOER, lambda scene: f"/tasks/{scene.task}", complete_without_evidence, status=422),
    Place("task-of-another", VIEWER, lambda scene: f"/tasks/{scene.task}"),
    Place("task-done", MANAGER, lambda scene: f"/tasks/{scene.done}"),
    Place("approval", SIGNER, lambda scene: f"/approvals/{scene.approval}"),
    Place(
        "approval-refused", SIGNER, lambda scene: f"/approvals/{scene.approval}", return_without_a_reason, 422
    ),
    Place("approval-of-others", MANAGER, lambda scene: f"/approvals/{scene.approval}"),
    Place("approval-around", SIGNER, lambda scene: f"/approvals/{scene.crowded}", unfold),
    Place(
        "approval-around-refused",
        SIGNER,
        lambda scene: f"/approvals/{scene.approval}",
        hand_over_to_nobody,
        422,
    ),
    Place("approval-glass", RESCUER, lambda scene: f"/approvals/{scene.crowded}", unfold),
    Place("run-waived", VIEWER, lambda scene: f"/runs/{scene.waived}"),
    Place("run-failing", DOER, lambda scene: f"/runs/{scene.failing}"),
    Place("waiver-new-again", DOER, lambda scene: f"/runs/{scene.waived}/waivers/new?check={WAIVED}"),
    Place("waiver", SIGNER, lambda scene: f"/waivers/{scene.waiver}"),
    Place("waiver-refused", SIGNER, lambda scene: f"/waivers/{scene.waiver}", refuse_without_a_reason, 422),
    Place("waiver-of-others", VIEWER, lambda scene: f"/waivers/{scene.waiver}"),
    Place("waiver-new", DOER, _asking_for_a_waiver),
    Place("waiver-new-refused", DOER, _asking_for_a_waiver, ask_without_a_word, 422),
    Place("waiver-new-not-allowed", VIEWER, _asking_for_a_waiver),
    Place("amend", MANAGER, _amending),
    Place("amend-foreseen", MANAGER, _amending, foresee_an_amendment),
    Place("amend-refused", MANAGER, _amending, amend_wrongly, 422),
    Place("amend-again", MANAGER, lambda scene: f"/runs/{scene.waived}/amend"),
    Place("amend-not-allowed", VIEWER, _amending),
    Place("amendment", SIGNER, lambda scene: f"/amendments/{scene.amendment}"),
    Place(
        "amendment-refused",
        SIGNER,
        lambda scene: f"/amendments/{scene.amendment}",
        reject_without_a_word,
        422,
    ),
    Place("amendment-own", MANAGER, lambda scene: f"/amendments/{scene.amendment}", unfold),
    Place("amendment-of-others", VIEWER, lambda scene: f"/amendments/{scene.amendment}"),
    Place("pending", MANAGER, lambda scene: f"/runs/{scene.held}", comment_into_the_dark, status=503),
    Place("kept", DOER, lambda scene: f"/tasks/{scene.task}", send_without_a_session, status=401),
    Place("kept-of-another", DOER, lambda scene: f"/tasks/{scene.task}", send_as_somebody_else, status=403),
    Place("foreign", VIEWER, lambda _: "/me", send_a_foreign_form, status=403),
    Place("no-such-run", VIEWER, lambda _: "/runs/nothing", status=404),
    Place("not-there", MANAGER, lambda _: "/nothing", status=404),
    Place("components", MANAGER, lambda _: "/components"),
)

ELSEWHERE = {
    "/static/{version}/{name}": "what pages are made of",
    "/sign-in/provider": "leads away",
    "/approvals/{approval_id}/sign-in-again": "leads away",
    "/my-work/news": "events",
    "/runs/news": "events",
    "/runs/{run_id}/news": "events",
    "/runs/{run_id}/report": "a document, not a page of the application",
    "/lessons": "a part of a page",
    "/tasks/{task_id}/news": "events",
    "/attachments/{attachment_id}": "a file",
    "/approvals/{approval_id}/news": "events",
    "/waivers/{waiver_id}/news": "events",
    "/amendments/{amendment_id}/news": "events",
    "/approvals/{approval_id}/receipts/{decision_id}": "a document as JSON",
    "/sign-in/provider/back": "where a place comes from the provider: connect",
}
"""Addresses of the pages' routes that no place shows, each with the reason."""


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
            await self.place.do(self.page, scene)


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
                await sign_in(http, self.scene.tokens[who])
                self._cookies[who] = [
                    {"name": name, "value": value, "url": self.scene.url}
                    for name, value in http.cookies.items()
                ]
        return self._cookies[who]
