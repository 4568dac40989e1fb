"""What the shell offers on the tab key: ids and names, asked from the API in passing."""

from __future__ import annotations

import httpx

from cli import environment
from cli.failure import Failure
from cli.screen import plain

PATIENCE = 1.5
"""Seconds that somebody who pressed the tab key waits."""

Offer = list[tuple[str, str]]
"""What can be written, each with what it stands for."""


def runs(incomplete: str) -> Offer:
    """Offer the newest runs."""
    return _offered("/runs", "id", incomplete)


def tasks(incomplete: str) -> Offer:
    """Offer the tasks that I can do."""
    return _offered("/tasks?assignee=me", "id", incomplete)


def approvals(incomplete: str) -> Offer:
    """Offer the approvals that wait for me."""
    return _offered("/approvals?waiting_for=me", "id", incomplete)


def templates(incomplete: str) -> Offer:
    """Offer the templates."""
    return _offered("/templates", "name", incomplete)


def groups(incomplete: str) -> Offer:
    """Offer the groups."""
    return _offered("/groups", "name", incomplete)


def _offered(path: str, field: str, incomplete: str) -> Offer:
    """Read one page; nothing is offered when golive is not there, since nobody reads errors on a tab key."""
    try:
        token, _kept = environment.token(None, None)
        headers = {"Authorization": f"Bearer {token}", **environment.host(None)}
        answer = httpx.get(f"{environment.address(None)}/api/v1{path}", headers=headers, timeout=PATIENCE)
        items = answer.raise_for_status().json()["items"]
    except (Failure, httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError):
        return []
    return [(item[field], plain(item.get("title"))) for item in items if item[field].startswith(incomplete)]
