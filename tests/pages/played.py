"""People who go through a run by its pages alone, each in a browser of their own. They know no template."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from playwright.async_api import Browser, Locator, Page, expect

JUNIT = b'<testsuite name="acceptance"><testcase name="buys"/><testcase name="pays"/></testsuite>'
PASSWORD = "correct horse battery"


@dataclass
class Person:
    """Somebody with a browser who has signed in."""

    name: str
    page: Page

    async def next_thing(self, run: str) -> str | None:
        """Return the address of what waits for this person in a run, the most urgent first."""
        await self.page.goto("/")
        rows = self.page.locator(".work > li").filter(has=self.page.locator(f'a[href="/runs/{run}"]'))
        if not await rows.count():
            return None
        return await rows.first.locator("a.title").get_attribute("href")

    async def do(self, address: str) -> str:
        """Do what a page asks for; return what it was."""
        await self.page.goto(address)
        for does in (self._decide, self._verify, self._complete):
            if await does():
                return does.__name__.removeprefix("_")
        raise AssertionError(
            f"{self.name} finds nothing to do at {address}: {await self.page.inner_text('main')}"
        )

    async def _decide(self) -> bool:
        form = self._form("/approve")
        if not await form.count():
            return False
        await form.get_by_label("Comment").fill(f"{self.name} has read it.")
        return await self._sent(form.get_by_role("button", name="Approve"))

    async def _verify(self) -> bool:
        form = self._form("/verify")
        if not await form.count():
            return False
        await form.get_by_label("Remark").fill("Looked at it.")
        return await self._sent(form.get_by_role("button", name="It holds"))

    async def _complete(self) -> bool:
        form = self._form("/complete")
        if not await form.count():
            return False
        for result in await form.locator('input[type="radio"][value="pass"]').all():
            await result.check()
        for words in await form.locator('textarea[name$=".remark"]:visible').all():
            await words.fill("Done and looked at twice.")
        for links in await form.locator('textarea[name$=".links"]:visible').all():
            await links.fill("https://example.com/evidence where it is kept")
        for value in await form.locator('input[name$=".value"]:visible').all():
            await value.fill(await value.get_attribute("placeholder") or "1")
        for signature in await form.locator('input[name$=".signature"]:visible').all():
            await signature.check()
        for files in await form.locator('input[type="file"]:visible').all():
            await self._give(files)
        return await self._sent(form.locator('button[type="submit"]').last)

    async def _give(self, files: Locator) -> None:
        """Choose a file; the script stores it at once, and it appears below the field."""
        owner = files.locator("xpath=ancestor::div[contains(@class, 'field')][1]")
        await files.set_input_files({"name": "junit.xml", "mimeType": "application/xml", "buffer": JUNIT})
        await expect(owner.locator(".files .file")).to_have_count(1)

    async def promote(self, run: str) -> bool:
        """Promote the rollout of a run when its page offers that."""
        await self.page.goto(f"/runs/{run}")
        offered = self.page.locator('[data-offered="promote"]')
        if not await offered.is_visible():
            return False
        await offered.locator("summary").click()
        await offered.get_by_label("Reason").fill("The figures are good.")
        return await self._sent(offered.get_by_role("button", name="Promote"))

    async def _sent(self, button: Locator) -> bool:
        """Press a button and wait for the answer that it was recorded."""
        await button.click()
        await expect(self.page.get_by_role("status").filter(has_text="journal")).to_be_visible(timeout=20_000)
        return True

    def _form(self, act: str) -> Locator:
        return self.page.locator(f'form[action$="{act}"]')


@dataclass
class Team:
    """Everybody of a run. Who is named on its page opens their browser when something waits for them."""

    browser: Browser
    url: str
    links: dict[str, str]
    """Where each person chooses their password, by name."""
    present: dict[str, Person] = field(default_factory=dict)

    async def person(self, name: str) -> Person:
        """Return somebody in their browser. The first time they come by the link that was sent to them."""
        if name not in self.present:
            context = await self.browser.new_context(base_url=self.url, locale="en-GB")
            context.set_default_timeout(20_000)
            page = await context.new_page()
            await page.goto(self.links[name])
            await page.get_by_label("New password").fill(PASSWORD)
            await page.get_by_label("The same password again").fill(PASSWORD)
            await page.get_by_role("button", name="Set the password").click()
            await expect(page.get_by_role("heading", name="My work")).to_be_visible()
            self.present[name] = Person(name, page)
        return self.present[name]

    async def awaited(self, manager: Person, run: str) -> list[str]:
        """Return who is awaited, as the page of the run says it, in its order."""
        await manager.page.goto(f"/runs/{run}")
        said = await manager.page.locator("main").inner_text()
        named = re.findall(r"waits for ([^\n·]+)", said)
        return [name for names in named for name in re.split(r",\s*", names.strip()) if name in self.links]
