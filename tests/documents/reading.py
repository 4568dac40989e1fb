"""What documents hold: blocks of commands, marked ones that are not run, headings, and commands named in prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MARKED = re.compile(r"^```\{code-block\} sh\n(.*?)^```\n+([^\n]*)", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^(`{3,}).*?^\1", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r" +# .*")
_NAMED = re.compile(r"`(golive(?: [^`]+)?)`")


def blocks(text: str) -> list[str]:
    """Return the blocks of commands that are to be run, in order."""
    return _BLOCK.findall(text)


def without_comments(block: str) -> str:
    """Return a block as the shell reads it."""
    return _COMMENT.sub("", block)


def not_run(text: str) -> list[tuple[str, str]]:
    """Return the blocks that are marked, each with the line that follows it: the reason."""
    return _MARKED.findall(text)


def headings(text: str) -> list[int]:
    """Return the level of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", _FENCED.sub("", text), re.MULTILINE)]


def named(text: str) -> list[str]:
    """Return the commands of golive that stand in backticks in the prose."""
    return _NAMED.findall(_FENCED.sub("", text))


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the pages below a folder by their name in it, each with its text."""
    for file in sorted(folder.rglob("*.md")):
        yield str(file.relative_to(folder)), file.read_text(encoding="utf-8")
