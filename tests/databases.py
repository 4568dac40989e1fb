"""Fresh databases, each as the migrations leave it: a copied SQLite file, or a database of a PostgreSQL cluster.

The cluster is this test process's own, on a socket in a folder of its own, by the installed PostgreSQL. That server
refuses to run as root; then it runs as the user `postgres`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import psycopg
import pytest

from settings import Settings

MISSING = "PostgreSQL is not installed here (no initdb and postgres on the PATH or in /usr/lib/postgresql)"


Kind = Literal["sqlite", "postgresql"]
Command = Sequence[str | Path]
BOTH: tuple[Kind, ...] = get_args(Kind)
ON_BOTH = pytest.mark.parametrize("kind", BOTH, indirect=True)
"""The mark of tests that run on both databases; those of tests/db do without."""


class Databases(Protocol):
    """Where tests get databases from; `empty` ones have no tables yet."""

    def fresh(self) -> str:
        """Return the URL of another migrated, empty database."""

    def empty(self) -> str:
        """Return the URL of a database in which nothing is."""


@dataclass(frozen=True)
class Files:
    """SQLite: each database is a copy of the file that was migrated once."""

    migrated: Path
    folder: Path
    number: Iterator[int] = field(default_factory=count)

    def fresh(self) -> str:
        copy = self.folder / f"golive-{next(self.number)}.db"
        shutil.copyfile(self.migrated, copy)
        return f"sqlite+aiosqlite:///{copy}"

    def empty(self) -> str:
        return f"sqlite+aiosqlite:///{self.folder / 'deep' / f'empty-{next(self.number)}.db'}"


@dataclass(frozen=True)
class Cluster:
    """PostgreSQL: each database is made from the one that was migrated once."""

    folder: Path
    number: Iterator[int] = field(default_factory=count)

    def address(self, name: str) -> str:
        """Return the address of a database, as an operator would write it."""
        return f"postgresql://golive@/{name}?host={self.folder}"

    def make(self, name: str, template: str = "template0") -> str:
        """Make a database and return the URL by which golive knows it."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return Settings(database_url=self.address(name)).url

    def copy(self, template: str) -> str:
        """Return the URL of another database that is as `template` is."""
        return self.make(f"test_{next(self.number)}", template)

    def fresh(self) -> str:
        return self.copy("migrated")

    def empty(self) -> str:
        return Settings(database_url=self.address(self.empty_name())).url

    def empty_name(self) -> str:
        """Return the name of a database in which nothing is."""
        self.make(name := f"empty_{next(self.number)}")
        return name

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        """Run a statement as the cluster's owner, outside a transaction; return the rows it gives."""
        with psycopg.connect(self.address(database), autocommit=True) as session:
            found = session.execute(statement)
            return list(found.fetchall()) if found.description else []


def binaries() -> Path | None:
    """Return the folder of the newest installed PostgreSQL server, None when there is none."""
    on_path = shutil.which("initdb")
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda found: int(found.parts[-3]), default=None)
    found = newest or (Path(on_path) if on_path else None)
    return found.parent if found else None


def required() -> Path:
    """Return where PostgreSQL is; skip the test where there is none, fail it in continuous integration."""
    found = binaries()
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{MISSING}, and continuous integration tests on both databases")
    if found is None:
        pytest.skip(f"{MISSING}; install it to test on both databases")
    return found


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a PostgreSQL server that lives as long as the block."""
    programs = required()
    who = runner()
    folder = Path(tempfile.mkdtemp(prefix="golive-postgresql-"))
    try:
        if who:
            shutil.chown(folder, who["user"], who["group"])
        with _serving(programs, folder, who):
            yield Cluster(folder)
    finally:
        shutil.rmtree(folder)


def runner() -> dict[str, Any]:
    """Return as whom the server runs: it refuses root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def _serving(programs: Path, folder: Path, who: dict[str, Any]) -> Iterator[None]:
    data, log = folder / "data", folder / "log"
    made: Command = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "golive",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "max_connections": "200",
        "timezone": "Asia/Shanghai",  # not UTC, so that a time that is read without its zone is noticed
    }
    told = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        command: Command = [programs / "postgres", "-D", data, *told]
        server = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, **who)
    try:
        ready: Command = [programs / "pg_isready", "-q", "-h", folder]
        while subprocess.run(ready, check=False).returncode != 0:
            assert server.poll() is None, log.read_text()
        yield
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, and without writing what nobody will read
        server.wait(30)
