"""The texts of the OpenAPI document in Chinese, from a catalogue of their own.

The catalogue holds paragraphs. Which roles a route asks for and which codes a problem may have are no part of it:
they are put into the words around them here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from babel.messages.pofile import read_po

from docs.generate.rendering import DOCS
from docs.generate.words import WORDS
from golive.words import Language

CATALOGUE = DOCS / "_locale" / "zh_CN" / "LC_MESSAGES" / "api.po"
_CODE = re.compile(r"`[^`]+`")
_ROLES = re.compile(r"Permission: `\w+`(?: or `\w+`)*\.")
_WITH_CODES = re.compile(r"(?P<words>.+\.) (?P<codes>`\w+`(?:, `\w+`)*)\.", re.DOTALL)
_TEXTS = frozenset({"summary", "description"})
_SAMPLES = frozenset({"example", "examples", "default"})
Say = Callable[[str], str]


def translated(document: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the OpenAPI document as a reader of `language` is told it; an untranslated text ends the build."""
    return dict(document) if language == "en" else with_texts(document, _chinese)


def with_texts(document: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Return the document with each paragraph of its texts, and each problem's sentence, as `say` puts it."""
    said: dict[str, Any] = _walk(document, say)
    problems = document["components"]["examples"]
    said["components"]["examples"] = {name: _problem(each, say) for name, each in problems.items()}
    return said


@cache
def catalogue() -> dict[str, str]:
    """Return the Chinese of each English text."""
    with CATALOGUE.open("rb") as source:
        messages = read_po(source, locale="zh_CN")
    return {str(each.id): str(each.string) for each in messages if each.id and each.string and not each.fuzzy}


def _chinese(text: str) -> str:
    if text not in catalogue():
        raise SystemExit(
            f"docs: the OpenAPI document says “{text}”, of which {CATALOGUE.name} has no Chinese; add it there"
        )
    return catalogue()[text]


def _walk(part: Any, say: Say) -> Any:
    if isinstance(part, list):
        return [_walk(each, say) for each in part]
    if not isinstance(part, Mapping):
        return part
    return {key: _member(key, value, say) for key, value in part.items()}


def _member(key: str, value: Any, say: Say) -> Any:
    if key in _SAMPLES:
        return value
    if key in _TEXTS and isinstance(value, str):
        return "\n\n".join(_paragraph(each, say) for each in value.strip().split("\n\n"))
    if key == "properties":  # names of fields, any of which may be called as a keyword is
        return {name: _walk(each, say) for name, each in value.items()}
    return _walk(value, say)


def _paragraph(text: str, say: Say) -> str:
    if _ROLES.fullmatch(text):
        return WORDS["api_permission"].zh.format(roles=_listed(_CODE.findall(text), "api_or"))
    if with_codes := _WITH_CODES.fullmatch(text):
        return f"{say(with_codes['words'])}{_listed(_CODE.findall(with_codes['codes']), 'comma')}。"
    return say(text)


def _listed(codes: Iterable[str], between: str) -> str:
    return WORDS[between].zh.join(codes)


def _problem(held: Mapping[str, Any], say: Say) -> dict[str, Any]:
    value = {**held["value"], "detail": say(held["value"]["detail"])}
    if "errors" in value:  # the first of them is what `detail` tells, after its place
        first, *others = value["errors"]
        _place, _, message = value["detail"].partition(f"{first['file']}:{first['line']}: ")
        value["errors"] = [{**first, "message": message}, *others]
    return {**held, "value": value}
