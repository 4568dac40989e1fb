"""The catalogue of what others than readers of English read, looked into by the English sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from golive.words import Language

CATALOGUE = Path(__file__).parents[1] / "locale" / "zh_CN" / "LC_MESSAGES" / "golive.po"


@cache
def translator(language: Language) -> Callable[[str], str]:
    """Return the function that looks a sentence up in the catalogue of `language`; unknown: English."""
    if language == "en" or not CATALOGUE.exists():
        return str
    # Imported here: a command line in English starts without it.
    from babel.messages.pofile import read_po  # noqa: PLC0415

    # The source, not what is compiled from it, which could be out of date.
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="zh_CN")
    told = {
        msgid: message.string if isinstance(message.string, str) else message.string[0]
        for message in catalogue
        # Of one and of several: Chinese says both alike.
        for msgid in ([message.id] if isinstance(message.id, str) else message.id)
        if message.string and not message.fuzzy
    }
    return lambda msgid: told.get(msgid, msgid)
