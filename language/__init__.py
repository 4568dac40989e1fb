"""The reader's language, for everything that speaks to people.

A sentence is marked with `N_` or `_` where it stands, in English; `locale/` holds what others read instead.
"""

from __future__ import annotations

import re

from golive.words import Language, Sentence, Text
from language.catalogue import translator
from language.names import NAMES, name_of

__all__ = ["NAMES", "name_of", "preferred", "tell", "translator", "whole"]

_OF_LISTS = frozenset({"state", "phase", "decision", "verdict", "outcome", "allowed", "changed", "former"})
"""Places of sentences that hold words of closed lists, which have a name in each language."""
_BETWEEN = re.compile("(, | / )")
_PLACE = re.compile(r"\{(\w+)\}")
_DOUBLED = re.compile(r"(?<![.。])[.。](?=\.(?:\s|$)|。)")
"""A clause that brought its own full stop to the end of a sentence."""
_ENDS = (".", "!", "?", "…", "。", "！", "？")


def tell(sentence: Sentence, language: Language) -> str:
    """Return `sentence` as a reader of `language` reads it, states and kinds by their names."""
    return _named(sentence, language).render(language, translator(language))


def whole(sentence: Sentence, language: Language) -> str:
    """Return `sentence` as one that stands alone: with a capital letter, and one full stop.

    Names at the beginning, golive's own among them, stay as they are written.
    """
    told = _DOUBLED.sub("", tell(sentence, language).rstrip())
    begins = _beginning(sentence)
    if language == "en" and begins[:1].islower() and not begins.startswith("golive"):
        told = told[0].upper() + told[1:]
    return told if told.endswith(_ENDS) else told + ("。" if language == "zh" else ".")


def _beginning(sentence: Sentence) -> str:
    """Return the words with which a sentence begins, or its first place when that holds a name."""
    place = _PLACE.match(sentence.msgid)
    first = sentence.args.get(place[1]) if place else None
    return _beginning(first) if isinstance(first, Sentence) else sentence.msgid


def _named(sentence: Sentence, language: Language) -> Sentence:
    places: dict[str, str | int | float | Text | Sentence] = {}
    for place, value in sentence.args.items():
        if isinstance(value, Sentence):
            places[place] = _named(value, language)
        elif isinstance(value, str) and place in _OF_LISTS:
            places[place] = "".join(_name(part, language) for part in _BETWEEN.split(value))
        else:
            places[place] = value
    return sentence.model_copy(update={"args": places})


def _name(word: str, language: Language) -> str:
    return name_of(word, language) if word in NAMES else word


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
