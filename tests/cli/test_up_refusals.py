"""What keeps `golive up` from starting is said in one sentence with its remedy, and never as a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from cli.language import ROOT
from tests.cli.processes import environment


def up(env: dict[str, str], python: str = sys.executable) -> str:
    """Run `golive up`, which must refuse, and return what it said."""
    done = subprocess.run(
        [python, "-m", "cli", "up"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("variable", "purpose"),
    [
        ("GOLIVE_PORT", "the API"),
        ("GOLIVE_TEMPORAL_PORT", "the Temporal server"),
        ("GOLIVE_TEMPORAL_UI_PORT", "the Temporal UI"),
    ],
)
def test_a_taken_port(tmp_path: Path, variable: str, purpose: str) -> None:
    env = environment(tmp_path / "home")
    with socket.create_server(("127.0.0.1", int(env[variable]))):
        said = up(env)
    assert f"Port {env[variable]} for {purpose} is taken" in said
    assert f"{variable}=" in said


def test_one_port_for_two(tmp_path: Path) -> None:
    env = environment(tmp_path)
    said = up(env | {"GOLIVE_TEMPORAL_PORT": env["GOLIVE_PORT"]})
    assert f"GOLIVE_PORT and GOLIVE_TEMPORAL_PORT both name port {env['GOLIVE_PORT']}" in said


def test_an_address_that_is_not_this_machine(tmp_path: Path) -> None:
    said = up(environment(tmp_path, GOLIVE_HOST="192.0.2.1"))
    assert "the API cannot listen on 192.0.2.1" in said
    assert "GOLIVE_HOST" in said


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_a_home_folder_that_cannot_be_made(tmp_path: Path, home: str) -> None:
    (tmp_path / "file").write_text("")
    said = up(environment(tmp_path / home))
    assert f"The home folder {tmp_path / home} cannot be written" in said
    assert "GOLIVE_HOME" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = up(environment(tmp_path))
    assert f"The home folder {tmp_path} cannot be written" in said


def test_a_read_only_home_folder() -> None:
    said = up(environment(Path("/proc/golive")))
    assert "The home folder /proc/golive cannot be written" in said


def test_no_temporal_binary(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    packages = f"{sysconfig.get_path('purelib')}{os.pathsep}{ROOT}"
    env = environment(tmp_path / "home", PATH="/usr/bin:/bin", PYTHONPATH=packages)
    said = up(env, str(python))
    assert f"The program `temporal` is neither in {python.parent} nor on PATH" in said
    assert "make up" in said


def test_a_setting_that_is_not_one(tmp_path: Path) -> None:
    said = up(environment(tmp_path, GOLIVE_PORT="eighty"))
    assert 'The environment variable GOLIVE_PORT: must be a whole number, not "eighty"' in said


def test_empty_secret_keys(tmp_path: Path) -> None:
    said = up(environment(tmp_path, GOLIVE_SECRET_KEYS=" , "))
    assert said == "GOLIVE_SECRET_KEYS holds commas but no key; write at least one, or remove it."


def test_a_secret_key_that_can_be_guessed(tmp_path: Path) -> None:
    said = up(environment(tmp_path, GOLIVE_SECRET_KEYS="secret"))
    assert said == (
        "The first key in GOLIVE_SECRET_KEYS has 6 characters, so it can be guessed; it signs and needs at least 32: "
        "make one with `openssl rand -hex 32` and write it in front, with a comma between."
    )


def test_a_mistyped_setting(tmp_path: Path) -> None:
    said = up(environment(tmp_path / "home", GOLIVE_PROT="9090", GOLIVE_SECRETS_DIR=str(tmp_path)))
    assert said == (
        "GOLIVE_PROT is no setting of golive; the nearest is GOLIVE_PORT: correct its name, or unset it."
    )
    (tmp_path / "golive_prot").write_text("9090")
    said = up(environment(tmp_path / "home", GOLIVE_SECRETS_DIR=str(tmp_path), LANGUAGE="zh_CN"))
    assert (
        said
        == f"文件 {tmp_path / 'golive_prot'} 的名称不是 golive 的设置；最接近的是 golive_port，请改名或删除。"
    )
    assert not (tmp_path / "home").exists()


def test_a_python_that_is_too_old() -> None:
    pretend = "import sys, runpy; sys.version_info = (3, 10, 4); runpy.run_module('cli', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("golive needs Python 3.11, 3.12 or 3.13")
    assert "make up PYTHON=" in done.stderr


def test_a_home_that_another_one_holds(tmp_path: Path) -> None:
    holder = (
        "import sys; from pathlib import Path; from cli.supervisor.lock import home_lock\n"
        "with home_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        said = up(environment(tmp_path))
        assert f"golive already runs in {tmp_path}, as process {other.pid}" in said
        other.communicate()
