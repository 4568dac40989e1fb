"""What the READMEs promise: the same commands in both, true settings, links that lead somewhere, and it works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.language import ROOT
from settings import Settings
from tests.cli.processes import environment
from tests.cli.profile import both_sign
from tests.cli.terminal import at_a_terminal
from tests.cli.whole import up
from tests.documents.reading import blocks, without_comments

ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
DOCUMENTS = [ENGLISH, CHINESE, *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
"""Those that are read as they are. Sphinx looks after the links of the others, see test_site.py."""
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def commands(document: Path) -> list[str]:
    return blocks(document.read_text(encoding="utf-8"))


def test_both_readmes_give_the_same_commands() -> None:
    assert len(commands(ENGLISH)) > 5
    english, chinese = ([without_comments(block) for block in commands(each)] for each in (ENGLISH, CHINESE))
    assert english == chinese


@pytest.mark.parametrize("document", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_every_setting_is_told_with_its_default(document: Path) -> None:
    told = dict(
        re.findall(r"^\| `(GOLIVE_\w+)` \| (.*?) \|", document.read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(told) == {f"GOLIVE_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int | Path):
            assert told[f"GOLIVE_{name.upper()}"] == f"`{str(field.default).lower()}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(document.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_decision_records_are_numbered_and_one_screen_long() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [record.name[:5] for record in records] == [f"{n:04}-" for n in range(1, len(records) + 1)]
    assert all(len(record.read_text(encoding="utf-8").splitlines()) <= 45 for record in records)


ANSWERS = {
    "pass, fail or na [pass]:": [""],
    "Your answer:": ["none"],
    "A link, https://...:": ["https://example.com/duty"],
}
"""What a newcomer answers, by what is asked."""


@pytest.mark.proof
@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.xdist_group("up")
def test_three_commands_lead_from_nothing_to_a_signed_and_verified_decision(tmp_path: Path) -> None:
    """The three as they stand there: in this checkout, at a terminal, and signed in two browser profiles."""
    (block,) = (block for block in commands(ENGLISH) if "sign-off LICENSE" in block)
    start, ask, verify = (shlex.split(line) for line in block.splitlines())
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "golive").symlink_to(ROOT / "bin" / "golive")
    shutil.copy(ROOT / "LICENSE", tmp_path)
    with up(environment(tmp_path / "home"), start) as whole:
        asked = at_a_terminal(
            ask,
            tmp_path,
            whole.env,
            ANSWERS,
            once="Waiting for both",
            then=lambda said: both_sign(whole.url, said),
        )
    assert asked.code == 0, asked.said
    assert "LICENSE is approved by ann (ops), bo (qa)." in asked.said
    assert shlex.join(verify).removeprefix("bin/") in asked.said

    def verified() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            verify, cwd=tmp_path, env=whole.env, capture_output=True, text=True, check=False
        )

    proved = verified()
    assert proved.returncode == 0, proved.stderr
    assert "LICENSE is what was signed as LICENSE" in proved.stdout
    with (tmp_path / "LICENSE").open("a") as file:
        file.write("and more")
    assert verified().returncode == 1


@pytest.mark.e2e
@pytest.mark.proof
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.xdist_group("up")
def test_every_command_works_as_written(tmp_path: Path) -> None:
    """What stands between `make up` and `make test`, in order, by a shell that stops at the first failure."""
    with up(environment(tmp_path / "home")) as whole:
        steps = [block for block in commands(ENGLISH) if not block.startswith("make ")]
        script = "\n".join(steps).replace("http://127.0.0.1:8080", whole.url)
        env = {
            **os.environ,
            **whole.env,
            "GOLIVE_URL": whole.url,
            "PATH": f"{ROOT / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["sh", "-eu", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "The run completed" in done.stdout
    assert "The chain of the journal holds." in done.stdout
    assert "<h1>shop 1.0.0</h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '"state":"running"' in done.stdout
    assert "“two-steps” is valid." in done.stdout
