"""A backup that was made while people act is a golive that goes on where it was made."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from cli.language import ROOT
from db.operating import Undone, backup
from demo.acts import connection
from demo.people import Cast, Playing, administrator, invite
from tests.cli.processes import environment
from tests.cli.whole import up
from tests.several.test_several import RELEASE

ENOUGH = 25
"""Entries of the journal after which the backup is made: in the midst of it."""


@pytest.mark.e2e
@pytest.mark.proof
@pytest.mark.timeout(300)
async def test_a_backup_of_a_golive_at_work_goes_on_as_a_golive(tmp_path: Path) -> None:
    with up(environment(tmp_path / "home")) as whole:
        token = (tmp_path / "home" / "admin.token").read_text().strip()
        async with connection(whole.url) as http:
            cast = await invite(administrator(http, token), each=3)
            body = {"template": "saas-standard", "release": RELEASE, "people": cast.functions}
            run = await cast.manager.act("/runs", {**body, "parameters": {"pace": "demo"}})
            acting = asyncio.create_task(Playing(cast, run["id"]).to_the_end())
            while (await cast.manager.get(f"/runs/{run['id']}"))["seq"] < ENOUGH:
                await asyncio.sleep(0.1)
            done = await asyncio.to_thread(cli, whole.env, "db", "backup", str(tmp_path / "copy"))
            assert done.returncode == 0, done.stderr
            acting.cancel()
    with up(environment(tmp_path / "copy")) as restored:
        async with connection(restored.url) as http:
            run = await Playing(moved(cast, http), run["id"]).to_the_end(within=200)
            assert run["state"] == "completed"
            assert (await administrator(http, token).get("/audit/verify"))["ok"]
        found = cli(restored.env, "doctor")
        assert found.returncode == 0, found.stdout


def cli(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)


def moved(cast: Cast, http: httpx.AsyncClient) -> Cast:
    """Let the same people, with the same tokens, speak to another golive."""
    for person in (cast.manager, *cast.people.values()):
        person.http = http
    return cast


def test_a_folder_that_exists_is_not_written_to(migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    with pytest.raises(Undone, match="name a new folder"):
        backup(f"sqlite+aiosqlite:///{migrated}", tmp_path, tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


def test_only_its_owner_reads_a_backup(migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.keys").write_text("k")
    (tmp_path / "secret.keys").chmod(0o600)
    backup(f"sqlite+aiosqlite:///{migrated}", tmp_path, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "copy").iterdir()}
    assert modes == {".gitignore": 0o600, "golive.db": 0o600, "secret.keys": 0o600}


def test_git_leaves_a_backup_out_wherever_in_a_checkout_it_is(migrated: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git" / "info" / "exclude").write_text(f"/{migrated.name}\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret.keys").write_text("k")
    backup(f"sqlite+aiosqlite:///{migrated}", tmp_path / "home", tmp_path / "copy")
    shutil.rmtree(tmp_path / "home")
    status = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(status, check=True, capture_output=True, text=True).stdout == ""
    for documented in ("golive-backup/golive.dump", "before-upgrade/secret.keys"):
        subprocess.run(["git", "check-ignore", "-q", "--no-index", documented], cwd=ROOT, check=True)
