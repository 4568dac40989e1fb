"""What an operator does with the database itself: bring its schema up to date, grant a role, back it up."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from db import migrations
from db.session import BUSY_SECONDS, Database, Session
from golive.words import N_, Sentence, say


class Undone(Exception):
    """What an operator asked for cannot be done, or golive cannot start; `sentence` says why and what to do."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


async def require_schema(url: str) -> None:
    """Raise Undone unless the database has the schema of this golive; nothing is changed."""
    found, needed = await migrations.current(url), migrations.head()
    if found == needed:
        return
    if found is None or migrations.knows(found):
        sentence = N_(
            "The database is at schema {found} and this golive needs {needed}; run `golive db upgrade` "
            "with a role that may change the schema, then start again."
        )
    else:
        sentence = N_(
            "The database is at schema {found}, which this golive does not know: a newer one made it. Start that one, "
            "or restore a backup."
        )
    raise Undone(say(sentence, found=found or "0", needed=needed))


async def grant(url: str, role: str) -> None:
    """Let a role of PostgreSQL run golive, and no more: it adds to the journal and never changes it.

    Raises Undone on SQLite, which has none.
    """
    database = Database(url)
    try:
        async with database.transaction() as session:
            if session.dialect.name != "postgresql":
                raise Undone(say(N_("SQLite has no roles; who may read its file may change it.")))
            await _grant(session, session.dialect.identifier_preparer.quote(role))
    finally:
        await database.close()


async def _grant(session: Session, role: str) -> None:
    schema = session.dialect.identifier_preparer.quote(await session.scalar(text("SELECT current_schema()")))
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON journal FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON {migrations.TABLE} FROM {role}",
    ):
        await session.execute(text(statement))


def backup(url: str, home: Path, folder: Path) -> None:
    """Copy a golive on SQLite, running or not, to a new folder that is a home folder itself.

    While nothing can be recorded, Temporal's file is copied, then golive's: so whatever the one has recorded, the
    other knows. Attachments, which never change, come last. Acts wait meanwhile. Raises Undone,
    OSError, sqlite3.Error.
    """
    file = make_url(url).database
    if make_url(url).get_backend_name() != "sqlite" or not file:
        sentence = N_("This database is PostgreSQL's: back it up with pg_dump, as the operator's guide says.")
        raise Undone(say(sentence))
    if folder.exists():
        sentence = N_("{folder} exists already; name a new folder for the backup.")
        raise Undone(say(sentence, folder=str(folder)))
    if not Path(file).is_file():
        raise Undone(
            say(N_("There is no database at {file}; set GOLIVE_HOME to the data folder."), file=file)
        )
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir(mode=0o700, parents=True)
    try:
        with _nothing_is_written(file):
            if (home / "temporal.db").exists():
                _copy(home / "temporal.db", draft / "temporal.db")
            _copy(Path(file), draft / "golive.db")
            _copy_folder(home, draft, "traffic")
        _copy_files(home, draft)
        (draft / ".gitignore").write_text(
            "*\n"
        )  # it holds secrets, and stands in a checkout more often than not
        (draft / ".gitignore").chmod(0o600)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _nothing_is_written(file: str) -> Iterator[None]:
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def _copy(source: Path, file: Path) -> None:
    """Copy a database in one step, so that the copy is of one moment."""
    file.touch(mode=0o600)
    with closing(sqlite3.connect(source)) as found, closing(sqlite3.connect(file)) as copy:
        found.backup(copy)


def _copy_files(home: Path, folder: Path) -> None:
    for name in ("secret.keys", "admin.token"):
        if (home / name).exists():
            shutil.copy2(home / name, folder / name)  # with its mode: only its owner reads it
    _copy_folder(home, folder, "attachments")


def _copy_folder(home: Path, folder: Path, name: str) -> None:
    if (home / name).is_dir():
        # What begins with a dot is not whole yet.
        shutil.copytree(home / name, folder / name, ignore=shutil.ignore_patterns(".*"))
