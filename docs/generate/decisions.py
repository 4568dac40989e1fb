"""The decision records: their list in both languages, and in the English site the records themselves."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generate.rendering import DOCS, Page, render
from golive.words import Language


def pages(language: Language) -> Iterator[Page]:
    """Yield the list, and in English each record."""
    records = sorted((DOCS / "decisions").glob("*.md"))
    told = [(record.stem, record.read_text(encoding="utf-8")) for record in records]
    listed = [(stem, text.partition("\n")[0].lstrip("# ")) for stem, text in told]
    yield render("decisions/index.md", "decisions.md.j2", language, records=listed)
    if language == "en":
        yield from (Page(f"decisions/{stem}.md", text) for stem, text in told)
