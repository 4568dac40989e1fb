"""Every command of the documentation, page by page, by a shell that stops at the first failure, on one golive."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.language import ROOT
from docs.generate import template_pages
from tests.cli.processes import environment
from tests.cli.whole import Whole, up
from tests.documents.reading import blocks, not_run, pages

pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(400), pytest.mark.xdist_group("up")]

UPGRADE = Path("docs", "en", "operator", "upgrade.md")
TEAM = "people.md"
"""The page that makes the people with whom the others play. Its tests come first."""


def with_commands() -> dict[str, list[str]]:
    """Return the blocks of each English page that has some: written by hand, and generated."""
    generated = {page.name: page.text for page in template_pages.pages("en")}
    texts = dict(pages(ROOT / "docs" / "en")) | generated
    return {name: found for name, text in sorted(texts.items()) if (found := blocks(text))}


PAGES = with_commands()
IN_ORDER = [TEAM, *(name for name in PAGES if name != TEAM)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Run one golive for all pages."""
    with up(environment(tmp_path_factory.mktemp("home"))) as whole:
        yield whole


@pytest.fixture(scope="module")
def team(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read the page of the team as its reader does; return the folder in which the tokens lie."""
    folder = tmp_path_factory.mktemp("team")
    run(PAGES[TEAM], folder, whole)
    return folder / "people"


def run(commands: list[str], folder: Path, whole: Whole) -> str:
    """Return what a page's blocks print, run in `folder` by one shell."""
    script = "\n".join(commands).replace("http://127.0.0.1:8080", whole.url)
    env = {
        **os.environ,
        **whole.env,
        "GOLIVE_URL": whole.url,
        "PATH": f"{ROOT / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-2500:]}"
    return done.stdout


SAID = {
    "release-manager.md": ["The run completed", "ended without having reached its users"],
    "approver.md": ["The run completed", "It is proved"],
    "assignee.md": ["name-watchers"],
    "concepts.md": ["The chain of the journal holds."],
    "operator/backup.md": [
        "is a whole copy",
        "which this golive needs.",
        "secret.keys",
        "temporal.db",
        "Nothing is missing",
        "The chain of the journal holds.",
    ],
    "operator/running.md": ['"state":"ok"'],
    "operator/upgrade.md": ["is a whole copy", "which this golive needs.", "The chain of the journal holds."],
    "template-author.md": [
        "1 passed, 0 failed",
        "Published “shop” version 1.",
        "“shop” is unchanged: version 1.",
        "Published “shop” version 2.",
        '-title: {en: "Shop go-live", zh: "商城上线"}',
    ],
    "templates/saas-standard.md": ["saas-standard"],
}
"""What some pages must have printed for their commands to have meant something."""


@pytest.mark.parametrize("name", [name for name in IN_ORDER if name != TEAM])
def test_the_commands_of_a_page_work_as_written(name: str, whole: Whole, team: Path, tmp_path: Path) -> None:
    shutil.copytree(team, tmp_path / "people")
    said = run(PAGES[name], tmp_path, whole)
    for words in SAID.get(name, []):
        assert words in said


def test_the_new_version_is_asked_before_the_upgrade_with_the_data_of_the_old_one(
    whole: Whole, tmp_path: Path
) -> None:
    """What is not run where it stands, with this version as the next one, and with what is installed here."""
    marked = [block for block, _ in not_run((ROOT / UPGRADE).read_text(encoding="utf-8"))]
    (look,) = (block for block in marked if "bin/golive doctor" in block)
    (after,) = (
        line for block in marked for line in block.splitlines() if line.startswith("git worktree rem")
    )
    here, next_ = tmp_path / "checkout", tmp_path / "golive-next"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, here], check=True)
    look = look.removeprefix(":class: not-run\n").replace("VERSION", "HEAD")
    installed = look.replace("make -C ../golive-next install", f"ln -s {ROOT / '.venv'} ../golive-next/.venv")
    assert installed != look
    said = run([installed], here, whole)
    assert "replayed with this golive" in said
    assert str(Path(whole.env["GOLIVE_HOME"]).absolute()) in said
    (next_ / ".venv").unlink()  # which git would not leave out: a link is no folder
    run([after], here, whole)
    assert not next_.exists()


def test_what_pages_must_print_is_asked_of_pages_that_are_there() -> None:
    assert SAID.keys() <= PAGES.keys()
    assert {"release-manager.md", "assignee.md", "approver.md", "people.md"} <= PAGES.keys()
