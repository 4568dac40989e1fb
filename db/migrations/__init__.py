"""The schema's history, by Alembic. It builds every database, those of the tests included.

Make a new version with `python -m db.migrations "what it changes"` and read what it wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from db.session import Database, Session

TABLE = "alembic_version"
"""Where a database keeps which revision it has."""

_ADVISORY_LOCK = 0x601_1FE
"""Any number that nobody else locks on: on PostgreSQL it keeps two upgrades from meeting."""


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database up to `revision`, in one transaction. Several callers at once wait for each other.

    Raises OperationalError when the database cannot be reached, CommandError for an unknown revision.
    """
    await _migrate(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision`; `base` removes every table of golive with all that is in it."""
    await _migrate(url, lambda config: command.downgrade(config, revision))


async def current(url: str) -> str | None:
    """Return the revision that the database has, None when golive never built it. Makes no file."""
    if _is_new_file(url):
        return None
    database = Database(url)
    try:
        async with database.reading() as session:
            return await session.run_sync(
                lambda found: MigrationContext.configure(found).get_current_revision()
            )
    finally:
        await database.close()


def head() -> str:
    """Return the newest revision that this checkout knows."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    if newest is None:
        raise LookupError("db/migrations/versions holds no migration; the checkout is incomplete")
    return newest


def _is_new_file(url: str) -> bool:
    address = make_url(url)
    return address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file()


def knows(revision: str) -> bool:
    """Tell whether this checkout has that revision."""
    return revision in {
        each.revision for each in ScriptDirectory.from_config(configuration()).walk_revisions()
    }


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, made here so that no file has to be found."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


async def _migrate(url: str, act: Callable[[Config], object]) -> None:
    database = Database(url)
    try:
        async with database.transaction() as session:
            await _one_at_a_time(session)
            await session.run_sync(lambda connection: act(configuration(connection)))
    finally:
        await database.close()


async def _one_at_a_time(session: Session) -> None:
    # SQLite's BEGIN IMMEDIATE already keeps others out.
    if session.dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
