"""The reader's language, for everything that speaks to people: one catalogue, read once.

A sentence is marked with `N_` or `_` where it stands, in English; `locale/` holds what others read
instead. The catalogue is read from its source: a compiled one could be out of date.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from golive.words import Language, Sentence

CATALOGUE = Path(__file__).parents[1] / "locale" / "zh_CN" / "LC_MESSAGES" / "golive.po"


@cache
def translator(language: Language) -> Callable[[str], str]:
    """Return the function that looks a sentence up in the catalogue of `language`; unknown: English."""
    if language == "en" or not CATALOGUE.exists():
        return str
    # Imported here: a command line in English starts without it.
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="zh_CN")
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
