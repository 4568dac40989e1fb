"""`python -m docs.generate FOLDER`: everything that Sphinx reads for one language, in FOLDER."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.language import LANGUAGE
from docs.generate import api_pages, command_page, decisions, settings_page, template_pages
from docs.generate.rendering import DOCS, Page
from golive.words import Language

FOLDERS: dict[Language, str] = {"en": "en", "zh": "zh-CN"}


def stage(folder: Path, language: Language) -> None:
    """Write the sources of one language into `folder`: those by hand, then those made here.

    A file that says what it said before keeps its time, so that Sphinx reads only what has changed.
    """
    written = {path: path.read_text(encoding="utf-8") for path in (DOCS / FOLDERS[language]).rglob("*.md")}
    pages = {str(path.relative_to(DOCS / FOLDERS[language])): text for path, text in written.items()}
    for page in generated(language):
        if page.name in pages:
            raise SystemExit(f"docs: {page.name} is written by hand and generated as well; remove the former")
        pages[page.name] = page.text
    _remove_others(folder, set(pages))
    for name, text in pages.items():
        _write(folder / name, text)


def generated(language: Language) -> Iterator[Page]:
    """Yield what is made here, in `language`."""
    yield settings_page.page(language)
    yield from template_pages.pages(language)
    yield command_page.page(language)
    yield from api_pages.pages(language)
    yield from decisions.pages(language)


def _write(file: Path, text: str) -> None:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _remove_others(folder: Path, names: set[str]) -> None:
    for file in folder.rglob("*"):
        if file.is_file() and str(file.relative_to(folder)) not in names:
            file.unlink()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    stage(target, LANGUAGE)
    front = target.parents[1] / "index.html"  # the page on which a reader chooses a language
    shutil.copyfile(DOCS / "_static" / "choose.html", front)
