"""What golive comes with, and the warnings to whoever gives a text of their own one of those names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli.language import ROOT, _
from cli.source_files import files_in

FOLDERS = {"template": ROOT / "templates" / "processes", "checklist": ROOT / "checklists"}
"""Where the bundled texts of each kind lie; the file's name is the text's."""


def comes_with_golive(kind: str, name: str) -> bool:
    """Tell whether a bundled text of this kind has the name."""
    return any(file.stem == name for file in files_in([FOLDERS[kind]]))


def name_taken(name: str) -> str:
    """Return the warning about a template that is still to be written."""
    sentence = _(
        "golive comes with a template “{name}”: publishing yours makes the next version of it, which replaces it for "
        "new runs; choose another name to keep both."
    )
    return sentence.format(name=name)


def replaced(published: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a warning for each bundled text of which the API has just published another version."""
    for each in published:
        kind, name = each.get("kind"), each.get("name")
        if each.get("changed") and kind in FOLDERS and name and comes_with_golive(kind, name):
            yield _REPLACED[kind].format(name=name, version=each.get("version"))


_REPLACED = {
    "template": _(
        "golive comes with a template “{name}”: version {version}, just published, is the next version of it and "
        "replaces it for new runs."
    ),
    "checklist": _(
        "golive comes with a checklist “{name}”: version {version}, just published, is the next version of it and "
        "replaces it for new runs of every template that uses it."
    ),
}
