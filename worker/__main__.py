"""`python -m worker`: run workflows and activities until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from connectors.http_counters import HttpCounters
from connectors.local_traffic import LocalTraffic
from connectors.metrics import MetricsConnector, NoMetrics
from connectors.temporal import NoNamespace, namespace_id
from db.operating import Undone, require_schema
from db.session import Database
from observing.process import begin
from settings import Settings, settings_or_exit
from worker.building import Parts, build
from worker.connection import WrongSearchAttributes, connect, register_search_attributes
from worker.observed import PortTaken
from worker.reconciler import reconcile_for_ever

if TYPE_CHECKING:
    from observing.spans import Tracing

GRACE = 5
"""Seconds that a watch or a shift gets to end when the worker is told to stop."""


async def main(settings: Settings, tracing: Tracing | None = None) -> None:
    """Run both workers and the reconciler; SIGTERM and SIGINT end them in order."""
    await require_schema(settings.url)
    client = await connect(settings, tracing)
    namespace = await namespace_id(client)
    await register_search_attributes(client)
    async with AsyncExitStack() as stack:
        database = Database(settings.url)
        stack.push_async_callback(database.close)
        if tracing is not None:
            tracing.listen(database.engine)
        metrics: MetricsConnector = NoMetrics()
        if settings.metrics_url:
            metrics = HttpCounters(settings.metrics_url)
            stack.push_async_callback(metrics.close)
        traffic = LocalTraffic(settings.home / "traffic")
        parts = Parts(
            settings=settings, namespace=namespace, database=database, traffic=traffic, metrics=metrics
        )
        for worker in build(client, parts):
            await stack.enter_async_context(worker)
        reconciler = asyncio.create_task(reconcile_for_ever(client, database))
        stack.callback(reconciler.cancel)
        logging.getLogger("golive.worker").info("the worker runs")
        await _told_to_stop()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def run() -> None:
    """Run until told to stop, then send the traces that were not sent yet."""
    settings = settings_or_exit()
    tracing = begin(settings, "golive-worker")
    try:
        asyncio.run(main(settings, tracing))
    except (NoNamespace, WrongSearchAttributes, PortTaken, Undone) as wrong:
        logging.getLogger("golive.worker").critical("%s", wrong)
        sys.exit(1)
    finally:
        if tracing is not None:
            tracing.close()


if __name__ == "__main__":
    run()
