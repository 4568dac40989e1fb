"""`python -m db.migrations "what it changes"`: write the next migration from the difference to the tables."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command

from db.migrations import configuration, head, upgrade
from db.session import Database


async def write(message: str) -> None:
    """Build a database by the migrations so far and write down what the tables have beyond it."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'so-far.db'}"
        number = 1
        if any((Path(__file__).parent / "versions").glob("[0-9]*.py")):
            await upgrade(url)
            number = int(head()) + 1
        database = Database(url)
        async with database.transaction() as session:
            await session.run_sync(
                lambda connection: command.revision(
                    configuration(connection), message, autogenerate=True, rev_id=f"{number:04}"
                )
            )
        await database.close()


if __name__ == "__main__":
    if not (words := sys.argv[1:]):
        sys.exit("usage: python -m db.migrations MESSAGE")
    asyncio.run(write(" ".join(words)))
