"""Amendments of plans: written with the events that tell of them, and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, insert, select, update

from db.pages import Page, read_page
from db.session import Session, fields_of
from db.tables import amendment_waiting, amendments
from db.words import texts_of
from golive.errors import NotFound
from golive.events import Event
from golive.impact import Impact
from golive.vocabulary import AmendmentClass, AmendmentStateName
from golive.words import N_, Sentence

_CLOSES: dict[str, AmendmentStateName] = {
    "PlanAmended": "in_force",
    "AmendmentRejected": "rejected",
    "AmendmentWithdrawn": "withdrawn",
    "AmendmentExpired": "expired",
    "AmendmentEnded": "undecided",
}
_DECIDES = ("AmendmentApproved", "AmendmentRejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentDecision:
    """A decision on an amendment; `comment` is None where none was given or it was erased."""

    by: str
    decision: str
    functions: tuple[str, ...]
    at: datetime
    seq: int
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentView:
    """A change of version `base` of a run's plan. What was said of it is None when it was erased."""

    id: str
    run_id: str
    seq: int
    base: int
    kind: AmendmentClass
    by: str
    reason: str | None
    digest: str
    changes: tuple[Sentence, ...]
    patch: tuple[dict[str, Any], ...]
    impact: Impact
    functions: tuple[str, ...]
    decisions: tuple[AmendmentDecision, ...]
    waiting_for: tuple[str, ...]
    requested_at: datetime
    expires_at: datetime | None
    state: AmendmentStateName
    closed_at: datetime | None
    closed_by: str | None
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentLine:
    """An amendment in a list of those of a run."""

    id: str
    base: int
    kind: AmendmentClass
    state: AmendmentStateName
    by: str
    requested_at: datetime


async def keep_amendments(session: Session, run_id: str, events: Iterable[Event]) -> None:
    """Write what these events tell of amendments; their texts were stored with the journal."""
    for event in events:
        if event.type == "AmendmentRequested":
            await session.execute(insert(amendments), [_requested(run_id, event)])
            await _wait_for(session, event, event.payload.get("asked", ()))
        if event.type in _DECIDES:
            await _decide(session, event)
            await _wait_for(session, event, event.payload["awaited"])
        if event.type in _CLOSES:
            await _close(session, event)
            await _wait_for(session, event, ())


def _requested(run_id: str, event: Event) -> dict[str, Any]:
    told = event.payload
    return {
        "id": told["amendment"],
        "run_id": run_id,
        "seq": event.seq,
        **{name: told[name] for name in ("base", "kind", "changes", "patch", "impact")},
        "functions": told.get("functions", []),
        "by": event.actor.name,
        "reason": event.words["reason"].digest,
        "digest": event.digest,
        "decisions": [],
        "requested_at": event.at,
        "expires_at": datetime.fromisoformat(told["expires_at"]) if "expires_at" in told else None,
        "state": "requested",
    }


async def _decide(session: Session, event: Event) -> None:
    mine = amendments.c.id == event.payload["amendment"]
    known = await session.scalar(select(amendments.c.decisions).where(mine)) or []
    comment = event.words.get("comment")
    decision = {
        "by": event.actor.name,
        "decision": "approved" if event.type == "AmendmentApproved" else "rejected",
        "functions": event.payload["functions"],
        "at": event.at.isoformat(),
        "seq": event.seq,
        "comment": comment and comment.digest,
    }
    await session.execute(update(amendments).where(mine).values(decisions=[*known, decision]))


async def _close(session: Session, event: Event) -> None:
    said = event.words.get("reason") or event.words.get("comment")
    values: dict[str, Any] = {
        "state": _CLOSES[event.type],
        "closed_at": event.at,
        "closed_by": event.actor.name,
        "comment": said and said.digest,
    }
    await session.execute(
        update(amendments).where(amendments.c.id == event.payload["amendment"]).values(values)
    )


async def _wait_for(session: Session, event: Event, names: Iterable[str]) -> None:
    about = event.payload["amendment"]
    await session.execute(delete(amendment_waiting).where(amendment_waiting.c.amendment_id == about))
    rows = [{"amendment_id": about, "name": name, "position": n} for n, name in enumerate(names)]
    if rows:
        await session.execute(insert(amendment_waiting), rows)


