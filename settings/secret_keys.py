"""The keys that sign commands, as an operator writes them: separated by commas; none that signs can be guessed."""

from __future__ import annotations

from dataclasses import dataclass

from golive.words import N_, Sentence, say
from settings.unusable import Unusable

LEAST = 32
"""Characters of a key. 32 hexadecimal digits are 128 bits, which nobody tries out."""


class UnusableKeys(Unusable):
    """What is written holds no key, or a first one that can be guessed."""


@dataclass(frozen=True)
class SecretKeys:
    """The keys that are written at `where`, the signing one first. Behind it old ones verify, also short ones."""

    where: str
    all: tuple[str, ...]

    @property
    def warning(self) -> Sentence | None:
        """What to tell for as long as a key that can be guessed still verifies, None when none does."""
        shortest = min(map(len, self.all))
        if shortest >= LEAST:
            return None
        msgid = N_(
            "{where} still holds a key of {count} characters behind the first: whoever guesses it can sign commands "
            "in anybody's name. Take it out as soon as every API and worker was restarted with the new one."
        )
        return say(msgid, where=self.where, count=shortest)


def read_keys(written: str, where: str) -> SecretKeys:
    """Return the keys that are written at `where`. Raises UnusableKeys, which shows none of them."""
    keys = tuple(key.strip() for key in written.split(",") if key.strip())
    if not keys:
        raise UnusableKeys(
            say(N_("{where} holds commas but no key; write at least one, or remove it."), where=where)
        )
    if len(keys[0]) < LEAST:
        msgid = N_(
            "The first key in {where} has {count} characters, so it can be guessed; it signs and needs at least "
            "{least}: make one with `openssl rand -hex 32` and write it in front, with a comma between."
        )
        raise UnusableKeys(say(msgid, where=where, count=len(keys[0]), least=LEAST))
    return SecretKeys(where, keys)
