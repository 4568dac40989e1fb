"""Whether golive's parts are there: the database, the engine and a worker, each told apart."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.asking import HouseDep
from api.connection import WORKER_FRESH, Connection
from api.house import House
from api.refusals import Away
from api.schemas.health import HealthShown, PartHealth

router = APIRouter(tags=["health"])

_UP = PartHealth(state="up", detail=None, last_seen=None)
_DATABASE_SECONDS = 3
_AWAY = (Away, RPCError, RuntimeError, TimeoutError)


@router.get(
    "/health",
    summary="Is golive there",
    description="Database, engine (Temporal) and worker apart. Needs no token. Without engine or worker "
    "people can read and acts are answered 503.\n\nPermission: anybody.",
    responses={503: {"model": HealthShown, "description": "The database is away, so nothing works."}},
)
async def health(house: HouseDep, response: Response) -> HealthShown:
    """Return the health of each part."""
    database, engine, worker = await asyncio.gather(
        _database(house), _engine(house.engine.connection), _worker(house.engine.connection)
    )
    if database.state == "down":
        response.status_code = 503
        return HealthShown(state="down", database=database, engine=engine, worker=worker)
    whole = engine.state == worker.state == "up"
    return HealthShown(state="ok" if whole else "degraded", database=database, engine=engine, worker=worker)


def _down(why: object) -> PartHealth:
    return PartHealth(state="down", detail=str(why)[:300], last_seen=None)


async def _database(house: House) -> PartHealth:
    try:
        async with asyncio.timeout(_DATABASE_SECONDS):
            await house.database.ping()
    except TimeoutError:
        return _down("no answer")
    except (SQLAlchemyError, OSError) as away:
        return _down(type(away).__name__)
    return _UP


async def _engine(connection: Connection) -> PartHealth:
    try:
        await connection.ping()
    except _AWAY:
        return _down("Temporal does not answer")
    return _UP


async def _worker(connection: Connection) -> PartHealth:
    try:
        seen = await connection.worker_seen()
    except _AWAY:
        return _down("unknown, since Temporal does not answer")
    if seen is None:
        return _down("no worker has asked for work")
    fresh = datetime.now(UTC) - seen < WORKER_FRESH
    return PartHealth(
        state="up" if fresh else "down", detail=None if fresh else "not seen lately", last_seen=seen
    )
