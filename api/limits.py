"""How many bytes a body may have: judged by Content-Length before any is read, and again as they come."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import respond
from api.refusals import body_too_large
from api.watched import PREFIX

MIB = 1024 * 1024
JSON_LIMIT = 384 * 1024
"""Eight acts of a run may be under way, and Temporal takes at most 4 MiB in one message and 2 MiB in one payload."""
BUNDLE_LIMIT = 4 * MIB
"""Templates that are published together go to SQL alone."""
FILE_LIMIT = 20 * MIB
FORM_LIMIT = 100 * MIB
"""What the files of one form may have together; each of them keeps to FILE_LIMIT."""
_ENVELOPE = 64 * 1024
"""What multipart adds around a file of the largest size."""
_DISCARD = 64 * MIB
_DISCARD_SECONDS = 5


class BodyTooLarge(HTTPException):
    """More came in than was allowed. An HTTPException, since FastAPI turns others into `cannot be parsed`."""

    def __init__(self, most: int):
        super().__init__(413)
        self.most = most


class BodyLimit:
    """Refuses bodies over 384 KiB; over 4 MiB for a bundle of templates, 20 for an attachment, 100 for a form."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it says beforehand that it is too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, envelope = _limit(scope)
        if _declared(scope) > most + envelope:
            await _discard(scope, receive)
            refused = respond(Request(scope), body_too_large(most))
            refused.headers["Connection"] = "close"
            await refused(scope, receive, send)
            return
        await self.app(scope, _counting(scope, receive, most, most + envelope), send)


def _counting(scope: Scope, receive: Receive, most: int, allowed: int) -> Receive:
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > allowed:
            await _discard(scope, receive)
            raise BodyTooLarge(most)
        return message

    return counted


async def _discard(scope: Scope, receive: Receive) -> None:
    """Read on for a moment without keeping anything.

    A client that is still writing sees a broken connection instead of the answer when we hang up at once.
    """
    if "100-continue" in Headers(scope=scope).get("expect", ""):
        return
    dropped, more = 0, True
    try:
        async with asyncio.timeout(_DISCARD_SECONDS):
            while more and dropped < _DISCARD:
                message = await receive()
                dropped += len(message.get("body", b""))
                more = message["type"] == "http.request" and message.get("more_body", False)
    except TimeoutError:
        return


def _limit(scope: Scope) -> tuple[int, int]:
    """Return how many bytes a body may have, and how many more its envelope."""
    if _is_upload(scope):
        return (FILE_LIMIT, _ENVELOPE) if scope["path"].startswith(PREFIX) else (FORM_LIMIT, JSON_LIMIT)
    return (BUNDLE_LIMIT if "/templates/bundle" in scope["path"] else JSON_LIMIT), 0


def _is_upload(scope: Scope) -> bool:
    path: str = scope["path"].rstrip("/")
    by_form = path.startswith("/tasks/") and path.endswith("/complete")
    return scope["method"] == "POST" and (path.endswith("/attachments") or by_form)


def _declared(scope: Scope) -> int:
    written = Headers(scope=scope).get("content-length", "0")
    return int(written) if written.isdecimal() else 0
