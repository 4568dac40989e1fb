"""How the rows of the journal hold together, told alike of the database and of an export of it.

Each row is sealed: its hash is SHA-256 over a zero byte and the row's canonical JSON (RFC 8785), in which the hash of
the row before it stands. So a row that is changed, left out or put in is found at it or right after it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from golive.words import N_, Sentence, say

ADMIN = "golive"
"""The stream of administration and refusals; every other stream is of the run whose id it bears."""

GENESIS = "0" * 64
"""What the first row of a stream names as the hash before it."""

_ENOUGH = 16
"""Digits of a hash by which databases are told apart."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of a stream, or of what was read of it: its number and hash; 0 and `GENESIS` before the first."""

    seq: int = 0
    hash: str = GENESIS


def hash_of(written: bytes) -> str:
    """Return the hash of canonical bytes; the zero byte keeps rows apart from tree nodes (RFC 6962)."""
    return hashlib.sha256(b"\0" + written).hexdigest()


def identity(first: str) -> str:
    """Return what tells a golive from others, by the hash of the `first` row of its own stream."""
    return first[:_ENOUGH]


def fault(after: Head, seq: int, written: bytes, prev_hash: str, sealed: str) -> Sentence | None:
    """Return why the row `seq` with its hash `sealed` cannot follow `after`; None when it does."""
    if seq != after.seq + 1:
        return say(N_("Row {seq} is missing."), seq=after.seq + 1)
    if hash_of(written) != sealed:
        return say(N_("The hash does not fit the stored bytes: the row was changed."))
    if prev_hash != after.hash:
        return say(N_("The row does not follow the one before it: one of them was replaced."))
    return None


def fault_at_the_end(last: Head, head: Head) -> Sentence | None:
    """Return why a stream that ends at `last` is not the one with this `head`; None when it is."""
    if last == head:
        return None
    return say(
        N_("The stream ends at {seq}, its head says {head}: rows were cut off."), seq=last.seq, head=head.seq
    )
