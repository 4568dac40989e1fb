"""What a browser carries for the server: it can read it, and neither change it nor keep it for long."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from settings import Settings


def seal(settings: Settings, what: str, told: Mapping[str, str], now: datetime) -> str:
    """Return `told` as text that only `opened` with the same `what` believes."""
    written = json.dumps([now.timestamp(), dict(told)], separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(written).decode()
    return f"{text}.{mark_of(settings.keys('page')[0], what, text)}"


def opened(
    settings: Settings, what: str, sealed: str, now: datetime, lasting: timedelta
) -> dict[str, str] | None:
    """Return what was sealed as `what` not longer ago than `lasting`, None for anything else."""
    text, _, mark = sealed.partition(".")
    if not is_marked(settings.keys("page"), mark, what, text):
        return None
    at, told = json.loads(base64.urlsafe_b64decode(text))
    return dict(told) if now.timestamp() - at < lasting.total_seconds() else None


def mark_of(key: bytes, *parts: str) -> str:
    """Return what only who has `key` can write under `parts`."""
    return hmac.new(key, _bytes("\0".join(parts)), sha256).hexdigest()


def is_marked(keys: Iterable[bytes], mark: str, *parts: str) -> bool:
    """Tell whether `mark`, which may be anything that somebody has sent, is that of one of `keys` under `parts`."""
    return any(hmac.compare_digest(_bytes(mark_of(key, *parts)), _bytes(mark)) for key in keys)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
