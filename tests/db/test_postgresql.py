"""What only PostgreSQL does: time limits, roles, a server that goes away."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection

from db import operating, recording
from db import session as session_module
from db.__main__ import main
from db.journal import append_admin
from db.migrations import upgrade
from db.session import Database
from db.tables import stream_heads
from golive.findings import Finding
from settings import Settings
from tests.databases import Cluster
from tests.db.story import KEYS, RM, first


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_address_is_written_as_postgresqls_own_tools_write_it(scheme: str) -> None:
    settings = Settings(database_url=f"{scheme}://golive:secret@db.internal:5432/golive?sslmode=verify-full")
    assert settings.url == "postgresql+psycopg://golive:secret@db.internal:5432/golive?sslmode=verify-full"


async def test_a_lock_is_not_waited_for_for_ever(
    postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(session_module._PATIENCE, "options", "-c lock_timeout=50")
    database = Database(postgresql.fresh())
    async with database.transaction() as first_writer:
        await first_writer.execute(insert(stream_heads).values(stream="s", seq=0, hash="x"))
        with pytest.raises(OperationalError, match="lock timeout"):
            async with database.transaction() as second:
                await second.execute(insert(stream_heads).values(stream="s", seq=0, hash="x"))
    await database.close()


async def test_a_pool_that_is_used_up_says_so(postgresql: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "BUSY_SECONDS", 0.05)
    database = Database(postgresql.fresh())
    async with AsyncExitStack() as held:
        sessions = [await held.enter_async_context(database.transaction()) for _ in range(15)]
        assert not any(session.closed for session in sessions)
        with pytest.raises(NoConnection):
            await database.ping()
    await database.close()


async def test_what_the_address_asks_of_libpq_is_kept(postgresql: Cluster) -> None:
    database = Database(postgresql.fresh() + "&application_name=ours")
    async with database.reading() as session:
        assert await session.scalar(text("SHOW application_name")) == "ours"
        assert await session.scalar(text("SHOW lock_timeout")) == "7s"
    await database.close()


async def test_a_server_that_is_away_or_ends_sessions_is_noticed_and_found_again(postgresql: Cluster) -> None:
    away = Database("postgresql+psycopg://golive@127.0.0.1:1/golive")
    with pytest.raises(OperationalError):
        await away.ping()
    await away.close()
    database = Database(postgresql.fresh())
    await database.ping()
    postgresql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'test_%'")
    await database.ping()
    await database.close()


async def test_a_reader_cannot_write(postgresql: Cluster) -> None:
    database = Database(postgresql.fresh())
    with pytest.raises(InternalError, match="read-only"):
        async with database.reading() as session:
            await session.execute(insert(stream_heads).values(stream="s", seq=0, hash="x"))
    await database.close()


@pytest.fixture
async def as_golive(postgresql: Cluster) -> Database:
    """Return a database as a role sees it that may run golive, and no more."""
    url = postgresql.fresh()
    if not postgresql.run("SELECT 1 FROM pg_roles WHERE rolname = 'runs golive'"):
        postgresql.run('CREATE ROLE "runs golive" LOGIN')
    await operating.grant(url, "runs golive")
    return Database(url.replace("golive@", "runs%20golive@"))


async def test_golives_role_records_and_administers(as_golive: Database) -> None:
    async with as_golive.transaction() as session:
        await recording.record(session, first(), KEYS)
        await append_admin(session, RM, "UserAdded", "user:ann")
    async with as_golive.reading() as session:
        assert set(await session.scalars(select(stream_heads.c.stream))) == {"r1", "golive"}
    await as_golive.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET actor = 'x'",
        "DELETE FROM journal",
        "TRUNCATE journal",
        "ALTER TABLE journal DISABLE TRIGGER USER",
        "UPDATE alembic_version SET version_num = '0'",
        "DROP TABLE words",
    ],
)
async def test_golives_role_cannot_change_the_journal_nor_the_schema(
    as_golive: Database, statement: str
) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with as_golive.transaction() as session:
            await session.execute(text(statement))
    await as_golive.close()


async def test_a_role_that_does_not_exist_gets_nothing(postgresql: Cluster) -> None:
    with pytest.raises(ProgrammingError, match="does not exist"):
        await operating.grant(postgresql.fresh(), "nobody; DROP TABLE words")


@pytest.mark.parametrize("upgraded", [True, False])
def test_only_what_an_upgrade_would_mend_is_said_to_need_one(
    postgresql: Cluster, upgraded: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not postgresql.run("SELECT 1 FROM pg_roles WHERE rolname = 'some role'"):
        postgresql.run('CREATE ROLE "some role"')
    url = postgresql.fresh() if upgraded else postgresql.empty()
    monkeypatch.setenv("GOLIVE_DATABASE_URL", url.replace("+psycopg", ""))
    assert main(["grant", "nobody" if upgraded else "some role"]) == 1
    told = Finding.model_validate_json(capsys.readouterr().out)
    assert ("does not exist" in str(told.found), "golive db upgrade" in str(told.found)) == (
        True,
        not upgraded,
    )


async def test_a_database_of_another_schema_is_refused(postgresql: Cluster) -> None:
    url = postgresql.empty()
    with pytest.raises(operating.Undone, match="golive db upgrade"):
        await operating.require_schema(url)
    await upgrade(url)
    await operating.require_schema(url)
    database = Database(url)
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(operating.Undone, match="a newer one made it"):
        await operating.require_schema(url)


def test_pg_dump_backs_it_up(postgresql: Cluster, tmp_path: object) -> None:
    with pytest.raises(operating.Undone, match="pg_dump"):
        operating.backup(postgresql.fresh(), tmp_path, tmp_path)  # type: ignore[arg-type]  # never looked at
