"""Review reports and Temporal histories of runs: a finished run needs nothing from Temporal."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from db.session import Session, database_time, fields_of, insert_into
from db.tables import histories, reports
from golive.errors import NotFound
from golive.words import N_, Language

Format = Literal["html", "md"]
Kind = Literal["draft", "final"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as it was written; `digest` is of its UTF-8 bytes."""

    run_id: str
    language: Language
    format: Format
    kind: Kind
    content: str
    digest: str
    at: datetime


async def save_report(  # noqa: PLR0913 - each is a column
    session: Session,
    *,
    run_id: str,
    language: Language,
    format: Format,
    kind: Kind,
    content: str,
) -> Report:
    """Keep a report; written again, it replaces the earlier one of the same kind."""
    key = {"run_id": run_id, "language": language, "format": format, "kind": kind}
    digest = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
    told = {"content": content, "digest": digest, "at": await database_time(session)}
    kept = insert_into(session, reports).values(**key, **told)
    await session.execute(kept.on_conflict_do_update(index_elements=list(key), set_=told))
    return await get_report(session, run_id, language=language, format=format, kind=kind)


async def get_report(
    session: Session,
    run_id: str,
    *,
    language: Language,
    format: Format,
    kind: Kind | None = None,
) -> Report:
    """Return a report, the final one where there is one. Raises NotFound (`unknown_report`)."""
    wanted = (reports.c.run_id == run_id) & (reports.c.language == language) & (reports.c.format == format)
    query = select(reports).where(wanted)
    if kind is not None:
        query = query.where(reports.c.kind == kind)
    # "final" sorts after "draft".
    row = (await session.execute(query.order_by(reports.c.kind.desc()).limit(1))).one_or_none()
    if row is None:
        sentence = N_("Run {id} has no report yet; it is written when its review begins or the run ends.")
        raise NotFound("unknown_report", sentence, id=run_id)
    return Report(**fields_of(row))


async def save_history(session: Session, run_id: str, gz: bytes) -> None:
    """Keep a run's Temporal history, gzipped JSON; a later export replaces an earlier one."""
    told = {"gz": gz, "at": await database_time(session)}
    kept = insert_into(session, histories).values(run_id=run_id, **told)
    await session.execute(kept.on_conflict_do_update(index_elements=["run_id"], set_=told))


async def get_history(session: Session, run_id: str) -> bytes:
    """Return a run's Temporal history, gzipped JSON. Raises NotFound (`unknown_history`)."""
    gz = await session.scalar(select(histories.c.gz).where(histories.c.run_id == run_id))
    if gz is None:
        raise NotFound("unknown_history", N_("The history of run {id} was not exported yet."), id=run_id)
    return bytes(gz)
