"""Whether golive's parts are there: the database, the engine and a worker, each told apart."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.asking import HouseDep
from api.connection import WORKER_FRESH, Connection
from api.described import problems
from api.house import House
from api.language import language_of, translator
from api.refusals import Away
from api.schemas.health import HealthShown, PartHealth
from db.audit import identity_of
from golive.words import N_, Language

router = APIRouter(tags=["health"])
log = logging.getLogger("golive.api")

_UP = PartHealth(state="up", detail=None, last_seen=None)
_DATABASE_SECONDS = 3
_AWAY = (Away, RPCError, RuntimeError, TimeoutError)


@router.get(
    "/health",
    summary="Is golive there",
    description="Database, engine (Temporal) and worker apart. Needs no token. Without engine or worker "
    "people can read and acts are answered 503.\n\nPermission: anybody.",
    responses={
        503: {"model": HealthShown, "description": "The database is away, so nothing works."},
        **problems("500 unexpected"),
    },
)
async def health(request: Request, house: HouseDep, response: Response) -> HealthShown:
    """Return the health of each part."""
    (stored, database_id), *looked = await asyncio.gather(
        _database(house), _engine(house.engine.connection), _worker(house.engine.connection)
    )
    parts = (stored, *looked, _news(house))
    database, engine, worker, news = (_told(part, language_of(request)) for part in parts)
    if database.state == "down":
        response.status_code = 503
    whole = engine.state == worker.state == news.state == "up"
    return HealthShown(
        state="down" if database.state == "down" else "ok" if whole else "degraded",
        database=database,
        database_id=database_id,
        engine=engine,
        worker=worker,
        news=news,
    )


def _told(part: PartHealth, language: Language) -> PartHealth:
    detail = translator(language)(part.detail) if part.detail else None
    return part.model_copy(update={"detail": detail})


def _down(why: str) -> PartHealth:
    return PartHealth(state="down", detail=why, last_seen=None)


async def _database(house: House) -> tuple[PartHealth, str | None]:
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            async with house.database.reading() as session:
                return _UP, await identity_of(session)
    except TimeoutError:
        return _down(N_("no answer in time")), None
    except (SQLAlchemyError, OSError) as away:
        log.warning("the database is away: %s", away)
        return _down(N_("it cannot be reached; the log of the API says why")), None


def _news(house: House) -> PartHealth:
    return (
        _down(N_("it has ended by a fault of golive's; restart the API, whose log says why"))
        if house.feed.failed
        else _UP
    )


async def _engine(connection: Connection) -> PartHealth:
    try:
        await connection.ping()
    except _AWAY:
        return _down(N_("Temporal does not answer"))
    return _UP


async def _worker(connection: Connection) -> PartHealth:
    try:
        seen = await connection.worker_seen()
    except _AWAY:
        return _down(N_("unknown, since Temporal does not answer"))
    if seen is None:
        return _down(N_("no worker has asked for work"))
    fresh = datetime.now(UTC) - seen < WORKER_FRESH
    return PartHealth(
        state="up" if fresh else "down", detail=None if fresh else N_("not seen lately"), last_seen=seen
    )
