from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateIndex, CreateTable

from db import migrations
from db.migrations import current, downgrade, head, upgrade
from db.session import Database
from db.tables import metadata


def url_of(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'deep' / 'golive.db'}"


async def test_tables_and_migrations_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.reading() as session:
        assert await session.run_sync(differences) == []


async def test_every_check_of_the_tables_is_in_the_migrated_database(database: Database) -> None:
    """Alembic does not compare CHECK constraints, so they are compared here, by name and by condition."""

    def stored(connection: Connection) -> dict[str, str]:
        found = inspect(connection)
        return {
            str(check["name"]): check["sqltext"]
            for table in metadata.tables
            for check in found.get_check_constraints(table)
        }

    stated = {
        str(check.name): str(check.sqltext)
        for table in metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    async with database.reading() as session:
        assert await session.run_sync(stored) == stated


def test_every_table_can_be_made_on_postgresql() -> None:
    dialect = registry.load("postgresql.asyncpg")()
    for table in metadata.sorted_tables:
        assert table.name in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(index.name) in str(CreateIndex(index).compile(dialect=dialect))


async def test_up_down_up(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    assert await current(url) is None
    await upgrade(url)
    first = await schema_of(url)
    assert await current(url) == head()
    await downgrade(url, "base")
    assert await current(url) is None
    assert [line for line in await schema_of(url) if "alembic_version" not in line] == []
    await upgrade(url)
    assert await schema_of(url) == first
    await upgrade(url)
    assert await schema_of(url) == first


async def test_each_single_step_down_and_up(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    await upgrade(url)
    whole = await schema_of(url)
    for revision in range(int(head()) - 1, 0, -1):
        await downgrade(url, f"{revision:04}")
    await upgrade(url)
    assert await schema_of(url) == whole


async def schema_of(url: str) -> list[str]:
    database = Database(url)
    try:
        async with database.reading() as session:
            rows = await session.execute(
                text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
            )
            return [row.sql for row in rows]
    finally:
        await database.close()


def _upgrade_now(url: str) -> None:
    asyncio.run(upgrade(url))


def test_two_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_upgrade_now, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert asyncio.run(current(url)) == migrations.head()
