"""The page for authors of templates: the same commands in both languages, and they work as written."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from cli.language import ROOT
from golive.rehearsal_steps import KINDS_OF_STEPS, Expected
from tests.cli.processes import environment
from tests.cli.whole import up
from tests.documents.test_readme import blocks

ENGLISH, CHINESE = (ROOT / "docs" / f"template-authors{tongue}.md" for tongue in ("", ".zh-CN"))
YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_both_languages_give_the_same_commands() -> None:
    assert len(blocks(ENGLISH)) == 5
    assert blocks(ENGLISH) == blocks(CHINESE)


@pytest.mark.parametrize("document", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_every_step_and_every_expectation_is_told(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert [
        word for word in (*KINDS_OF_STEPS, *Expected.model_fields) if not re.search(f"`{word}\\b", text)
    ] == []


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.xdist_group("up")
def test_every_command_works_as_written(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    example = YAML.findall(ENGLISH.read_text(encoding="utf-8"))[0]
    with up(environment(tmp_path / "home")) as whole:
        for function in ("dev", "qa", "ops", "release"):
            for n in (1, 2, 3):
                roles = ("--role", "assignee", "--role", "approver")
                whole.answer("user", "add", f"{function}{n}", *roles, "--function", function)
        rita = whole.answer("user", "add", "rita", "--role", "release_manager")
        (folder / "people").mkdir()
        (folder / "people" / "rita").write_text(rita["token"], encoding="utf-8")
        path = f"{ROOT / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, **whole.env, "GOLIVE_URL": whole.url, "PATH": path}
        begun, *rest = blocks(ENGLISH)
        script = "\n".join([begun, f"cat > shop.test.yaml <<'END'\n{example}END", *rest])
        done = subprocess.run(
            ["sh", "-eu", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for told in (
        "1 passed, 0 failed",
        "Published “shop” version 1.",
        "“shop” is unchanged: version 1.",
        "Published “shop” version 2.",
        '-title: {en: "Shop go-live", zh: "商城上线"}',
    ):
        assert told in done.stdout, told
