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
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.string
        and not message.fuzzy
    }
    return lambda msgid: told.get(msgid, msgid)
