"""The HTTP client: one key per act, and patience while the outcome of an act is unknown."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from cli.failure import Failure
from cli.language import LANGUAGE, _

LONGEST_ANSWER = 60.0
"""Seconds to wait for one answer; the API itself answers a command within 8."""
BETWEEN_TRIES = 1.0
MOST_BETWEEN_TRIES = 10.0


def fresh_key() -> str:
    """Return a new Idempotency-Key."""
    return uuid.uuid4().hex


@dataclass
class Client:
    """Speaks with the API at `address` as the holder of `token`.

    An act whose outcome is unknown (503, a lost connection) is sent again with the same key for up to
    `patience` seconds, which is safe; `tell` hears what is waited for.
    """

    address: str
    token: str
    patience: float
    tell: Callable[[str], None]
    host: Mapping[str, str] = field(default_factory=dict)
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": LANGUAGE,
            "User-Agent": "golive-cli",
            **self.host,
        }
        base = f"{self.address}/api/v1"
        try:
            self.http = httpx.Client(base_url=base, timeout=LONGEST_ANSWER, headers=headers)
        except (httpx.InvalidURL, UnicodeError, ValueError) as why:
            raise Failure(_("“{address}” is not an address: {why}.").format(address=base, why=why)) from why

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """Read; parameters that are None are left out."""
        params = {name: value for name, value in asked.items() if value is not None}
        return self._accepted(self._once("GET", path, params=params))

    def items(self, path: str, **asked: Any) -> Iterator[dict[str, Any]]:
        """Read a list to its end, page by page."""
        cursor = None
        while True:
            page = self.get(path, **asked, cursor=cursor).json()
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def act(self, method: str, path: str, key: str, **sent: Any) -> httpx.Response:
        """Send one act; with the same `key` it happens once, however often it must be sent."""
        until = time.monotonic() + self.patience
        pause = BETWEEN_TRIES
        sent_before = False
        while True:
            answer, trouble, advised = self._try(method, path, key, sent, sent_before=sent_before)
            if answer is not None:
                return self._accepted(answer)
            sent_before = True
            left = until - time.monotonic()
            if left <= 0:
                raise Failure(_unknown(trouble, key))
            pause = min(max(advised, pause), MOST_BETWEEN_TRIES, left)
            self.tell(
                _("{trouble} Trying again in {pause:.0f} s, with the same key.").format(
                    trouble=trouble, pause=max(pause, 1)
                )
            )
            time.sleep(pause)
            pause *= 2

    def post(self, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        """Send one act with a JSON body."""
        return self.act("POST", path, key, json=body)

    def _try(
        self, method: str, path: str, key: str, sent: dict[str, Any], *, sent_before: bool
    ) -> tuple[httpx.Response | None, str, float]:
        """Return the answer, or what stands in its way and how many seconds the API asks us to wait."""
        try:
            answer = self._once(method, path, headers={"Idempotency-Key": key}, may_wait=sent_before, **sent)
        except httpx.TransportError as lost:
            said = _("The connection was lost ({why}); so the outcome is unknown.").format(
                why=what_happened(lost)
            )
            return None, said, 0
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            return answer, "", 0
        asked = answer.headers.get("Retry-After", "0")
        return None, problem_of(answer)[0], float(asked) if asked.isdigit() else 0

    def _once(self, method: str, path: str, *, may_wait: bool = False, **sent: Any) -> httpx.Response:
        try:
            return self.http.request(method, path, **sent)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as away:
            if may_wait:
                raise
            sentence = _(
                "golive does not answer at {address} ({why}). Start it with `make up`, or set GOLIVE_URL."
            )
            raise Failure(sentence.format(address=self.address, why=what_happened(away))) from away
        except httpx.TransportError as lost:
            if method != "GET":
                raise
            sentence = _("The connection to {address} was lost ({why}). Reading again is safe.")
            raise Failure(sentence.format(address=self.address, why=what_happened(lost))) from lost

    def _accepted(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        raise Failure(*problem_of(answer))


def what_happened(lost: Exception) -> str:
    """Return what happened to a connection, without the number of the system's error."""
    cause: BaseException | None = lost
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return re.sub(r"^\[Errno -?\d+\] ", "", cause.strerror).lower()
        cause = cause.__cause__ or cause.__context__
    return re.sub(r"^\[Errno -?\d+\] ", "", str(lost)) or type(lost).__name__


def problem_of(answer: httpx.Response) -> tuple[str, tuple[str, ...]]:
    """Return the sentence of a problem document (RFC 9457) and the lines of its `errors`."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        sentence = _("{url} answered {status} and not with a problem document; is golive at this address?")
        return sentence.format(url=answer.url, status=answer.status_code), ()
    sentence = problem.get("detail") or problem.get("title") or f"{answer.status_code}"
    lines = tuple(_line(error) for error in problem.get("errors") or ())
    return str(sentence), tuple(line for line in lines if line != sentence) if len(lines) > 1 else ()


def _line(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    file, line, path = (error.get(name) for name in ("file", "line", "path"))
    place = ":".join(str(part) for part in (file, line) if part)
    said = error.get("sentence") or error.get("message") or error.get("detail") or error.get("msg") or error
    return ": ".join(str(part) for part in (place, path, said) if part)


def _unknown(trouble: str, key: str) -> str:
    sentence = _("{trouble} Try again later with --key {key} added to the same command: it happens once.")
    return sentence.format(trouble=trouble, key=key)
