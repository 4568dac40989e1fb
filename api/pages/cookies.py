"""What a browser keeps of a session: its secret, and when it was last used, sealed by the server.

The idle limit lives in the cookie, so that looking at a page writes nothing to SQL. An older copy of a cookie only ends
earlier; the session itself ends in SQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from api.pages.sealing import is_marked, mark_of
from settings import Settings

ZONE = "golive-zone"
"""The cookie in which the script tells the reader's time zone; it grants nothing."""
_WHAT = "session"
_FRESH = 0.25
"""The part of the idle time during which a cookie is not written anew: a late answer puts no session back that another
has just taken the place of."""


def bound(name: str, *, https: bool) -> str:
    """Return the name of a cookie; over TLS the one that a browser takes from this very host alone."""
    return f"__Host-{name}" if https else name


class SessionCookie:
    """Writes and reads the session's cookie. `https` decides whether it is bound to a secure connection."""

    def __init__(self, settings: Settings, *, https: bool):
        self._keys = settings.keys("page")
        self._idle = timedelta(minutes=settings.session_idle_minutes)
        self._lasting = timedelta(hours=settings.session_hours)
        self._https = https
        self.name = bound("golive", https=https)

    def read(self, request: Request, now: datetime) -> tuple[str, datetime] | None:
        """Return the secret and when it was last used; None without a cookie of ours that was used lately."""
        secret, _, rest = request.cookies.get(self.name, "").partition(".")
        written, _, seal = rest.partition(".")
        if not is_marked(self._keys, seal, _WHAT, secret, written):
            return None
        seen = datetime.fromtimestamp(int(written), now.tzinfo)
        return (secret, seen) if now - seen < self._idle else None

    def keep(self, response: Response, secret: str, now: datetime, seen: datetime | None = None) -> None:
        """Have the browser keep `secret`, unless it was `seen` not long ago."""
        if seen is not None and now - seen < _FRESH * self._idle:
            return
        written = str(int(now.timestamp()))
        value = f"{secret}.{written}.{mark_of(self._keys[0], _WHAT, secret, written)}"
        response.set_cookie(
            self.name,
            value,
            max_age=int(self._lasting.total_seconds()),
            path="/",
            secure=self._https,
            httponly=True,
            samesite="lax",
        )

    def forget(self, response: Response) -> None:
        """Have the browser forget the session."""
        response.delete_cookie(self.name, path="/", secure=self._https, httponly=True, samesite="lax")
