"""Pages made of Jinja templates, in Markdown for MyST."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from docs.generate.words import WORDS
from golive.words import Language

DOCS = Path(__file__).resolve().parents[1]
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Page:
    """A page of the site: its file's name below the language's folder, and what it says."""

    name: str
    text: str


def render(name: str, template: str, language: Language, /, **values: object) -> Page:
    """Return the page `name`, made of `template` in docs/generate/pages."""
    say = {key: text.in_language(language) for key, text in WORDS.items()}
    written = _environment().get_template(template).render(language=language, say=say, **values)
    return Page(name, re.sub(r"\n{3,}", "\n\n", written).strip() + "\n")


def cell(text: object) -> str:
    """Return text as the cell of a table: on one line, without what would end the cell."""
    return _SPACES.sub(" ", str(text)).strip().replace("|", "\\|")


def code(text: object) -> str:
    """Return text as a table's cell in which every character stands for itself; nothing stays nothing."""
    written = cell(text)
    fence = "``" if "`" in written else "`"
    return f"{fence}{written}{fence}" if written else ""


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - it writes Markdown, of golive's own words
        loader=FileSystemLoader(DOCS / "generate" / "pages"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell
    environment.filters["code"] = code
    return environment
