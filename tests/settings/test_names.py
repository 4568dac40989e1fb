"""A name that only looks like a setting is refused, in the environment and among the secret files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.language import ROOT
from settings import Settings
from settings.names import UnknownSettings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOLIVE_SECRETS_DIR", str(tmp_path))
    return tmp_path


def refused() -> str:
    with pytest.raises(UnknownSettings) as unknown:
        Settings().check()
    return str(unknown.value)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GOLIVE_PROT", "the nearest is GOLIVE_PORT"),
        ("golive_prot", "the nearest is GOLIVE_PORT"),
        ("GOLIVE_DATABSE_URL", "the nearest is GOLIVE_DATABASE_URL"),
        ("GOLIVE_TEMPORL_PORT", "the nearest is GOLIVE_TEMPORAL_PORT"),
        ("GOLIVE_TOKENS", "the nearest is GOLIVE_TOKEN"),
        ("GOLIVE_XYZZY", "README.md lists those there are"),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "9090")
    assert refused() == f"{name} is no setting of golive; {nearest}: correct its name, or unset it."


def test_every_one_is_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("GOLIVE_PROT", "9090")
    (folder / "golive_secret_key").write_text("k" * 32)
    variable, file = refused().splitlines()
    assert variable.startswith("GOLIVE_PROT is no setting of golive; the nearest is GOLIVE_PORT")
    assert file == (
        f"The file {folder / 'golive_secret_key'} is named like no setting of golive; the nearest is "
        "golive_secret_keys: rename or remove it."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOLIVE_URL", "http://127.0.0.1:8080"),
        ("GOLIVE_TOKEN", "t"),
        ("golive_port", "8080"),
        ("_GOLIVE_COMPLETE", "complete_bash"),
        ("GOLIVE_API_SERVICE_HOST", "10.0.0.1"),
        ("GOLIVE_API_SERVICE_PORT_HTTP", "8080"),
        ("GOLIVE_API_PORT", "tcp://10.0.0.1:8080"),
        ("GOLIVE_API_PORT_8080_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_others_set_is_let_be(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    Settings().check()


def test_every_setting_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(f"GOLIVE_{name.upper()}", "x")
    settings.check()


def test_the_folder_that_make_secrets_makes_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    subprocess.run([ROOT / "bin" / "make-secrets", secrets], check=True, capture_output=True)
    monkeypatch.setenv("GOLIVE_SECRETS_DIR", str(secrets))
    Settings().check()


@pytest.mark.parametrize("module", ["api", "worker", "db"])
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GOLIVE_PROT", "9090", "GOLIVE_PROT is no setting of golive; the nearest is GOLIVE_PORT"),
        ("GOLIVE_SECRET_KEYS", "secret", "GOLIVE_SECRET_KEYS holds a key of 6 characters"),
    ],
)
def test_a_process_refuses_to_start(tmp_path: Path, module: str, name: str, value: str, told: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *(["version"] if module == "db" else [])],
        cwd=ROOT,
        env={**os.environ, "GOLIVE_HOME": str(tmp_path), name: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.startswith(told)) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
