"""Waivers of checks: written with the events that tell of them, and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from db.pages import Page, read_page
from db.session import Session, fields_of
from db.tables import waiver_waiting, waivers
from db.words import texts_of
from golive.errors import NotFound
from golive.events import Event
from golive.vocabulary import WaiverStateName
from golive.words import N_, Text

_ENDS: dict[str, WaiverStateName] = {
    "WaiverGranted": "granted",
    "WaiverRejected": "rejected",
    "WaiverExpired": "expired",
    "WaiverEnded": "ended",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverView:
    """An exception to the check `about`, `STAGE/GATE.CHECK`; what was said of it is None when it was erased."""

    id: str
    run_id: str
    seq: int
    about: str
    title: Text
    build: int
    by: str
    reason: str | None
    risk: str | None
    mitigation: str | None
    requested_at: datetime
    starts_at: datetime
    ends_at: datetime
    state: WaiverStateName
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None
    waiting_for: tuple[str, ...]


async def keep_waivers(session: Session, run_id: str, events: Iterable[Event]) -> None:
    """Write what these events tell of waivers; their texts were stored with the journal."""
    for event in events:
        if event.type == "WaiverRequested":
            await session.execute(insert(waivers), [_requested(run_id, event)])
            asked = [{"waiver_id": event.payload["waiver"], "name": name} for name in event.payload["asked"]]
            await session.execute(insert(waiver_waiting), asked)
        elif event.type in _ENDS:
            await _end(session, event)


def _requested(run_id: str, event: Event) -> dict[str, Any]:
    said = {name: event.words[name].digest for name in ("reason", "risk", "mitigation")}
    times = {name: datetime.fromisoformat(event.payload[name]) for name in ("starts_at", "ends_at")}
    return {
        "id": event.payload["waiver"],
        "run_id": run_id,
        "seq": event.seq,
        "about": event.payload["check"],
        "title": event.payload["title"],
        "build": event.payload["build"],
        "by": event.actor.name,
        "requested_at": event.at,
        "state": "requested",
        **said,
        **times,
    }


async def _end(session: Session, event: Event) -> None:
    mine = waivers.c.id == event.payload["waiver"]
    values: dict[str, Any] = {"state": _ENDS[event.type]}
    if event.type in ("WaiverGranted", "WaiverRejected"):
        comment = event.words.get("comment")
        values |= {
            "decided_by": event.actor.name,
            "decided_at": event.at,
            "comment": comment and comment.digest,
        }
    await session.execute(update(waivers).where(mine).values(values))
    await session.execute(delete(waiver_waiting).where(waiver_waiting.c.waiver_id == event.payload["waiver"]))


# -- reading -------------------------------------------------------------------------------------------------


async def list_waivers(  # noqa: PLR0913 - each is a filter of the route
    session: Session,
    *,
    run: str | None = None,
    state: str | None = None,
    waiting_for: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[WaiverView]:
    """Return one page of waivers, those that end first first."""
    query: Select[Any] = select(waivers)
    if run is not None:
        query = query.where(waivers.c.run_id == run)
    if state is not None:
        query = query.where(waivers.c.state == state)
    if waiting_for is not None:
        query = query.join(waiver_waiting, waiver_waiting.c.waiver_id == waivers.c.id)
        query = query.where(waiver_waiting.c.name == waiting_for)
    page = await read_page(session, query, (waivers.c.ends_at, waivers.c.id), cursor=cursor, limit=limit)
    return page.seen_as(await _views(session, page.items))


async def waivers_of_run(session: Session, run_id: str) -> tuple[WaiverView, ...]:
    """Return all waivers of a run, the newest first."""
    query = select(waivers).where(waivers.c.run_id == run_id).order_by(waivers.c.seq.desc())
    return tuple(await _views(session, (await session.execute(query)).all()))


async def waivers_signed(
    session: Session, run_id: str, covered: Iterable[Mapping[str, Any]]
) -> tuple[WaiverView, ...]:
    """Return the waivers that the subject of an approval of a run covers, in its order."""
    query = select(waivers).where(waivers.c.run_id == run_id).order_by(waivers.c.seq)
    rows = {
        (row.about, *(getattr(row, name) for name in _SIGNED)): row for row in await session.execute(query)
    }
    keys = [(each["check"], *(each[name] for name in _SIGNED)) for each in covered]
    return tuple(await _views(session, [rows[key] for key in keys if key in rows]))


_SIGNED = ("by", "reason", "risk", "mitigation")
"""By what the waivers of a check are told apart in a subject."""


async def get_waiver(session: Session, waiver_id: str) -> WaiverView:
    """Return a waiver. Raises NotFound (`unknown_waiver`)."""
    row = (await session.execute(select(waivers).where(waivers.c.id == waiver_id))).one_or_none()
    if row is None:
        sentence = N_("There is no waiver {id}; the list of waivers names those there are.")
        raise NotFound("unknown_waiver", sentence, id=waiver_id)
    return (await _views(session, [row]))[0]


_SAID = ("reason", "risk", "mitigation", "comment")


async def _views(session: Session, rows: Iterable[Row[Any]]) -> list[WaiverView]:
    """Return waivers with what was said and whom they wait for, each read in one query for all."""
    found = [dict(fields_of(row)) for row in rows]
    if not found:
        return []
    texts = await texts_of(session, {row[name] for row in found for name in _SAID if row[name]})
    waiting: dict[str, list[str]] = {row["id"]: [] for row in found}
    named = (
        select(waiver_waiting).where(waiver_waiting.c.waiver_id.in_(waiting)).order_by(waiver_waiting.c.name)
    )
    for waiter in await session.execute(named):
        waiting[waiter.waiver_id].append(waiter.name)
    return [_view(row, texts, waiting[row["id"]]) for row in found]


def _view(row: dict[str, Any], texts: Mapping[str, str | None], waiting: Iterable[str]) -> WaiverView:
    told: dict[str, Any] = {
        column.name: row[column.name] for column in waivers.c
    }  # a page's own keys come besides
    told |= {name: texts.get(row[name] or "") for name in _SAID}
    told |= {"title": Text.model_validate(row["title"]), "waiting_for": tuple(waiting)}
    return WaiverView(**told)
