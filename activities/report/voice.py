"""How cells are told to a reader: in a language, with the clock of a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from activities.report.document import Cell, Code, Link, Many, Share, State
from golive.words import N_, Language, Sentence, Text, Translate
from language import name_of, tell, translator

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal or turn the direction of the text around them."""


class Voice:
    """Tells cells as plain text, which its format has still to escape."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self.language = language
        self._zone = ZoneInfo(time_zone)
        self._translate: Translate = translator(language)

    def say(self, msgid: str, **places: str | int) -> str:
        """Return a sentence of a template with its places filled."""
        return self._translate(msgid).format(**places)

    def tell(self, cell: Cell) -> str:
        """Return a cell as plain text; bars, links and codes by what they say."""
        match cell:
            case None:
                return ""
            case datetime():
                return cell.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")
            case timedelta():
                return self._length(cell)
            case float():
                return f"{cell:g}"
            case Many(parts):
                return "; ".join(self.tell(part) for part in parts if part is not None)
        return clean(self._words(cell))

    def _words(self, cell: str | int | Text | Sentence | State | Code | Link | Share) -> str:
        match cell:
            case Sentence():
                return tell(cell, self.language)
            case Text():
                return cell.in_language(self.language)
            case State(name):
                return name_of(name, self.language)
            case Share(part):
                return f"{part:.0%}"
            case Code(text) | Link(_, text):
                return text
        return str(cell)

    def _length(self, span: timedelta) -> str:
        """Return a length of time in its two largest units."""
        seconds = span.total_seconds()
        whole = round(seconds)
        days, hours = divmod(whole // 3600, 24)
        minutes = whole // 60 % 60
        if days:
            return self.say(N_("{days} d {hours} h"), days=days, hours=hours)
        if hours:
            return self.say(N_("{hours} h {minutes} min"), hours=hours, minutes=minutes)
        if minutes:
            return self.say(N_("{minutes} min {seconds} s"), minutes=minutes, seconds=whole % 60)
        return self.say(N_("{seconds} s"), seconds=f"{seconds:.1f}".removesuffix(".0"))


def instant(moment: datetime) -> str:
    """Return a time for a machine, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clean(text: str) -> str:
    """Return text without the characters that nobody types."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))