# -- reading -------------------------------------------------------------------------------------------------


async def list_amendments(  # noqa: PLR0913 - each is a filter of the route
    session: Session,
    *,
    run: str | None = None,
    state: str | None = None,
    waiting_for: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AmendmentView]:
    """Return one page of amendments, the newest first."""
    query: Select[Any] = select(amendments)
    if run is not None:
        query = query.where(amendments.c.run_id == run)
    if state is not None:
        query = query.where(amendments.c.state == state)
    if waiting_for is not None:
        query = query.join(amendment_waiting, amendment_waiting.c.amendment_id == amendments.c.id)
        query = query.where(amendment_waiting.c.name == waiting_for)
    order = (amendments.c.requested_at, amendments.c.id)
    page = await read_page(session, query, order, cursor=cursor, limit=limit, newest_first=True)
    return page.seen_as(await _views(session, page.items))


async def amendments_of_run(session: Session, run_id: str) -> tuple[AmendmentView, ...]:
    """Return all amendments of a run, the newest first."""
    query = select(amendments).where(amendments.c.run_id == run_id).order_by(amendments.c.seq.desc())
    return tuple(await _views(session, (await session.execute(query)).all()))


async def lines_of_run(session: Session, run_id: str) -> tuple[AmendmentLine, ...]:
    """Return the amendments of a run in a line each, the newest first."""
    columns = (amendments.c[name] for name in AmendmentLine.__slots__)
    mine = select(*columns).where(amendments.c.run_id == run_id).order_by(amendments.c.seq.desc())
    return tuple(AmendmentLine(**fields_of(row)) for row in await session.execute(mine))


async def get_amendment(session: Session, amendment_id: str) -> AmendmentView:
    """Return an amendment. Raises NotFound (`unknown_amendment`)."""
    row = (await session.execute(select(amendments).where(amendments.c.id == amendment_id))).one_or_none()
    if row is None:
        sentence = N_("There is no amendment {id}; the list of amendments names those there are.")
        raise NotFound("unknown_amendment", sentence, id=amendment_id)
    return (await _views(session, [row]))[0]


async def _views(session: Session, rows: Iterable[Row[Any]]) -> list[AmendmentView]:
    """Return amendments with what was said and whom they wait for, each read in one query for all."""
    found = [dict(fields_of(row)) for row in rows]
    if not found:
        return []
    said = {row[name] for row in found for name in ("reason", "comment")}
    said |= {each["comment"] for row in found for each in row["decisions"]}
    texts = await texts_of(session, {digest for digest in said if digest})
    waiting: dict[str, list[str]] = {row["id"]: [] for row in found}
    named = select(amendment_waiting).where(amendment_waiting.c.amendment_id.in_(waiting))
    for waiter in await session.execute(named.order_by(amendment_waiting.c.position)):
        waiting[waiter.amendment_id].append(waiter.name)
    return [_view(row, texts, waiting[row["id"]]) for row in found]


def _view(row: dict[str, Any], texts: Mapping[str, str | None], waiting: Iterable[str]) -> AmendmentView:
    told: dict[str, Any] = {
        column.name: row[column.name] for column in amendments.c
    }  # a page has keys besides
    return AmendmentView(
        **told
        | {
            **{name: texts.get(row[name] or "") for name in ("reason", "comment")},
            "changes": tuple(Sentence.model_validate(each) for each in row["changes"]),
            "patch": tuple(row["patch"]),
            "impact": Impact.model_validate(row["impact"]),
            "functions": tuple(row["functions"]),
            "decisions": tuple(_decision(each, texts) for each in row["decisions"]),
            "waiting_for": tuple(waiting),
        }
    )


def _decision(row: Mapping[str, Any], texts: Mapping[str, str | None]) -> AmendmentDecision:
    return AmendmentDecision(
        **{
            **row,
            "functions": tuple(row["functions"]),
            "at": datetime.fromisoformat(row["at"]),
            "comment": texts.get(row["comment"] or ""),
        }
    )
