"""What pages load: golive's own style and script, and the libraries that npm installed. Named one by one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_OWN, _LIBRARIES = _ROOT / "api" / "static", _ROOT / "node_modules"
FILES: dict[str, Path] = {
    "golive.css": _OWN / "golive.css",
    "golive.js": _OWN / "golive.js",
    "icon.svg": _OWN / "icon.svg",
    "pico.css": _LIBRARIES / "@picocss" / "pico" / "css" / "pico.min.css",
    "htmx.js": _LIBRARIES / "htmx.org" / "dist" / "htmx.min.js",
    "htmx-sse.js": _LIBRARIES / "htmx.org" / "dist" / "ext" / "hx-sse.min.js",
}
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def missing() -> list[str]:
    """Return the files that are not there, because npm has not installed them."""
    return [str(file.relative_to(_ROOT)) for file in FILES.values() if not file.is_file()]


def read() -> None:
    """Read all of them, so that no page, and least of all that of an error, needs the files while golive runs."""
    for name in FILES:
        digest(name)


@cache
def content(name: str) -> bytes:
    """Return the file that pages know by `name`. Raises KeyError for others."""
    return FILES[name].read_bytes()


@cache
def digest(name: str) -> str:
    """Return what names this content of a file, so that browsers may keep it for ever."""
    return hashlib.sha256(content(name)).hexdigest()[:16]


def asset(name: str) -> str:
    """Return the address of a file that pages load."""
    return f"/static/{digest(name)}/{name}"
