from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from cli.app import app
from cli.language import ROOT
from settings import Settings
from settings.secret_files import UnusableSecret


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOLIVE_SECRETS_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["golive_secret_keys", "GOLIVE_SECRET_KEYS"])
def test_a_setting_may_lie_in_a_file_of_its_name(folder: Path, name: str) -> None:
    (folder / name).write_text(f"{'new' * 11},{'old' * 11}\n")
    assert len(Settings().keys("command")) == 2
    assert "newnew" not in repr(Settings())


def test_any_setting_may_lie_in_a_file(folder: Path) -> None:
    (folder / "golive_database_url").write_text("postgresql://golive:pass@db/golive\n")
    (folder / "golive_port").write_text("9090")
    assert Settings().url == "postgresql+psycopg://golive:pass@db/golive"
    assert Settings().port == 9090


def test_the_environment_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "golive_port").write_text("9090")
    monkeypatch.setenv("GOLIVE_PORT", "9191")
    assert Settings().port == 9191


def test_without_the_setting_no_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOLIVE_SECRETS_DIR", raising=False)
    assert Settings().secrets_dir is None


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLIVE_SECRETS_DIR", str(tmp_path / "none"))
    with pytest.raises(ValidationError, match="secrets_dir"):
        Settings()
    done = CliRunner().invoke(app, ["db", "version"])
    assert done.exit_code == 1
    assert "GOLIVE_SECRETS_DIR" in done.stderr


def test_an_empty_file_is_not_taken_for_no_file(folder: Path) -> None:
    (folder / "golive_secret_keys").write_text("\n")
    with pytest.raises(UnusableSecret, match="golive_secret_keys cannot be read: it is empty"):
        Settings()


@pytest.mark.parametrize("module", ["api", "worker", "db"])
def test_a_process_says_in_a_line_what_is_wrong(folder: Path, module: str) -> None:
    (folder / "golive_port").write_text("many")
    words = ["version"] if module == "db" else []
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("GOLIVE_PORT: Input should be a valid integer")
    assert "Traceback" not in done.stderr
    assert "many" not in done.stderr


def test_what_is_no_file_is_refused(folder: Path) -> None:
    (folder / "golive_secret_keys").mkdir()
    with pytest.raises(UnusableSecret, match="golive_secret_keys"):
        Settings()


def test_the_command_line_says_so_too(folder: Path) -> None:
    (folder / "golive_database_url").write_bytes(b"\xff\xfe")
    done = CliRunner().invoke(app, ["db", "version"])
    assert done.exit_code == 1
    assert "golive_database_url cannot be read" in " ".join(done.stderr.split())


def test_the_command_line_says_so_in_the_readers_language(folder: Path) -> None:
    (folder / "golive_secret_keys").touch()
    done = subprocess.run(
        [sys.executable, "-m", "cli", "db", "version"],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "golive_secret_keys 无法读取：文件为空" in done.stderr.replace("\n", "")
