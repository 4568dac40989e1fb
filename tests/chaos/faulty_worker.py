"""`python -m tests.chaos.faulty_worker`: the worker with what is planted in it."""

from __future__ import annotations

import asyncio

from temporalio.client import Client

from settings import Settings
from tests.chaos.faults import IN_WORKER, Planter, intercepted, plant, replace
from worker import __main__ as real
from worker.connection import connect


async def _connect(settings: Settings, _tracing: object) -> Client:
    return intercepted(await connect(settings), Planter())


if __name__ == "__main__":
    plant(IN_WORKER)
    replace(real, "connect", _connect)
    asyncio.run(real.main(Settings()))
