"""`python -m tests.chaos.faulty_api`: the API with what is planted in it."""

from __future__ import annotations

from temporalio.client import Client

from api import __main__ as real
from api.connection import Connection
from tests.chaos.faults import IN_API, Hurry, intercepted, plant, replace

_connect = Connection._connect


async def _connect_in_a_hurry(self: Connection) -> Client:
    return intercepted(await _connect(self), Hurry())


if __name__ == "__main__":
    plant(IN_API)
    replace(Connection, "_connect", _connect_in_a_hurry)
    real.main()
