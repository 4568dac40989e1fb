"""Metrics read from a server that answers JSON counters over HTTP: the local metrics connector.

golive asks the one address that an administrator set, for one version since a moment:

    GET <address>?service=shop&environment=production&version=1.4.0&since=2026-11-22T14:05:00Z

and expects 200 with what happened to that version from then until now:

    {"service": "shop", "environment": "production", "version": "1.4.0", "since": "2026-11-22T14:05:00Z",
     "requests": 120, "failures": 1, "latency_ms": [[5, 80], [10, 110], [25, 119], [null, 120]]}

`failures` are the requests that were answered with 5xx or not at all. `latency_ms` is a histogram: pairs of
an upper bound in milliseconds and how many requests took at most that long; the last bound is null.
What was asked is given back, so that a server which overlooks a part of it is noticed, not believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from connectors.metrics import Unreadable
from golive.words import N_, say

ENOUGH_REQUESTS = 10
"""Fewer requests than this say nothing about a share or a percentile."""

HIGHEST_PORT = 65535

TIMEOUT = 5.0
"""Seconds within which the whole answer must be there."""


class Counters(BaseModel):
    """What the server answers."""

    model_config = ConfigDict(frozen=True)

    service: str
    environment: str
    version: str
    since: AwareDatetime
    requests: int = Field(ge=0)
    failures: int = Field(ge=0)
    latency_ms: tuple[tuple[float | None, int], ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Counters:
        if self.failures > self.requests:
            raise ValueError("more failures than requests")
        bounds = [bound for bound, _ in self.latency_ms]
        counts = [count for _, count in self.latency_ms]
        if None in bounds[:-1] or any(
            low > high for low, high in pairwise(b for b in bounds if b is not None)
        ):
            raise ValueError("the bounds of the latencies do not rise")
        if any(low > high for low, high in pairwise(counts)) or (counts and counts[0] < 0):
            raise ValueError("the counts of the latencies do not rise")
        return self

    def success_rate(self) -> float:
        """Return the share of the requests that did not fail, 0 to 1."""
        return (self.requests - self.failures) / self.requests

    def percentile_ms(self, share: float) -> float | None:
        """Return how long `share` of the requests took at most, in milliseconds, interpolated in its bucket.

        In the unbounded bucket it is the highest bound, as Prometheus' histogram_quantile has it.
        """
        if not self.latency_ms or self.latency_ms[-1][1] == 0:
            return None
        wanted = share * self.latency_ms[-1][1]
        low, below = 0.0, 0
        for bound, count in self.latency_ms:
            if bound is None:
                return low
            if count >= wanted:
                return low + (bound - low) * (wanted - below) / (count - below) if count > below else bound
            low, below = bound, count
        return low


METRICS: dict[str, Callable[[Counters], float | None]] = {
    "success_rate": Counters.success_rate,
    "latency_p95_ms": lambda counters: counters.percentile_ms(0.95),
}
"""What can be asked for besides `requests`, which is the plain number."""


class HttpCounters:
    """A metrics connector that knows `success_rate` (0 to 1), `latency_p95_ms` and `requests`.

    Raises ValueError for an `address` that nothing could be asked at.
    """

    def __init__(self, address: str, enough: int = ENOUGH_REQUESTS) -> None:
        self.address = _checked(address)
        self.enough = enough
        # No proxy of the environment and no redirect: only the address that the administrator wrote is asked.
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def measure(
        self, metric: str, service: str, environment: str, version: str, since: datetime
    ) -> float | None:
        """Return the value since that moment; None when fewer than `enough` requests were served."""
        if metric != "requests" and metric not in METRICS:
            known = ", ".join(sorted([*METRICS, "requests"]))
            raise self._unreadable(metric, service, environment, version, f"there is only {known}")
        try:
            async with asyncio.timeout(TIMEOUT):
                counters = await self._ask(service, environment, version, since)
        except (TimeoutError, httpx.HTTPError) as why:
            raise self._unreadable(metric, service, environment, version, _in_words(why)) from why
        except ValidationError as why:
            raise self._unreadable(metric, service, environment, version, _first_of(why)) from why
        if (counters.service, counters.environment, counters.version) != (service, environment, version) or (
            counters.since != since
        ):
            raise self._unreadable(
                metric, service, environment, version, "the answer is about something else"
            )
        if metric == "requests":
            return float(counters.requests)
        return METRICS[metric](counters) if counters.requests >= self.enough else None

    async def _ask(self, service: str, environment: str, version: str, since: datetime) -> Counters:
        asked = {
            "service": service,
            "environment": environment,
            "version": version,
            "since": since.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        }
        answer = await self._http.get(self.address, params=asked)
        if answer.status_code != httpx.codes.OK:
            raise httpx.HTTPStatusError(
                f"answered {answer.status_code}", request=answer.request, response=answer
            )
        return Counters.model_validate_json(answer.content)

    def _unreadable(self, metric: str, service: str, environment: str, version: str, why: str) -> Unreadable:
        return Unreadable(
            say(
                N_(
                    "“{metric}” of {service} {version} in {environment} could not be read from {address} "
                    "at {at}: {why}"
                ),
                metric=metric,
                service=service,
                version=version,
                environment=environment,
                address=_without_secrets(self.address),
                at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
                why=why,
            )
        )


def _checked(address: str) -> str:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 1) <= HIGHEST_PORT:
        raise ValueError(
            "GOLIVE_METRICS_URL is not an address; write for example http://127.0.0.1:9090/counters"
        )
    return address


def _in_words(why: Exception) -> str:
    if isinstance(why, TimeoutError | httpx.TimeoutException):
        return "no answer in time"
    return str(why) or type(why).__name__


def _first_of(why: ValidationError) -> str:
    first = why.errors(include_url=False, include_input=False)[0]
    return ": ".join([*(str(part) for part in first["loc"]), first["msg"]])


def _without_secrets(address: str) -> str:
    """Leave out a password or a token of the address: the sentence is shown to everybody who sees the run."""
    return str(httpx.URL(address).copy_with(username=None, password=None, query=None))
