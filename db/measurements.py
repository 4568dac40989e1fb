"""What was measured under a watch, so that a restarted watch goes on where the last one was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from db.session import Session, fields_of, insert_into
from db.tables import measurements

Outcome = Literal["successful", "failed", "inconclusive", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The n-th measurement of a metric under a watch's key, from 0; `value` is None where there was none."""

    key: str
    metric: str
    n: int
    value: float | None
    outcome: Outcome
    at: datetime


async def add_measurement(  # noqa: PLR0913 - each is a column
    session: Session,
    *,
    key: str,
    metric: str,
    n: int,
    value: float | None,
    outcome: Outcome,
    at: datetime,
) -> None:
    """Keep a measurement; the n-th of a metric is kept once, so a watch that runs twice counts once."""
    row = {"key": key, "metric": metric, "n": n, "value": value, "outcome": outcome, "at": at}
    await session.execute(insert_into(session, measurements).values(row).on_conflict_do_nothing())


async def measurements_of(session: Session, key: str) -> tuple[Measurement, ...]:
    """Return what was measured under a watch's key, by metric and in order."""
    found = select(measurements).where(measurements.c.key == key)
    rows = await session.execute(found.order_by(measurements.c.metric, measurements.c.n))
    return tuple(Measurement(**fields_of(row)) for row in rows)
