"""The catalogue of what others than readers of English read, looked into by the English sentence."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from golive.words import Language, Translate

if TYPE_CHECKING:
    from babel.messages.catalog import Message

CATALOGUE = Path(__file__).parents[1] / "locale" / "zh_CN" / "LC_MESSAGES" / "golive.po"


@cache
def translator(language: Language) -> Translate:
    """Return the function that looks a sentence up in the catalogue of `language`; unknown: English."""
    if language == "en" or not CATALOGUE.exists():
        return str
    # Imported here: a command line in English starts without it.
    from babel.messages.pofile import read_po  # noqa: PLC0415

    # The source, not what is compiled from it, which could be out of date.
    with CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="zh_CN")
    told = {
        msgid: string
        for message in catalogue
        if not message.fuzzy
        for msgid, string in _pairs(message)
        if string
    }
    return lambda msgid: told.get(msgid, msgid)


def _pairs(message: Message) -> list[tuple[str, str]]:
    """Return a sentence with its translation; one for several has the same for one, as there is one form."""
    told = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
    return [(msgid, told) for msgid in ((message.id,) if isinstance(message.id, str) else message.id)]
