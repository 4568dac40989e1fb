"""A name that only looks like a setting is refused, in the environment and among the secret files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from cli.language import ROOT
from settings import Settings
from settings.names import SetByKubernetes, UnknownSettings


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


def test_every_setting_that_the_readme_lists_is_one(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    listed = re.findall(r"^\| `(GOLIVE_\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {"GOLIVE_HOME", "GOLIVE_SECRETS_DIR", "GOLIVE_CONTINUE_AFTER"} <= set(listed)
    settings = Settings()
    for name in listed:
        monkeypatch.setenv(name, "x")
        (folder / name.lower()).write_text("x")
    settings.check()


@pytest.mark.parametrize(
    "name",
    ["golive_url", "GOLIVE_TOKEN", "golive_owner_database_url", "GOLIVE_OWNER_PASSWORD", "golive_password"],
)
def test_what_is_for_others_may_be_a_variable_as_well_as_a_file(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str
) -> None:
    monkeypatch.setenv(name, "for somebody else")
    (folder / name).write_text("for somebody else")
    Settings().check()


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("GOLIVE_PORT", "golive"),
        ("GOLIVE_TEMPORAL_PORT", "golive-temporal"),
        ("GOLIVE_TEMPORAL_UI_PORT", "golive-temporal-ui"),
        ("GOLIVE_API_PROMETHEUS_PORT", "golive-api-prometheus"),
        ("GOLIVE_WORKER_PROMETHEUS_PORT", "golive-worker-prometheus"),
    ],
)
@pytest.mark.parametrize("kind", ["tcp", "udp", "sctp"])
def test_a_port_that_kubernetes_has_set_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, service: str, kind: str
) -> None:
    monkeypatch.setenv(name, f"{kind}://10.0.0.1:8080")
    with pytest.raises(SetByKubernetes) as refused:
        Settings()
    assert str(refused.value) == (
        f"{name} is no port but the address of a Service: Kubernetes has set it because there is one named "
        f"“{service}”. Set enableServiceLinks: false in the specification of the pod, or rename the Service."
    )


def test_the_command_line_tells_what_kubernetes_has_set_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLIVE_PORT", "tcp://10.0.0.1:8080")
    done = CliRunner().invoke(app, ["db", "version"])
    assert (done.exit_code, "enableServiceLinks: false" in " ".join(done.stderr.split())) == (1, True)


def test_the_folder_that_make_secrets_makes_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    subprocess.run([ROOT / "bin" / "make-secrets", secrets], check=True, capture_output=True)
    monkeypatch.setenv("GOLIVE_SECRETS_DIR", str(secrets))
    Settings().check()


@pytest.mark.parametrize(
    ("module", "name", "value", "told"),
    [
        ("api", "GOLIVE_PROT", "9090", "GOLIVE_PROT is no setting of golive; the nearest is GOLIVE_PORT"),
        ("worker", "GOLIVE_SECRET_KEYS", "secret", "The first key in GOLIVE_SECRET_KEYS has 6 characters"),
        ("db", "GOLIVE_PORT", "tcp://10.0.0.1:8080", "GOLIVE_PORT is no port but the address of a Service"),
    ],
)
def test_a_process_refuses_to_start(tmp_path: Path, module: str, name: str, value: str, told: str) -> None:
    assert started(module, tmp_path, **{name: value}).startswith(told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["worker", "db"])
def test_a_process_refuses_to_start_with_a_kept_key_that_can_be_guessed(tmp_path: Path, module: str) -> None:
    (tmp_path / "secret.keys").write_text("short")
    assert started(module, tmp_path).startswith(
        f"The first key in {tmp_path / 'secret.keys'} has 5 characters"
    )
    assert [each.name for each in tmp_path.iterdir()] == ["secret.keys"]


def started(module: str, home: Path, **env: str) -> str:
    """Start a process, which must refuse, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", module, *(["version"] if module == "db" else [])],
        cwd=ROOT,
        env={**os.environ, "GOLIVE_HOME": str(home), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr
