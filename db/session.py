"""The database: one connection pool, one way to write, one way to read.

SQLite is the default, PostgreSQL comes by URL alone. On SQLite every writing transaction starts with
BEGIN IMMEDIATE, so that it never finds out half-way that another one was faster. On PostgreSQL a transaction that
reads before it writes locks what it read: a run by the head of its journal, all else by `db.administering`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Row, RowMapping, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Session = AsyncConnection
"""What every function of `db` takes: a connection inside a transaction. Nobody but `Database` commits."""

BUSY_SECONDS = 7.0
"""How long a writer waits for others of its process, then for those of other processes, before it gives up.

Temporal or the client then tries again; both waits together end before an activity's time is over.
"""

_BEGIN = "golive_begin"

_PATIENCE = {
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",
    "application_name": "golive",
    "options": f"-c lock_timeout={int(BUSY_SECONDS * 1000)} -c idle_in_transaction_session_timeout=60000",
}
"""libpq's parameters, where the URL does not name them: a database that is gone is noticed, locks are not for ever."""


class Database:
    """A database by its SQLAlchemy URL. It belongs to the event loop that first uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = engine_of(url)
        self._on_sqlite = self._engine.dialect.name == "sqlite"
        self._writing: AsyncEngine = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._reading: AsyncEngine = self._engine if self._on_sqlite else self._snapshots()
        self._turn = asyncio.Lock()

    @property
    def engine(self) -> Engine:
        """What traces of SQL listen to."""
        return self._engine.sync_engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Write: everything inside is committed at the end, or nothing of it when an exception leaves.

        Raises OperationalError when the database is away or stays busy for `BUSY_SECONDS`.
        """
        async with self._my_turn(), self._writing.begin() as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """Read one snapshot; what is written inside is rolled back."""
        async with self._reading.connect() as session, session.begin() as snapshot:
            yield session
            await snapshot.rollback()

    async def ping(self) -> None:
        """Raise OperationalError when the database does not answer."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """Queue this process's writers fairly: SQLite's own waiting is a poll that starves some."""
        if not self._on_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await self._turn.acquire()
        except TimeoutError as busy:
            raise OperationalError("BEGIN IMMEDIATE", None, busy) from busy
        try:
            yield
        finally:
            self._turn.release()

    def _snapshots(self) -> AsyncEngine:
        return self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


_ALWAYS: dict[str, Any] = {"json_serializer": _json, "hide_parameters": True}
"""What people write is among the parameters: errors, which are logged, tell the statement without them."""


def engine_of(url: str) -> AsyncEngine:
    """Return an engine with golive's settings; a SQLite file is made in a folder that is made too."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    patient = address.update_query_dict(_PATIENCE | dict(address.query))
    return create_async_engine(patient, pool_pre_ping=True, pool_timeout=BUSY_SECONDS, **_ALWAYS)


def _sqlite(address: URL) -> AsyncEngine:
    _make_private(address.database)
    engine = create_async_engine(address, **_ALWAYS)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_on_sqlite)
    return engine


def _make_private(file: str | None) -> None:
    """Make the folder of a new SQLite file, and the file, which only its owner may read."""
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # SQLite says itself what it cannot open
            Path(file).touch(mode=0o600)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late and is never IMMEDIATE: switch it off; `begin` below sends ours.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_on_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def insert_into(session: Session, table: Table) -> sqlite.Insert:
    """Return an INSERT that can say what happens on a conflict; both databases spell it alike."""
    if session.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)  # type: ignore[return-value]  # same methods, no common type


def fields_of(row: Row[*tuple[Any, ...]]) -> RowMapping:
    """Return a row's columns by name."""
    return row._mapping  # noqa: SLF001 - SQLAlchemy's public name: the underscore keeps it apart from columns


_CLOCKS = {
    "sqlite": text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
    "postgresql": text(
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    ),
}


async def database_time(session: Session) -> datetime:
    """Return the database's clock in UTC, to the millisecond."""
    written: str = (await session.execute(_CLOCKS[session.dialect.name])).scalar_one()
    return datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
