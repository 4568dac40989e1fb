"""What the operator's pages say to do with PostgreSQL, done as written on a server of this test's own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

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


def run(cluster: Cluster, folder: Path, script: str) -> str:
    """Return what a block prints, with the cluster for its server: it trusts whoever reaches its socket."""
    script = _ADDRESS.sub(rf"postgresql://\1@/\2?host={cluster.folder}", script).replace(" --pwprompt", "")
    path = os.pathsep.join([str(required()), str(ROOT / "bin"), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")}
    env = {**kept, "PATH": path, "PGHOST": str(cluster.folder), "PGUSER": "golive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=folder,
        env={**env, "GOLIVE_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-2500:]}"
    return done.stdout


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
    backup = written("backup.md", "pg_dump").splitlines()
    run(postgresql, tmp_path, "\n".join(line for line in backup if "temporal" not in line))
    postgresql.run("DROP DATABASE golive")
    attachment.unlink()
    assert "The role golive_app may run" in run(postgresql, tmp_path, written("backup.md", "pg_restore"))
    assert "which this golive needs" in run(postgresql, tmp_path, version)
    assert attachment.read_text() == "evidence"
    assert "nothing was to be done" in run(postgresql, tmp_path, written("upgrade.md", "golive_app"))
