from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from cli.language import ROOT
from tests.containers.written import DOCKERFILE, dockerfile, every, image_environment, last

FINAL = dockerfile()[-1].stage


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_stages_are_of_one_pinned_python_that_golive_runs_on() -> None:
    images = {each.rest.split()[0] for each in every("FROM")}
    assert len(images) == 1
    found = re.fullmatch(r"python:(3\.1[1-3])-slim-\w+", images.pop())
    assert found, "pin the minor version of Python"
    assert (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"] == ">=3.11,<3.14"
    )


def test_everything_is_installed_by_its_hash_from_wherever_pip_is_told() -> None:
    python, node = every("RUN", 0)[:2]
    for run, lock in ((python, "requirements.lock"), (node, "requirements-node.lock")):
        assert "--require-hashes" in run.rest
        assert f"-r /build/{lock}" in run.rest
    assert "npm ci --omit=dev" in every("RUN", 0)[2].rest
    assert not any("://" in run.rest for run in every("RUN", 0))


def test_every_folder_that_runs_is_copied_and_nothing_else() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    code = set(contracts["root_packages"]) - {"bench", "demo", "docs", "tests"}
    copied = {each.rest.split()[0] for each in every("COPY", 0)}
    locks = {"requirements.lock", "requirements-node.lock", ".npmrc", "package.json", "package-lock.json"}
    assert copied == code | locks | {"LICENSE", "checklists", "locale", "templates"}
    assert all((ROOT / name).exists() for name in copied)
    assert all(each.rest.startswith("--from=build ") for each in every("COPY", FINAL))


def test_the_builder_is_sent_only_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text().split("\n")
    assert "*" in lines
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert let_in == {each.rest.split()[0] for each in every("COPY", 0)}
    assert not every("ADD")


def test_it_runs_as_nobody_in_particular_and_ends_when_told() -> None:
    assert last("USER").rest == "65532:65532"
    assert last("STOPSIGNAL").rest == "SIGTERM"
    assert last("CMD").exec_form == ["python", "-m", "api"]
    assert last("HEALTHCHECK").exec_form == ["python", "-m", "api.alive"]
    assert {"title", "licenses", "version", "revision"} <= set(
        re.findall(r"org\.opencontainers\.image\.(\w+)=", last("LABEL").rest)
    )


def test_no_secret_and_no_warehouse_of_bytecode_is_in_it() -> None:
    assert image_environment()["PYTHONDONTWRITEBYTECODE"] == "1"
    assert not re.search(r"SECRET|PASSWORD|TOKEN", DOCKERFILE.read_text())
