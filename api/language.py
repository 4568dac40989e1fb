"""In which language a person is answered: their own setting, else Accept-Language, else English."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from starlette.requests import Request

from golive.words import Language, Sentence

CATALOGUE = Path(__file__).parents[1] / "locale" / "zh_CN" / "LC_MESSAGES" / "golive.po"


@cache
def translator(language: Language) -> Callable[[str], str]:
    """Return what looks a sentence up in the catalogue of `language`; unknown ones stay English."""
    if language == "en" or not CATALOGUE.exists():
        return str
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    told = {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.string
        and not message.fuzzy
    }
    return lambda msgid: told.get(msgid, msgid)


def tell(sentence: Sentence, language: Language) -> str:
    """Return `sentence` as a reader of `language` reads it."""
    return sentence.render(language, translator(language))


def language_of(request: Request) -> Language:
    """Return the language of the person who asks, once they are known; before, of their browser or client."""
    known: Language | None = getattr(request.state, "language", None)
    return known or preferred(request.headers.get("accept-language", ""))


def preferred(accept: str) -> Language:
    """Return the language that an Accept-Language header asks for most, English when it asks for neither."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accept.split(","):
        tag, _, quality = part.partition(";")
        spoken = tag.strip().lower().partition("-")[0]
        weight = _weight(quality)
        if spoken in ("zh", "en") and weight > best[0]:
            best = (weight, "zh" if spoken == "zh" else "en")
    return best[1]


def _weight(quality: str) -> float:
    _, _, written = quality.partition("=")
    try:
        return float(written) if written.strip() else 1.0
    except ValueError:
        return 0.0
