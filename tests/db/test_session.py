from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from db import session as session_module
from db.session import Database, database_time
from db.tables import stream_heads
from db.tables import words as words_table


async def test_sqlite_is_set_up_to_lose_nothing(database: Database) -> None:
    async with database.transaction() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


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


async def test_writers_of_two_connections_wait_for_each_other(database: Database, file: Path) -> None:
    other = Database(f"sqlite+aiosqlite:///{file}")

    async def count(which: Database) -> None:
        async with which.transaction() as session:
            seq = await session.scalar(select(stream_heads.c.seq))
            await session.execute(stream_heads.update().values(seq=(seq or 0) + 1))

    async with database.transaction() as session:
        await session.execute(insert(stream_heads).values(stream="s", seq=0, hash="x"))
    await asyncio.gather(*(count(which) for which in (database, other) * 10))
    async with database.reading() as session:
        assert await session.scalar(select(stream_heads.c.seq)) == 20
    await other.close()


async def test_writer_that_never_gets_its_turn_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "BUSY_SECONDS", 0.01)
    async with database.transaction():
        with pytest.raises(OperationalError):
            async with database.transaction():
                pytest.fail("two writers at once")
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT 1")) == 1


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


async def test_ping_raises_when_the_database_is_away(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'taken'}")
    with pytest.raises(OperationalError):
        await away.ping()
    await away.close()


async def test_only_its_owner_reads_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'new' / 'golive.db'}")
    try:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE t (n INTEGER)"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "new").iterdir()}
    finally:
        await database.close()
    assert modes["golive.db"] == 0o600
    assert set(modes.values()) == {0o600}
