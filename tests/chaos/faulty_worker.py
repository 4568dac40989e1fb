"""`python -m tests.chaos.faulty_worker`: the worker with what is planted in it."""

from __future__ import annotations

import asyncio

from temporalio.client import Client

from settings import Settings
from tests.chaos.faults import IN_WORKER, Planter, plant
from worker import __main__ as real
from worker.connection import connect


def main() -> None:
    """Plant, then be the worker."""
    plant(IN_WORKER)

    async def with_planter(settings: Settings) -> Client:
        client = await connect(settings)
        config = client.config()
        config["interceptors"] = [Planter()]
        return Client(**config)

    setattr(real, "connect", with_planter)  # noqa: B010 - a name of another module
    asyncio.run(real.main(Settings()))


if __name__ == "__main__":
    main()
