"""Addresses that name nothing: text in PostgreSQL holds no NUL, and neither does anything that golive calls by name."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import respond
from golive.errors import GoliveError, Invalid, NotFound
from golive.words import N_


class NoNul:
    """Refuses an address with a NUL character, on every database alike: in the path 404, in what is asked 422."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = _refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await respond(Request(scope), refusal)(scope, receive, send)


def _refusal(scope: Scope) -> GoliveError | None:
    if "\0" in scope["path"]:
        return NotFound("no_such_address", N_("There is nothing at an address with a NUL character (%00)."))
    if b"%00" in scope["query_string"]:
        return Invalid(
            "invalid", N_("The address asks for something with a NUL character (%00), which nothing has.")
        )
    return None
