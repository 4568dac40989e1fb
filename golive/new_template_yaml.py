"""The lines of YAML that a new template is written with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PER_BUILD = ("review-code", "run-uat", "put-facts-together")
"""Tasks that a new build asks for again."""


def scalar(text: str) -> str:
    """Write text so that YAML reads it as this text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def both(en: str, zh: str | None) -> str:
    """Write a text in the languages that there are of it."""
    return f"{{en: {_quoted(en)}, zh: {_quoted(zh)}}}" if zh else _quoted(en)


def _quoted(text: str) -> str:
    """Write text in quotes; what looks like a parameter stays the text that it is."""
    return json.dumps(text.replace("${", "$${"), ensure_ascii=False)


def task(key: str, title: str, function: str, due: str, checklist: str | None) -> Iterator[str]:
    """Yield the lines of a task; `title` and `function` are YAML already."""
    yield f"      - key: {key}"
    yield f"        title: {title}"
    yield f"        function: {function}"
    yield f"        due: {due}"
    if key in _PER_BUILD:
        yield "        per_build: true"
    if checklist:
        yield f"        checklist: {checklist}"
