"""What golive asks of whatever splits a service's traffic."""

from __future__ import annotations

from typing import Protocol

from golive.words import Sentence


class Unreachable(Exception):
    """The weight can be neither set nor read; `sentence` says what was asked, where, and what to do."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class TrafficConnector(Protocol):
    """Splits the traffic of a service in an environment between its stable and its new version.

    A weight is the share of the new version in per cent, 0 to 100, and stays until it is changed.
    """

    async def set_weight(self, service: str, environment: str, version: str, weight: int) -> None:
        """Send `weight` % to `version`. Setting the weight that is already set changes nothing.

        An empty `version` means the version that is new at present, whichever that is. Raises `Unreachable`.
        """

    async def weight(self, service: str, environment: str) -> int:
        """Return the weight that is in force now, 0 when none was ever set. Raises `Unreachable`."""
