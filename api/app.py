"""The application: routes, errors, limits, and what lives as long as the process does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.responses import Response

from api.addresses import NoNul
from api.engine import Engine
from api.feed import Feed
from api.forecasts import Forecasts
from api.hosts import OwnHost
from api.house import House
from api.limits import BodyLimit
from api.metrics import Metrics
from api.openapi import describe
from api.pages.failing import install_sign_in, is_page, problem_page
from api.pages.headers import SafeHeaders
from api.passwords import Passwords
from api.problems import install
from api.served import SERVED
from api.uploads import PLAIN
from api.watched import Watched
from connectors.openid import provider_of
from db.refusals import flush_refusals
from db.session import Database
from golive.errors import GoliveError
from settings import Settings

if TYPE_CHECKING:
    from observing.spans import Tracing

log = logging.getLogger("golive.api")

VERSION = "0.1.0"
_FLUSH_SECONDS = 60
_AS_THEY_ARE = (*DEFAULT_EXCLUDED_CONTENT_TYPES, PLAIN)
"""Attachments keep their length and their bytes; most of them are compressed already."""


def create_app(settings: Settings, tracing: Tracing | None = None) -> FastAPI:
    """Return the application. It starts, reads and answers 503 to acts while Temporal is away."""
    metrics = Metrics() if settings.api_prometheus_port else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _living(settings, metrics, tracing) as house:
            app.state.house = house
            yield

    app = FastAPI(
        title="golive",
        version=VERSION,
        summary="Runs go-lives: the process by which a release reaches its users.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        routes=SERVED.routes,
        redirect_slashes=False,
        separate_input_output_schemas=True,
        telemetry={
            "tracing": tracing is not None,
            "tracer_provider": tracing.provider if tracing else None,
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
        },
    )
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5, exclude_content_types=_AS_THEY_ARE)
    app.add_middleware(NoNul)
    app.add_middleware(BodyLimit)
    app.add_middleware(OwnHost, settings=settings)
    app.add_middleware(SafeHeaders, https=(settings.public_url or "").startswith("https:"))
    app.add_middleware(Watched, metrics=metrics)
    install(app)
    install_sign_in(app)
    app.state.told = _page_of_problem
    describe(app)
    return app


def _page_of_problem(request: Request, error: GoliveError) -> Response | None:
    """Return the page of an error for who reads pages, None for who asks the API."""
    return problem_page(request, error) if is_page(request) else None


@asynccontextmanager
async def _living(
    settings: Settings, metrics: Metrics | None, tracing: Tracing | None
) -> AsyncIterator[House]:
    """Hold what the process needs until it ends."""
    database = Database(settings.url)
    if tracing is not None:
        tracing.listen(database.engine)
    feed, engine = Feed(database), Engine(settings, tracing)
    passwords = Passwords()
    house = House(
        settings=settings,
        database=database,
        engine=engine,
        feed=feed,
        forecasts=Forecasts(),
        passwords=passwords,
        provider=provider_of(settings),
    )
    background = [feed.begin(), asyncio.create_task(_flush(database))]
    try:
        async with AsyncExitStack() as offered:
            if metrics is not None:
                metrics.watch(engine, feed)
                await offered.enter_async_context(metrics.offered(settings, database))
            yield house
    finally:
        feed.close()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        with suppress(SQLAlchemyError):
            await flush_refusals(database)
        passwords.close()
        await database.close()


async def _flush(database: Database) -> None:
    """Write the counts of refused attempts that were too many to be written one by one."""
    while True:
        await asyncio.sleep(_FLUSH_SECONDS)
        try:
            await flush_refusals(database)
        except SQLAlchemyError as away:
            log.warning("cannot write the counts of refused attempts: %s", away)
