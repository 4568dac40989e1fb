"""What the operator's pages say to do with PostgreSQL, done as written on a server of this test's own."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from cli.language import ROOT
from tests.databases import Cluster, required
from tests.documents.reading import not_run

PAGES = ROOT / "docs" / "en" / "operator"
_ADDRESS = re.compile(r"postgresql://(\w+):PASSWORD@db\.example\.com/(\w+)")


def written(page: str, line: str) -> str:
    """Return the block that is not run where it stands and has this line."""
    blocks = [block for block, _ in not_run((PAGES / page).read_text(encoding="utf-8"))]
    (found,) = (block for block in blocks if line in block)
    return found.removeprefix(":class: not-run\n")


def run(cluster: Cluster, folder: Path, script: str, home: str | None = "home") -> str:
    """Return what a block prints, with the cluster for its server: it trusts whoever reaches its socket.

    `home` is what GOLIVE_HOME says there; None leaves it unset.
    """
    script = _ADDRESS.sub(rf"postgresql://\1@/\2?host={cluster.folder}", script).replace(" --pwprompt", "")
    path = os.pathsep.join([str(required()), str(ROOT / "bin"), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")}
    env = {**kept, "PATH": path, "PGHOST": str(cluster.folder), "PGUSER": "golive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=folder,
        env=env | ({"GOLIVE_HOME": home} if home else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-2500:]}"
    return done.stdout


TEMPORAL = ("temporal", "temporal_visibility")


@contextmanager
def temporal_in(cluster: Cluster) -> Iterator[None]:
    """Let the databases of a Temporal server stand in the cluster, with what its schema asks of PostgreSQL."""
    cluster.run("CREATE ROLE temporal LOGIN")
    for name in TEMPORAL:
        cluster.run(f"CREATE DATABASE {name} OWNER temporal TEMPLATE template0")
        with psycopg.connect(cluster.address(name).replace("golive@", "temporal@")) as session:
            session.execute("CREATE EXTENSION btree_gin")  # as Temporal's schema of visibility does
            session.execute("CREATE TABLE executions (run_id text PRIMARY KEY, found jsonb)")
            session.execute("CREATE INDEX ON executions USING gin (run_id, found)")
            session.execute("INSERT INTO executions VALUES ('kept', '{}')")
    yield
    for name in TEMPORAL:
        cluster.run(f"DROP DATABASE {name}")
    cluster.run("DROP ROLE temporal")


def owned(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    """Return each run in one of those databases, with the role that its table belongs to."""
    asked = "SELECT run_id, tableowner FROM executions, pg_tables WHERE tablename = 'executions'"
    return cluster.run(asked, name)


@pytest.mark.proof
def test_a_database_is_made_granted_backed_up_restored_and_upgraded(
    postgresql: Cluster, tmp_path: Path
) -> None:
    run(postgresql, tmp_path, written("postgresql.md", "createuser"))
    said = run(postgresql, tmp_path, written("postgresql.md", "golive db grant"))
    assert "it had 0." in said
    assert "The role golive_app may run golive now" in said
    version = written("postgresql.md", "golive db version").replace("make up\n", "")
    assert "which this golive needs" in run(postgresql, tmp_path, version)
    attachment = tmp_path / "home" / "attachments" / "a"
    attachment.parent.mkdir(parents=True)
    attachment.write_text("evidence")
    with temporal_in(postgresql):
        run(postgresql, tmp_path, written("backup.md", "golive-backup/temporal.dump postgresql"))
        for name in ("golive", *TEMPORAL):
            postgresql.run(f"DROP DATABASE {name}")
        attachment.unlink()
        golive = written("backup.md", "golive-backup/golive.dump\ntar -xzf")
        assert "The role golive_app may run" in run(postgresql, tmp_path, golive)
        run(postgresql, tmp_path, written("backup.md", "createdb --owner=temporal"))
        assert [owned(postgresql, name) for name in TEMPORAL] == [[("kept", "temporal")]] * 2
    assert "which this golive needs" in run(postgresql, tmp_path, version)
    assert attachment.read_text() == "evidence"
    assert "nothing was to be done" in run(postgresql, tmp_path, written("upgrade.md", "golive_app"))


@pytest.mark.parametrize("set_to", [None, ".", "elsewhere"])
def test_an_embedded_temporal_beside_postgresql_is_backed_up_while_it_runs_and_restored(
    postgresql: Cluster, tmp_path: Path, set_to: str | None
) -> None:
    """Without GOLIVE_HOME as well, and where the data folder is the one in which the backup is made."""
    owner = "golive_owner:PASSWORD@db.example.com/golive"
    own = f"golive:PASSWORD@db.example.com/{postgresql.empty_name()}"
    backup = written("backup.md", "python3 -").replace(owner, own)
    home = tmp_path / (set_to or ".golive")
    (home / "logs").mkdir(parents=True)
    (home / "secret.keys").write_text("key")
    with closing(sqlite3.connect(home / "temporal.db", isolation_level=None)) as server:
        server.execute("PRAGMA journal_mode=WAL")
        server.execute("CREATE TABLE history (event text)")
        server.execute("INSERT INTO history VALUES ('before')")
        run(postgresql, tmp_path, backup, set_to)
        server.execute("INSERT INTO history VALUES ('after')")
    kept = tmp_path / "golive-backup"
    assert (kept / "temporal.db").stat().st_mode & 0o077 == 0, "what was backed up is its owner's alone"
    files = run(postgresql, tmp_path, "tar -tzf golive-backup/golive-home.tar.gz", set_to)
    assert ("./secret.keys" in files, "temporal" in files, "logs" in files) == (True, False, False)
    assert "golive-backup" not in files
    before = {file: file.read_bytes() for file in kept.iterdir()}
    with pytest.raises(AssertionError, match="File exists"):
        run(postgresql, tmp_path, backup, set_to)
    assert {file: file.read_bytes() for file in kept.iterdir()} == before, "a backup is never written over"
    for name in ("temporal.db", "temporal.db-wal"):
        (home / name).write_bytes(b"broken")
    run(postgresql, tmp_path, written("backup.md", "cp golive-backup/temporal.db"), set_to)
    assert not (home / "temporal.db-wal").exists()
    with closing(sqlite3.connect(home / "temporal.db")) as restored:
        assert restored.execute("SELECT event FROM history").fetchall() == [("before",)]
    (home / "temporal.db").unlink()
    shutil.rmtree(kept)
    with pytest.raises(AssertionError, match="FileNotFoundError"):
        run(postgresql, tmp_path, backup, set_to)
