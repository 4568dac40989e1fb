from __future__ import annotations

import asyncio
import multiprocessing
import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text

from db import migrations
from db.errors import GivenUp
from db.looks import keep_look
from db.migrations import current, downgrade, head, upgrade
from db.people import create_user
from db.reconciling import mark_lost
from db.session import Database
from db.subjects import get_subject
from db.tables import metadata
from golive.recording import Batch
from tests.databases import Databases
from tests.db.story import approval_change, event, first, record, run_change

_WORDS = re.compile(r"'\w+'|\b\d+\b|\b(?:IS NOT NULL|IS NULL)\b")


async def test_tables_and_migrations_agree(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    async with database.reading() as session:
        assert await session.run_sync(differences) == []


async def test_every_check_of_the_tables_is_in_the_migrated_database(database: Database) -> None:
    """Alembic does not compare CHECK constraints, so they are compared here: by name and words, in order.

    PostgreSQL writes a condition anew, `x IN (...)` as `x = ANY (ARRAY[...])`, so the words are what is quoted or
    numbers.
    """

    def stored(connection: Connection) -> dict[str, list[str]]:
        found = inspect(connection)
        return {
            str(check["name"]): _WORDS.findall(check["sqltext"])
            for table in metadata.tables
            for check in found.get_check_constraints(table)
        }

    stated = {
        str(check.name): _WORDS.findall(str(check.sqltext))
        for table in metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    async with database.reading() as session:
        assert await session.run_sync(stored) == stated


async def test_up_down_up(databases: Databases) -> None:
    url = databases.empty()
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


async def test_each_single_step_down_and_up(databases: Databases) -> None:
    url = databases.empty()
    await upgrade(url)
    whole = await schema_of(url)
    for revision in range(int(head()) - 1, 0, -1):
        await downgrade(url, f"{revision:04}")
    await upgrade(url)
    assert await schema_of(url) == whole


async def test_runs_that_were_lost_before_that_was_kept_stay_ended(databases: Databases) -> None:
    database = Database(url := databases.fresh())
    for run_id in ("r1", "r2"):
        await record(database, first(run_id))
    async with database.transaction() as session:
        assert await mark_lost(session, "r1", "terminated")
    await downgrade(url, "0008")
    await upgrade(url)
    with pytest.raises(GivenUp):
        await record(database, Batch(run_id="r1", events=(event(2),), run=run_change()))
    await record(database, Batch(run_id="r2", events=(event(2),), run=run_change()))
    await database.close()


async def test_subjects_that_were_seen_before_they_were_kept_are_still_known(databases: Databases) -> None:
    """The present one, and the one that two people had seen before it."""
    database = Database(url := databases.fresh())
    first_, second = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
    asked = (approval_change(digest=first_, subject={"n": 1}),)
    await record(database, first(run=run_change(), approvals=asked))
    async with database.transaction() as session:
        for name in ("ann", "bo"):
            user = await create_user(session, name=name, roles=["viewer"], functions=[])
            assert await keep_look(session, user.id, "r1.uat.go", first_)
    again = (approval_change(digest=second, subject={"n": 2}),)
    await record(database, Batch(run_id="r1", events=(event(2),), run=run_change(), approvals=again))
    await downgrade(url, "0012")
    await upgrade(url)
    async with database.reading() as session:
        found = [await get_subject(session, "r1.uat.go", digest) for digest in (first_, second)]
    assert found == [{"n": 1}, {"n": 2}]
    await database.close()


_SQLITE = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
_POSTGRESQL = """
SELECT format('%s.%s %s %s', table_name, column_name, data_type, is_nullable) FROM information_schema.columns
WHERE table_schema = 'public'
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1
"""
"""Every column, index, constraint, trigger and function, in words."""


async def schema_of(url: str) -> list[str]:
    database = Database(url)
    try:
        async with database.reading() as session:
            asked = _SQLITE if session.dialect.name == "sqlite" else _POSTGRESQL
            return list(await session.scalars(text(asked)))
    finally:
        await database.close()


def _upgrade_now(url: str) -> None:
    asyncio.run(upgrade(url))


def test_two_processes_may_upgrade_at_once(databases: Databases) -> None:
    url = databases.empty()
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_upgrade_now, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert asyncio.run(current(url)) == migrations.head()
