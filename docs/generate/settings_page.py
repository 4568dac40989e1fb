"""The settings: name, default and limits as `settings/` has them, what they mean as the README says it.

The README's table is held complete by its tests, in both languages, so that a setting is explained in one place.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Any

from docs.generate.rendering import DOCS, Page, render
from docs.generate.words import WORDS
from golive.words import Language
from settings import Settings

_LINK = re.compile(r"\]\((docs/[^/]+/)([^)]+)\)")
_ROW = re.compile(r"^\| `(GOLIVE_\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Setting:
    """One environment variable as its reader knows it."""

    name: str
    default: str
    allowed: str
    meaning: str


def page(language: Language) -> Page:
    """Return the page of the settings."""
    return render("operator/settings.md", "settings.md.j2", language, settings=described(language))


def described(language: Language) -> list[Setting]:
    """Return every setting in the order of `settings/`."""
    readme = "README.md" if language == "en" else "README.zh-CN.md"
    rows = _ROW.findall((DOCS.parent / readme).read_text(encoding="utf-8"))
    told = {name: (default, meaning) for name, default, meaning in rows}
    fields = Settings.model_json_schema()["properties"]
    return [
        Setting(
            f"GOLIVE_{name.upper()}", told[key][0], _allowed(fields[name], language), _from_here(told[key][1])
        )
        for name in Settings.model_fields
        for key in [f"GOLIVE_{name.upper()}"]
    ]


def _from_here(meaning: str) -> str:
    """Return what the README says with its links as they are on this page."""
    return _LINK.sub(lambda found: f"]({posixpath.relpath(found[2], 'operator')})", meaning)


def _allowed(schema: dict[str, Any], language: Language) -> str:
    """Say what may be written: words of a closed list, or the kind of value with its bounds."""
    schema = next((each for each in schema.get("anyOf", ()) if each["type"] != "null"), schema)
    if choices := schema.get("enum"):
        return ", ".join(f"`{choice}`" for choice in choices)
    bounds = [
        f"{sign} {schema[name]}" for name, sign in (("minimum", "≥"), ("maximum", "≤")) if name in schema
    ]
    kind = WORDS[f"kind_{schema['type']}"].in_language(language)
    return " ".join([kind, ", ".join(bounds)]).strip()
