"""A browser profile at the pages of a whole golive: who was given a link chooses a password and decides there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.pages.reader import Shown, filled

PASSWORD = "correct horse battery staple"
_LINKS = re.compile(r"https?://\S+/(?:enrol|approvals)/\S+")


@dataclass(frozen=True)
class Profile:
    """One person's browser: their cookies, and the pages they opened."""

    site: str
    http: httpx.Client

    def sends(self, path: str, action: str, **typed: str) -> Shown:
        """Open a page, fill in the form to `action` that it shows, and send it."""
        values: dict[str, Any] = {**filled(Shown(self.http.get(path)).form(action)), **typed}
        return Shown(self.http.post(action, data=values, headers={"Origin": self.site}))

    def enrols(self, link: str) -> None:
        """Choose a password at a one-time link, which signs in."""
        path = urlsplit(link).path
        done = self.sends(path, path, password=PASSWORD, again=PASSWORD)
        assert (done.status, done.path) == (200, "/"), done.text

    def decides(self, page: str, act: str = "approve", **typed: str) -> Shown:
        """Decide on the page of an approval."""
        path = urlsplit(page).path
        return self.sends(path, f"{path}/{act}", **typed)


@contextmanager
def profile_at(site: str) -> Iterator[Profile]:
    """Open a browser profile that nobody is signed in at."""
    with httpx.Client(base_url=site, follow_redirects=True, timeout=30) as http:
        yield Profile(site, http)


def links_in(said: str) -> list[str]:
    """Return the links to sign that a command has printed, in order."""
    return _LINKS.findall(said)


def both_sign(site: str, said: str) -> None:
    """Be both signers, one after the other, each in a browser profile of their own, by the links that were printed."""
    first, second, page, same = links_in(said)
    assert page == same
    for link in (first, second):
        with profile_at(site) as profile:
            profile.enrols(link)
            assert "You decided" in profile.decides(page).text
