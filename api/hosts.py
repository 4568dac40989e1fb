"""For whom golive takes itself: a name that leads here and is not ours may be that of somebody who wants to be us."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import respond
from api.refusals import another_host
from api.watched import PREFIX
from settings import Settings

_HEALTH = f"{PREFIX}/health"
_PORTS = {"http": ":80", "https": ":443"}


class OwnHost:
    """Refuses requests for another host than that of GOLIVE_PUBLIC_URL; without it they come for any.

    Health is told to anybody: probes ask a machine by its address.
    """

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        ours = self._settings.public_url
        if scope["type"] != "http" or ours is None or scope["path"] == _HEALTH:
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("host", "")
        if origin_of(f"{urlsplit(ours).scheme}://{asked}") == origin_of(ours):
            await self._app(scope, receive, send)
            return
        refused = respond(Request(scope), another_host(asked, ours))
        await refused(scope, receive, send)


def origin_of(address: str) -> str:
    """Return scheme, host and port as browsers write them: in small letters, without the scheme's own port."""
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0].lower()
    return f"{scheme}://{host.removesuffix(_PORTS.get(scheme, ''))}"


def own_origin(request: Request, settings: Settings) -> str:
    """Return scheme, host and port under which people reach golive."""
    return origin_of(settings.public_url or str(request.base_url))
