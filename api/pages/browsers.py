"""Browsers by the names that people know them by."""

from __future__ import annotations

_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
"""What a User-Agent holds; those that also claim to be others come first."""
_SYSTEMS = {
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def known_as(user_agent: str) -> str:
    """Return browser and system, as in “Firefox, Windows”; else the first word, as in “curl/8.5.0”."""
    found = [_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)]
    if found[0] is None:
        return user_agent.partition(" ")[0]
    return ", ".join(name for name in found if name)


def _first(names: dict[str, str], user_agent: str) -> str | None:
    return next((name for mark, name in names.items() if mark in user_agent), None)
