"""No page is left out of what must hold on every page, and what is installed comes from no written address."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.language import ROOT
from tests.pages.everywhere import ELSEWHERE, PLACES
from tests.pages.scene import Scene
from tests.pages.test_safety import page_routes

SCENE = Scene(
    url="",
    tokens={},
    preparing="p",
    signing="s",
    moving="m",
    held="h",
    ended="e",
    shared="s",
    failing="f",
    waived="w",
    waiver="w-w1",
    amendment="billing-m9",
    link="/enrol/a-secret",
)
LOCKS = sorted([ROOT / "package-lock.json", *ROOT.glob("requirements*.lock")])


def shown_at(path: str) -> str | None:
    """Return the route of a page that answers at `path`, the first that fits, as the application chooses."""
    path = path.partition("?")[0]
    return next((route.path for route in page_routes("GET") if route.path_regex.match(path)), None)


def test_every_page_has_a_place_or_a_reason_why_not() -> None:
    placed = {route for place in PLACES if (route := shown_at(place.path(SCENE)))}
    routes = {route.path for route in page_routes("GET")}
    assert placed | set(ELSEWHERE) == routes
    assert not placed & set(ELSEWHERE)
    assert len({place.name for place in PLACES}) == len(PLACES)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_versions_and_digests_and_no_address(lock: Path) -> None:
    """An address in it is that of whoever resolved it; a mirror of theirs is nobody else's."""
    written = lock.read_text(encoding="utf-8")
    assert [word for word in ("://", '"resolved"', '"funding"') if word in written] == []
