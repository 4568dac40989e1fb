"""The reader's language: English, or 简体中文 when LANGUAGE, LC_ALL, LC_MESSAGES or LANG says so."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

from golive.words import N_, Language

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

_CATALOGUE = ROOT / "locale" / "zh_CN" / "LC_MESSAGES" / "golive.po"


def chosen() -> Language:
    """Return the language that the environment asks for; gettext's order of variables decides."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if wanted := os.environ.get(name):
            return "zh" if wanted.lower().startswith("zh") else "en"
    return "en"


def _sentences(language: Language) -> dict[str, str]:
    """Return the catalogue of `language`, read from its source: a compiled one could be out of date."""
    if language == "en" or not _CATALOGUE.exists():
        return {}
    from babel.messages.pofile import read_po

    with _CATALOGUE.open("rb") as source:
        catalogue = read_po(source, locale="zh_CN")
    return {
        message.id: message.string
        for message in catalogue
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and message.string
        and not message.fuzzy
    }


LANGUAGE: Language = chosen()
_SENTENCES = _sentences(LANGUAGE)


def _(msgid: str) -> str:
    """Return a sentence of the command line in the reader's language. The literal is the catalogue's key."""
    return _SENTENCES.get(msgid, msgid)


TYPERS = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("Error"),
    N_("Aborted."),
    N_("required"),
    N_("default: {default}"),
    N_("[required]"),
    N_("[default: {}]"),
    N_("Missing command."),
    N_("No such command {name!r}."),
    N_("Try [blue]'{command_path} {help_option}'[/] for help."),
)
"""What Typer says of itself. It asks Python's own gettext, which finds the compiled catalogue here."""
gettext.bindtextdomain("golive", ROOT / "locale")
gettext.textdomain("golive")
