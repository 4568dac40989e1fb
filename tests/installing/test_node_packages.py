"""npm is found, and never golive's own script; what pages load is whole at every moment, while it is made anew too."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.language import ROOT

TOOLS = ("sh", "cat", "cp", "dirname", "mkdir", "mv", "rm", "touch")
CI = """
case $1 in --version) exit 0 ;; esac
test -d ../node_modules/of-before
mkdir node_modules
cp package-lock.json node_modules/made-from
echo "$@" >node_modules/asked
"""
"""What `npm ci` does: it makes the folder, where it is called, from the lock there."""
BREAKS_OFF = CI + "exit 7\n"


class Checkout:
    """A folder with golive's own `bin` and a PATH on which there is that folder first, and little else."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.bin = shutil.copytree(ROOT / "bin", folder / "bin")
        self.tools = folder / "tools"
        self.tools.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found
            (self.tools / tool).symlink_to(found)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(ROOT / name, folder)
        (folder / "node_modules" / "of-before").mkdir(parents=True)

    def command(self, path: Path, script: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\nset -e\n{script}")
        path.chmod(0o755)

    def calls(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env={"PATH": os.pathsep.join([str(self.bin), str(self.tools)])},
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_no_program_of_golive_hides_one_of_the_machine_from_who_puts_the_folder_on_the_path() -> None:
    theirs = {"npm", "node", "npx", "python", "python3", "pip", "make"}
    assert not theirs & {program.name for program in (ROOT / "bin").iterdir()}


def test_npm_of_the_machine_is_run_with_golives_programs_first_on_the_path(checkout: Checkout) -> None:
    checkout.command(checkout.tools / "npm", 'echo "npm $*"')
    done = checkout.calls("run-npm", "ci", "--omit=dev")
    assert (done.returncode, done.stdout) == (0, "npm ci --omit=dev\n"), done.stderr


def test_where_the_machine_has_no_npm_it_is_installed_once(checkout: Checkout) -> None:
    npm = checkout.folder / ".venv" / "bin" / "npm"
    install = f'echo "$@" >>installed\ncat >{npm} <<END\n#!/bin/sh\necho its own npm "\\$@"\nEND\n'
    checkout.command(npm.with_name("python"), install)
    checkout.command(npm, "exit 1")
    for _ in range(2):
        done = checkout.calls("run-npm", "ci")
        assert (done.returncode, done.stdout) == (0, "its own npm ci\n"), done.stderr
    asked = (checkout.folder / "installed").read_text().splitlines()
    assert len(asked) == 1
    assert asked[0].endswith("requirements-node.lock")


def test_the_folder_is_made_beside_and_then_takes_its_place(checkout: Checkout) -> None:
    checkout.command(checkout.tools / "npm", CI)
    done = checkout.calls("make-node-modules", "--omit=dev")
    assert done.returncode == 0, done.stderr
    made = checkout.folder / "node_modules"
    assert (made / "asked").read_text() == "ci --omit=dev\n"
    assert (made / "made-from").read_bytes() == (ROOT / "package-lock.json").read_bytes()
    assert not (made / "of-before").exists()
    assert [each.name for each in checkout.folder.glob("node_modules*")] == ["node_modules"]


def test_an_installation_that_fails_leaves_what_was_there_and_the_next_one_succeeds(
    checkout: Checkout,
) -> None:
    checkout.command(checkout.tools / "npm", BREAKS_OFF)
    assert checkout.calls("make-node-modules").returncode == 7
    assert (checkout.folder / "node_modules" / "of-before").is_dir()
    checkout.command(checkout.tools / "npm", CI)
    assert checkout.calls("make-node-modules").returncode == 0
    assert (checkout.folder / "node_modules" / "asked").is_file()
