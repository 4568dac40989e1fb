"""Around every request: its id, what is known of it, one line in the log, and its place in the metrics."""

from __future__ import annotations

import logging
import re
import secrets
import time
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from observing.facts import Facts, work

log = logging.getLogger("golive.access")

PREFIX = "/api/v1"
"""Before every route but those of pages."""
REQUEST_ID = "X-Request-Id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)
NOWHERE = "none"
"""The route of a request that no route answers."""
_FAULT = 500
_STREAM = "text/event-stream"
_IDS = {"run_id": "run", "task_id": "task", "approval_id": "approval"}


@dataclass
class _Answer:
    """What was answered so far; a request that ends without an answer is a fault."""

    status: int = _FAULT
    stream: bool = False


class Watched:
    """Accepts a well-formed X-Request-Id or makes one; says when the answer is out what became of the request."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer()

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                answer.status = message["status"]
                answer.stream = headers.get("content-type", "").startswith(_STREAM)
            await send(message)

        began = time.perf_counter()
        with work(request_id=request_id) as facts:
            try:
                await self._app(scope, receive, telling)
            finally:
                self._over(scope, answer, time.perf_counter() - began, facts)

    def _over(self, scope: Scope, answer: _Answer, seconds: float, facts: Facts) -> None:
        method, route = scope["method"], _route(scope)
        if self._metrics is not None:
            took = None if answer.stream else seconds
            self._metrics.answered(method, route, answer.status, took, facts)
        level = logging.ERROR if answer.status == _FAULT else logging.INFO
        if log.isEnabledFor(level):
            facts |= {
                "method": method,
                "route": route,
                "status": answer.status,
                "ms": round(seconds * 1000, 1),
            }
            facts |= {
                _IDS[name]: value for name, value in scope.get("path_params", {}).items() if name in _IDS
            }
            log.log(
                level,
                "%s %s %s in %s ms by %s",
                method,
                route,
                answer.status,
                facts["ms"],
                facts.get("actor", "-"),
            )


def _route(scope: Scope) -> str:
    """Return the template of the route that answered. A router knows its routes without the prefix."""
    template: str = getattr(scope.get("route"), "path", NOWHERE)
    outside = template == NOWHERE or template.startswith(PREFIX) or not scope["path"].startswith(f"{PREFIX}/")
    return template if outside else PREFIX + template
