from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from db.session import Database, database_time
from db.tables import stream_heads
from db.tables import words as words_table


async def test_transaction_is_whole_or_nothing(database: Database) -> None:
    row = insert(stream_heads).values(stream="s", seq=0, hash="x")

    async def write_twice() -> None:
        async with database.transaction() as session:
            await session.execute(row)
            await session.execute(row)

    with pytest.raises(IntegrityError):
        await write_twice()
    async with database.reading() as session:
        assert (await session.execute(select(stream_heads))).all() == []


async def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    async with database.reading() as reader:
        assert (await reader.execute(select(stream_heads))).all() == []
        async with database.transaction() as writer:
            await writer.execute(insert(stream_heads).values(stream="s", seq=0, hash="x"))
        assert (await reader.execute(select(stream_heads))).all() == []
    async with database.reading() as reader:
        assert len((await reader.execute(select(stream_heads))).all()) == 1


async def test_writers_of_two_connections_wait_for_each_other(database: Database) -> None:
    other = Database(database.url)

    async def count(which: Database) -> None:
        async with which.transaction() as session:
            seq = await session.scalar(select(stream_heads.c.seq).with_for_update())
            await session.execute(stream_heads.update().values(seq=(seq or 0) + 1))

    async with database.transaction() as session:
        await session.execute(insert(stream_heads).values(stream="s", seq=0, hash="x"))
    await asyncio.gather(*(count(which) for which in (database, other) * 10))
    async with database.reading() as session:
        assert await session.scalar(select(stream_heads.c.seq)) == 20
    await other.close()


async def test_database_time_is_utc_and_now(database: Database) -> None:
    async with database.reading() as session:
        now = await database_time(session)
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=5)
    assert now.tzinfo is UTC


async def test_time_without_a_zone_is_refused(database: Database) -> None:
    row = {"digest": "d", "erased_at": datetime(2026, 1, 1)}  # noqa: DTZ001 - that is the mistake
    with pytest.raises(StatementError, match="no time zone"):
        async with database.transaction() as session:
            await session.execute(insert(words_table).values(row))
