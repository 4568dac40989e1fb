"""A real HTTP server that answers as it is told: for what a healthy API cannot be made to do on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override


@dataclass
class Said:
    """An answer to give; `status` 0 hangs up without one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Faulty(ThreadingHTTPServer):
    """Gives its answers in order, the last one for ever, and keeps what was asked."""

    daemon_threads = True

    def __init__(self, answers: list[Said]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.asked = answers, list[Asked]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def keys(self) -> set[str | None]:
        return {asked.headers.get("idempotency-key") for asked in self.asked}


class _Handler(BaseHTTPRequestHandler):
    server: Faulty
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.command, self.path, headers, self.rfile.read(length)))
        said = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if said.status == 0:
            self.close_connection = True
            return
        content = said.body.encode() if isinstance(said.body, str) else json.dumps(said.body).encode()
        self.send_response(said.status)
        for name, value in {"Content-Length": str(len(content)), **said.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names that http.server calls

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on the terminal of the tests."""


@contextmanager
def serving(*answers: Said) -> Iterator[Faulty]:
    """Serve `answers` until the end of the block."""
    with Faulty(list(answers)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
