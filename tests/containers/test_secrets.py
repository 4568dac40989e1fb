from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from cli.language import ROOT
from settings import Settings
from tests.containers.written import compose
from tests.databases import Command

PROGRAM = ROOT / "bin" / "make-secrets"


def made(folder: Path) -> dict[str, str]:
    subprocess.run([PROGRAM, folder], check=True, capture_output=True)
    return {file.name: file.read_text().strip() for file in folder.iterdir()}


def test_there_is_one_for_each_that_compose_names_and_no_two_are_alike(tmp_path: Path) -> None:
    found = made(tmp_path / "secrets")
    assert set(found) == set(compose()["secrets"])
    drawn = [value for name, value in found.items() if not name.endswith("_url")]
    assert len(set(drawn)) == len(drawn) == 5
    assert all(len(value) == 64 for value in drawn)


def test_a_second_call_changes_nothing_and_makes_what_was_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = made(folder)
    assert made(folder) == first
    (folder / "golive_secret_keys").unlink()
    second = made(folder)
    assert second.pop("golive_secret_keys") != first.pop("golive_secret_keys")
    assert second == first


def test_an_address_holds_the_password_of_its_role(tmp_path: Path) -> None:
    found = made(tmp_path / "secrets")
    for role in ("golive", "golive_owner"):
        expected = f"postgresql://{role}:{found[f'{role}_password']}@postgresql:5432/golive"
        assert found[f"{role}_database_url"] == expected
    assert Settings(database_url=found["golive_database_url"]).url.startswith("postgresql+psycopg://golive:")


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    made(folder)
    (folder / "golive_password").unlink()
    (folder / "golive_password").touch()
    done = subprocess.run([PROGRAM, folder], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{folder}/golive_password is empty; delete it" in done.stderr


def test_only_the_owner_of_the_folder_reaches_them_and_any_process_reads_a_file_that_is_handed_in(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "secrets"
    made(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try to read them as another user")
def test_another_user_does_not_get_at_them() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders would keep them out anyway
        folder = Path(name)
        folder.chmod(0o755)
        made(folder / "secrets")
        (folder / "open").write_text("let in")
        read: Command = ["cat", folder / "open", folder / "secrets" / "golive_secret_keys"]
        done = subprocess.run(
            read, user=65532, group=65532, extra_groups=[], capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stdout == "let in"
    assert "Permission denied" in done.stderr


def test_git_does_not_take_them() -> None:
    done = subprocess.run(["git", "check-ignore", "-q", "secrets/golive_secret_keys"], cwd=ROOT, check=False)
    assert done.returncode == 0
