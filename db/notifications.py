"""Which notifications went out, so that a retried one is not sent twice; and which requests are open for whom."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from db.session import Session, database_time, insert_into
from db.tables import notifications, requests
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


async def ask(session: Session, request: str, names: Collection[str], at_seq: int) -> list[str]:
    """Open the request for these people; return those for whom it was not closed meanwhile, with a later event."""
    found = await _locked(session, request, names)
    still = [name for name in names if (found[name][1] or -1) < at_seq]
    await _keep(session, request, still, asked_at_seq=at_seq)
    return still


async def close(session: Session, request: str, names: Collection[str], at_seq: int) -> list[str]:
    """Close the request for these people; return those who had been asked, and not again with a later event."""
    found = await _locked(session, request, names)
    await _keep(session, request, names, closed_at_seq=at_seq)
    return [name for name in names if (asked := found[name][0]) is not None and asked <= at_seq]


async def _locked(
    session: Session, request: str, names: Collection[str]
) -> dict[str, tuple[int | None, int | None]]:
    """Return with which events each of them was asked and not asked any more; nobody else changes that meanwhile."""
    if not names:
        return {}
    fresh = [{"request": request, "name": name} for name in sorted(names)]
    await session.execute(insert_into(session, requests).on_conflict_do_nothing(), fresh)
    mine = select(requests).where(requests.c.request == request, requests.c.name.in_(names))
    rows = await session.execute(mine.order_by(requests.c.name).with_for_update())
    return {row.name: (row.asked_at_seq, row.closed_at_seq) for row in rows}


async def _keep(session: Session, request: str, names: Collection[str], **seqs: int) -> None:
    """Keep the number of an event, unless that of a later one is kept."""
    for column, seq in seqs.items():
        known = requests.c[column]
        older = known.is_(None) | (known < seq)
        mine = (requests.c.request == request) & requests.c.name.in_(names)
        await session.execute(update(requests).where(mine & older).values({column: seq}))
