"""What only SQLite does: its pragmas, its one writer, its file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db import people
from db import session as session_module
from db.session import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "golive.db"


@pytest.fixture
async def database(migrated: Path, file: Path) -> AsyncIterator[Database]:
    file.write_bytes(migrated.read_bytes())
    database = Database(f"sqlite+aiosqlite:///{file}")
    yield database
    await database.close()


async def test_sqlite_is_set_up_to_lose_nothing(database: Database) -> None:
    async with database.transaction() as session:
        found = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


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


async def test_token_is_stored_by_its_digest_alone(file: Path, database: Database) -> None:
    async with database.transaction() as session:
        await people.create_user(session, name="ann", roles=[], functions=[])
        token = await people.issue_token(session, "ann", token="chosen-by-the-first-start")
    await database.close()
    assert token.token == "chosen-by-the-first-start"
    assert b"chosen-by-the-first-start" not in file.read_bytes()
