"""The reader's language: English, or 简体中文 when LANGUAGE, LC_ALL, LC_MESSAGES or LANG says so."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

from golive.words import N_, Language
from language import translator

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""


def chosen() -> Language:
    """Return the language that the environment asks for; gettext's order of variables decides."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if wanted := os.environ.get(name):
            return "zh" if wanted.lower().startswith("zh") else "en"
    return "en"


LANGUAGE: Language = chosen()
_TRANSLATE = translator(LANGUAGE)


def _(msgid: str) -> str:
    """Return a sentence of the command line in the reader's language. The literal is the catalogue's key."""
    return _TRANSLATE(msgid)


def ngettext(one: str, several: str, n: int) -> str:
    """Return the sentence of one or of several; both literals are keys of the catalogue."""
    return _TRANSLATE(one if n == 1 else several)


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
