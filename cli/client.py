"""The HTTP client: one key per act, and patience while the outcome of an act is unknown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, SSEError, connect_sse
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from cli.failure import Failure
from cli.language import LANGUAGE, _

LONGEST_ANSWER = 60.0
"""Seconds to wait for one answer; the API itself answers a command within 8."""
BETWEEN_TRIES = 1.0
"""Seconds before an act is sent again; doubled each time, and more when the API asks for it."""
MOST_BETWEEN_TRIES = 10.0
_SILENCE = 60.0
"""Seconds without a sign of life after which a stream is taken for lost; the API gives one every 15."""


class _Untold(Exception):
    """Nobody knows what came of an act: `trouble` says why, and the API asks to wait `advised` seconds."""

    def __init__(self, trouble: str, advised: float = 0):
        self.trouble, self.advised = trouble, advised
        super().__init__(trouble)


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

    def stream(self, path: str, **asked: Any) -> Iterator[ServerSentEvent]:
        """Yield what a stream of events sends, until it ends. Raises Failure when it cannot be heard."""
        heard = httpx.Timeout(LONGEST_ANSWER, read=_SILENCE)
        try:
            with connect_sse(self.http, "GET", path, params=asked, timeout=heard) as source:
                if not source.response.is_success:
                    source.response.read()
                    raise Failure(*problem_of(source.response))
                yield from source.iter_sse()
        except (httpx.TransportError, SSEError) as lost:
            raise self._lost(lost) from lost

    def act(self, method: str, path: str, key: str, **sent: Any) -> httpx.Response:
        """Send one act; with the same `key` it happens once, however often it must be sent."""
        tries = Retrying(
            retry=retry_if_exception_type(_Untold),
            stop=stop_after_delay(self.patience),
            wait=self._pause,
            before_sleep=self._tell,
            reraise=True,
        )

        def once() -> httpx.Response:
            again = tries.statistics["attempt_number"] > 1
            return self._try(method, path, key, sent, sent_before=again)

        try:
            return self._accepted(tries(once))
        except _Untold as unknown:
            raise Failure(_unknown(unknown.trouble, key)) from unknown

    def _pause(self, state: RetryCallState) -> float:
        """Return how many seconds to wait: no less than the API asks for, no longer than there is patience."""
        doubling = wait_exponential(multiplier=BETWEEN_TRIES, max=MOST_BETWEEN_TRIES)(state)
        left = self.patience - (state.seconds_since_start or 0)
        return max(0, min(max(_trouble(state).advised, doubling), MOST_BETWEEN_TRIES, left))

    def _tell(self, state: RetryCallState) -> None:
        """Say what is waited for."""
        sentence = _("{trouble} Trying again in {pause:.0f} s, with the same key.")
        self.tell(sentence.format(trouble=_trouble(state).trouble, pause=max(state.upcoming_sleep, 1)))

    def post(self, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        """Send one act with a JSON body."""
        return self.act("POST", path, key, json=body)

    def _try(
        self, method: str, path: str, key: str, sent: dict[str, Any], *, sent_before: bool
    ) -> httpx.Response:
        """Return the answer. Raises _Untold when there is none that says what came of the act."""
        try:
            answer = self._once(method, path, headers={"Idempotency-Key": key}, may_wait=sent_before, **sent)
        except httpx.TransportError as lost:
            said = _("The connection was lost ({why}); so the outcome is unknown.")
            raise _Untold(said.format(why=what_happened(lost))) from lost
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            asked = answer.headers.get("Retry-After", "0")
            raise _Untold(problem_of(answer)[0], float(asked) if asked.isdigit() else 0)
        return answer

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
            raise self._lost(lost) from lost

    def _lost(self, why: Exception) -> Failure:
        sentence = _("The connection to {address} was lost ({why}). Reading again is safe.")
        return Failure(sentence.format(address=self.address, why=what_happened(why)))

    def _accepted(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        raise Failure(*problem_of(answer))


def _trouble(state: RetryCallState) -> _Untold:
    """Return why an act is tried again: nothing else is."""
    untold = state.outcome.exception() if state.outcome else None
    assert isinstance(untold, _Untold)  # noqa: S101 - for the type checker
    return untold


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
