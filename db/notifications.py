"""Which notifications went out, so that a retried one is not sent twice."""

from __future__ import annotations

from sqlalchemy import select

from db.session import Session, database_time, insert_into
from db.tables import notifications
from golive.effects import Notify


async def outcome_of(session: Session, key: str) -> str | None:
    """Return what came of the notification with this key, None when it was not sent yet."""
    outcome: str | None = await session.scalar(
        select(notifications.c.outcome).where(notifications.c.key == key)
    )
    return outcome


async def save_outcome(session: Session, notify: Notify, outcome: str) -> str:
    """Keep what came of a notification; the first outcome stays and is returned."""
    row = {
        "key": notify.key,
        "run_id": notify.run_id,
        "recipients": list(notify.to),
        "sentence": notify.sentence.model_dump(mode="json"),
        "link": notify.link,
        "outcome": outcome,
        "at": await database_time(session),
    }
    await session.execute(insert_into(session, notifications).values(row).on_conflict_do_nothing())
    return await outcome_of(session, notify.key) or outcome
