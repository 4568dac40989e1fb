"""Uploaded files: bytes in the home folder under their digest, everything else in SQL."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import tempfile
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Row, insert, select

from db.session import Session, database_time, fields_of
from db.tables import attachments
from golive.errors import Invalid, NotFound
from golive.words import N_


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are safely on the disk: `sha256` as `sha256:HEX`, `size` in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that somebody uploaded. Two with the same bytes share one place on the disk."""

    id: str
    sha256: str
    size: int
    name: str
    content_type: str
    by: str
    at: datetime


async def keep_bytes(home: Path, chunks: AsyncIterable[bytes], limit: int) -> Kept:
    """Write the bytes under their digest, whole or not at all, and wait until the disk has them.

    Raises Invalid (`attachment_too_large`) after `limit` bytes, and OSError when the disk refuses.
    """
    folder = home / "attachments"
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    handle, draft = await asyncio.to_thread(tempfile.mkstemp, dir=folder, prefix=".arriving-")
    try:
        with os.fdopen(handle, "wb") as file:
            kept = await _write(file, chunks, limit)
        await asyncio.to_thread(_settle, Path(draft), _place(home, kept.sha256))
    finally:
        await asyncio.to_thread(Path(draft).unlink, missing_ok=True)
    return kept


async def add_attachment(
    session: Session, kept: Kept, *, name: str, content_type: str, by: str
) -> Attachment:
    """Name kept bytes as an attachment."""
    added = Attachment(
        id=secrets.token_hex(16),
        sha256=kept.sha256,
        size=kept.size,
        name=name,
        content_type=content_type,
        by=by,
        at=await database_time(session),
    )
    row = {column: getattr(added, column) for column in Attachment.__slots__}
    await session.execute(insert(attachments).values(row))
    return added


async def get_attachment(session: Session, attachment_id: str) -> Attachment:
    """Return an attachment. Raises NotFound (`unknown_attachment`)."""
    found = await find_attachments(session, [attachment_id])
    if attachment_id not in found:
        sentence = N_("There is no attachment {id}; upload it with POST /attachments first.")
        raise NotFound("unknown_attachment", sentence, id=attachment_id)
    return found[attachment_id]


async def find_attachments(session: Session, ids: Iterable[str]) -> dict[str, Attachment]:
    """Return those of `ids` that exist, by id."""
    rows = await session.execute(select(attachments).where(attachments.c.id.in_(set(ids))))
    return {row.id: _attachment(row) for row in rows}


def path_of(home: Path, attachment: Attachment) -> Path:
    """Return where the bytes of an attachment lie."""
    return _place(home, attachment.sha256)


async def _write(file: IO[bytes], chunks: AsyncIterable[bytes], limit: int) -> Kept:
    sha256, size = hashlib.sha256(), 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            sentence = N_("The file is larger than {limit} bytes, which is the most that is taken.")
            raise Invalid("attachment_too_large", sentence, limit=limit)
        sha256.update(chunk)
        await asyncio.to_thread(file.write, chunk)
    file.flush()
    await asyncio.to_thread(os.fsync, file.fileno())
    return Kept(f"sha256:{sha256.hexdigest()}", size)


def _settle(draft: Path, place: Path) -> None:
    """Move the file to its place and make the move durable: the folders must reach the disk too."""
    place.parent.mkdir(exist_ok=True)
    draft.replace(place)
    for folder in (place.parent, place.parent.parent):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _place(home: Path, sha256: str) -> Path:
    hexadecimal = sha256.removeprefix("sha256:")
    return home / "attachments" / hexadecimal[:2] / hexadecimal


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(**fields_of(row))
