"""What a browser carries for the server: it can read it, and neither change it nor keep it for long."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from settings import Settings


def seal(settings: Settings, what: str, told: Mapping[str, str], now: datetime) -> str:
    """Return `told` as text that only `opened` with the same `what` believes."""
    written = json.dumps([now.timestamp(), dict(told)], separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(written).decode()
    return f"{text}.{_signed(settings.keys('page')[0], what, text)}"


def opened(
    settings: Settings, what: str, sealed: str, now: datetime, lasting: timedelta
) -> dict[str, str] | None:
    """Return what was sealed as `what` not longer ago than `lasting`, None for anything else."""
    text, _, mark = sealed.partition(".")
    if not any(hmac.compare_digest(_signed(key, what, text), mark) for key in settings.keys("page")):
        return None
    at, told = json.loads(base64.urlsafe_b64decode(text))
    return dict(told) if now.timestamp() - at < lasting.total_seconds() else None


def _signed(key: bytes, what: str, text: str) -> str:
    return hmac.new(key, f"{what}\0{text}".encode(), sha256).hexdigest()
