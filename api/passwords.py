"""What argon2 makes of passwords, in threads beside the loop.

Two at a time: each takes 64 MiB and some tens of milliseconds (RFC 9106, the second recommended choice).
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_AT_ONCE = 2


class Passwords:
    """Makes and checks what is kept of passwords."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, "password")
        self._nobodys = _never(self._hasher)

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        return await asyncio.wrap_future(self._threads.submit(self._hasher.hash, plain(password)))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether this is the password of which `kept` is kept. Without one it takes as long, in vain."""
        return await asyncio.wrap_future(
            self._threads.submit(self._verified, kept or self._nobodys, password)
        )

    def aged(self, kept: str) -> bool:
        """Tell whether a password would be kept in a stronger form today."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, plain(password))
        except VerifyMismatchError:
            return False


def plain(password: str) -> str:
    """Return a password in the one form of its characters, which keyboards spell in several (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _never(hasher: PasswordHasher) -> str:
    """Return what no password fits, made without the work that checking it takes."""
    salt, drawn = (
        base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=")
        for n in (hasher.salt_len, hasher.hash_len)
    )
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${drawn}"
