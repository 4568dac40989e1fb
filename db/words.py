"""People's free text: sealed by salted digest in facts and journal, readable in one table, erasable there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update

from db.session import Session, database_time, insert_into
from db.tables import words
from golive.words import Words

_SEAL = "words"


def seal(value: Any, found: dict[str, Words]) -> Any:
    """Return `value` with each {"text", "salt"} replaced by {"words": digest}; add the texts to `found`."""
    if isinstance(value, Mapping):
        if value.keys() == {"text", "salt"}:
            told = Words(text=value["text"], salt=value["salt"])
            return {_SEAL: keep(told, found)}
        return {name: seal(part, found) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [seal(part, found) for part in value]
    return value


def keep(told: Words, found: dict[str, Words]) -> str:
    """Add the text to `found` and return its digest."""
    found[digest := told.digest] = told
    return digest


def unseal(value: Any, texts: Mapping[str, str | None]) -> Any:
    """Return `value` with each {"words": digest} replaced by its text, None when it was erased."""
    if isinstance(value, dict):
        if value.keys() == {_SEAL}:
            return texts.get(value[_SEAL])
        return {name: unseal(part, texts) for name, part in value.items()}
    if isinstance(value, list):
        return [unseal(part, texts) for part in value]
    return value


def seals(value: Any) -> Iterable[str]:
    """Yield the digest of every sealed text in `value`."""
    if isinstance(value, dict):
        if value.keys() == {_SEAL}:
            yield value[_SEAL]
            return
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from seals(part)


async def save(session: Session, found: Mapping[str, Words]) -> None:
    """Store texts by their digest. One that was erased stays erased, even when its batch is repeated."""
    if found:
        rows = [{"digest": digest, "text": told.text, "salt": told.salt} for digest, told in found.items()]
        await session.execute(insert_into(session, words).on_conflict_do_nothing(), rows)


async def texts_of(session: Session, digests: Iterable[str]) -> dict[str, str | None]:
    """Return the text of each digest, None when it was erased; unknown digests are left out."""
    wanted = sorted(set(digests))
    texts: dict[str, str | None] = {}
    for start in range(0, len(wanted), 5_000):
        some = select(words.c.digest, words.c.text).where(words.c.digest.in_(wanted[start : start + 5_000]))
        texts |= {row.digest: row.text for row in await session.execute(some)}
    return texts


async def erase(session: Session, digest: str) -> bool:
    """Erase a text and its salt for good; the journal still verifies. False when there was none to erase."""
    gone = update(words).where(words.c.digest == digest, words.c.text.is_not(None))
    result = await session.execute(gone.values(text=None, salt=None, erased_at=await database_time(session)))
    return result.rowcount > 0
