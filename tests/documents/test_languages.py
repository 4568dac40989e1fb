"""Both languages of the documentation say the same: the same pages, commands and headings, and commands that exist."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from cli.language import ROOT
from docs.generate.command_page import commands
from tests.documents.reading import blocks, headings, named, not_run, pages, without_comments

ENGLISH = dict(pages(ROOT / "docs" / "en"))
CHINESE = dict(pages(ROOT / "docs" / "zh-CN"))
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")}
PROSE = {
    **{f"en/{name}": text for name, text in ENGLISH.items()},
    **{f"zh-CN/{name}": text for name, text in CHINESE.items()},
    **READMES,
}
HAN = re.compile("[\u4e00-\u9fff]")
NOT_RUN = {
    ("operator/backup.md", 'mv "${GOLIVE_HOME:-.golive}" golive-before'),
    (
        "operator/backup.md",
        "pg_dump -Fc -f golive-backup/temporal.dump postgresql://temporal:PASSWORD@db.example.com/temporal",
    ),
    ("operator/backup.md", "createdb --owner=golive_owner --encoding=UTF8 --template=template0 golive"),
    ("operator/backup.md", "createdb --owner=temporal --encoding=UTF8 --template=template0 temporal"),
    (
        "operator/backup.md",
        "python3 - \"${GOLIVE_HOME:-.golive}/temporal.db\" golive-backup/temporal.db <<'END'",
    ),
    (
        "operator/backup.md",
        'cp golive-backup/temporal.db "${GOLIVE_HOME:-.golive}/temporal.db.restored"',
    ),
    (
        "operator/backup.md",
        'golive db abandon RUN ... --reason "Temporal\'s disk is gone, and there is no backup"',
    ),
    ("operator/containers.md", "make secrets"),
    ("operator/containers.md", "docker compose exec worker python -m cli db recover"),
    ("operator/containers.md", "docker compose exec api python -m cli doctor"),
    ("operator/containers.md", "docker compose build --pull"),
    (
        "operator/containers.md",
        "docker compose exec -T postgresql pg_dump -U postgres -Fc golive > golive.dump",
    ),
    ("operator/postgresql.md", "createuser --pwprompt golive_owner"),
    (
        "operator/postgresql.md",
        "export GOLIVE_DATABASE_URL=postgresql://golive_owner:PASSWORD@db.example.com/golive",
    ),
    (
        "operator/postgresql.md",
        "export GOLIVE_DATABASE_URL=postgresql://golive_app:PASSWORD@db.example.com/golive",
    ),
    ("operator/running.md", ".venv/bin/python -m api"),
    ("operator/temporal.md", "export TEMPORAL_ADDRESS=temporal.example.com:7233"),
    ("operator/temporal.md", "export TEMPORAL_ADDRESS=golive.a1b2c.tmprl.cloud:7233"),
    ("operator/upgrade.md", "git checkout VERSION"),
    ("operator/upgrade.md", "git worktree add --detach ../golive-next VERSION"),
    ("operator/upgrade.md", "golive db grant golive_app"),
}
"""The only blocks that `test_pages.py` cannot run, each by its page and a line of it.

Those that want a PostgreSQL server `test_on_postgresql.py` runs on one of its own.
"""

every_page = pytest.mark.parametrize("name", sorted(ENGLISH))


def test_both_languages_have_the_same_pages() -> None:
    assert sorted(ENGLISH) == sorted(CHINESE)
    assert len(ENGLISH) >= 10


@every_page
def test_a_page_gives_the_same_commands_and_headings_in_both(name: str) -> None:
    english, chinese = ENGLISH[name], CHINESE[name]
    assert [without_comments(block) for block in blocks(english)] == [
        without_comments(block) for block in blocks(chinese)
    ]
    assert headings(english) == headings(chinese)
    assert [block for block, _ in not_run(english)] == [block for block, _ in not_run(chinese)]


@every_page
def test_a_page_is_in_its_language(name: str) -> None:
    prose = ENGLISH[name].replace("简体中文", "")
    assert not HAN.search(re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL))
    assert len(HAN.findall(CHINESE[name])) > 30


def test_exactly_these_blocks_are_not_run_and_each_says_why() -> None:
    marked = [(name, block, why) for name, text in ENGLISH.items() for block, why in not_run(text)]
    assert len(marked) == len(NOT_RUN)
    for name, line in NOT_RUN:
        assert [block for page, block, _ in marked if page == name and line in block.splitlines()], line
    for _, block, why in marked:
        assert block.startswith(":class: not-run\n")
        assert why.startswith("Not run by the tests: ")
    for text in CHINESE.values():
        assert all(why.startswith("测试不执行：") for _, why in not_run(text))


def test_no_block_of_commands_escapes_by_another_mark() -> None:
    for name, text in {**ENGLISH, **CHINESE}.items():
        opened = set(re.findall(r"^```(\S+.*)$", text, re.MULTILINE))
        others = opened - {"sh", "{code-block} sh"}
        assert not [mark for mark in others if re.search("sh|console|terminal", mark)], name


TREE: dict[str, Any] = dict(commands())


def problem(written: str) -> str | None:
    """Return what is wrong with a command that stands in prose: `golive task show TASK --json`."""
    words = shlex.split(written.replace("…", ""))[1:]
    path = "golive"
    while words and f"{path} {words[0]}" in TREE:
        path = f"{path} {words.pop(0)}"
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    if path == "golive":
        return None if set(options) <= {"--help", "--install-completion"} and words == options else written
    if getattr(TREE[path], "commands", None) and words:
        return f"{path} has no command {words[0]}"
    known = {"--help", *(name for param in TREE[path].params for name in param.opts)}
    return f"{path} has no option {set(options) - known}" if set(options) - known else None


@pytest.mark.parametrize("name", sorted(PROSE))
def test_every_command_that_prose_names_exists_with_its_options(name: str) -> None:
    assert [wrong for command in named(PROSE[name]) if (wrong := problem(command))] == []


@pytest.mark.parametrize(
    "wrong", ["golive tusk list", "golive task lost", "golive task list --mien", "golive approve A --force"]
)
def test_a_command_that_does_not_exist_is_noticed(wrong: str) -> None:
    assert problem(wrong)
    assert named(f"Use `{wrong}`.") == [wrong]
