"""What the database keeps of what it must know again and nobody may read there."""

from __future__ import annotations

import hashlib


def digest_of(text: str) -> str:
    """Return the SHA-256 of `text`, in hex.

    Tokens, links and sessions are long and random: nothing is gained by a slow hash, and each request pays for it.
    """
    return hashlib.sha256(text.encode()).hexdigest()
