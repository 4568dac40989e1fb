"""The keys that sign commands, as an operator writes them: separated by commas, and none that can be guessed."""

from __future__ import annotations

LEAST = 32
"""Characters of a key. 32 hexadecimal digits are 128 bits, which nobody tries out."""


class UnusableKeys(ValueError):
    """What is written at `where` cannot sign; `shortest` is the length of the shortest key, None when there is none."""

    def __init__(self, where: str, shortest: int | None):
        self.where, self.shortest = where, shortest
        super().__init__(
            f"{where} holds commas but no key; write at least one, or remove it"
            if shortest is None
            else f"{where} holds a key of {shortest} characters, which can be guessed; a key needs at least {LEAST}: "
            "make one with `openssl rand -hex 32`"
        )


def read_keys(written: str, where: str) -> tuple[bytes, ...]:
    """Return the keys, the signing one first. Raises UnusableKeys, which shows none of them."""
    keys = [key.strip() for key in written.split(",") if key.strip()]
    shortest = min(map(len, keys), default=None)
    if shortest is None or shortest < LEAST:
        raise UnusableKeys(where, shortest)
    return tuple(key.encode() for key in keys)
