"""What golive asks of whatever measures a service."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from golive.words import N_, Sentence, say


class Unreadable(Exception):
    """A metric could not be read; `sentence` says what was asked, where and when."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class MetricsConnector(Protocol):
    """Measures one version of a service in an environment."""

    async def measure(
        self, metric: str, service: str, environment: str, version: str, since: datetime
    ) -> float | None:
        """Return the value of `metric` over the time from `since` until now.

        None, or NaN, means that there is no data, or too little to judge by. Raises `Unreadable`.
        """


class NoMetrics:
    """Stands where an administrator has connected nothing that measures: whatever is asked is unreadable."""

    async def measure(
        self, metric: str, service: str, environment: str, version: str, since: datetime
    ) -> float | None:
        """Raise `Unreadable`: without data nothing counts as healthy."""
        raise Unreadable(
            say(
                N_(
                    "“{metric}” of {service} {version} in {environment} cannot be read since {since}: "
                    "no metrics are connected. An administrator sets GOLIVE_METRICS_URL"
                ),
                metric=metric,
                service=service,
                version=version,
                environment=environment,
                since=since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            )
        )
