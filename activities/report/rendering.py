"""Writing a document down: in a language, as HTML or as Markdown.

What people wrote reaches a template only as the value of a variable, and every variable is escaped for its
format unless this module has just made it. The templates are golive's own, and sandboxed all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from activities.report.document import Cell, Code, Document, Link, Many, Share, State
from db.reports import Format
from golive.words import N_, Language, Sentence, Text
from language import translator
from language.names import name_of

LANGUAGES: tuple[Language, ...] = ("en", "zh")
FORMATS: tuple[Format, ...] = ("html", "md")

_TEMPLATES = Path(__file__).parents[2] / "templates" / "reports"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal or turn the direction of the text around them."""
_MARKS = re.compile(r"([\\`*_\[\]<>|~#$])")
_AT_START = re.compile(r"^(\s*)([-+=](?=[-+=\s]|$)|\d+[.)](?=\s|$))", re.MULTILINE)
"""What makes a list, a rule or a heading of a line."""


class Written(str):
    """Markdown that this module made; everything else is escaped."""

    __slots__ = ()


def render(document: Document, language: Language, format_: Format) -> str:
    """Return the document as a person reads it."""
    voice = _Voice(language, document.time_zone)
    template = _environment(format_).get_template(f"report.{format_}")
    written = template.render(document=document, language=language, voice=voice, _=voice.say)
    return written.rstrip("\n") + "\n"


class _Voice:
    """A language and a time zone: how cells are told in them."""

    def __init__(self, language: Language, time_zone: str) -> None:
        self.language = language
        self.zone = ZoneInfo(time_zone)
        self.time_zone = time_zone
        self._translate: Callable[[str], str] = translator(language)

    def say(self, msgid: str, **places: Any) -> str:
        """Return a sentence of a template with its places filled."""
        return self._translate(msgid).format(**places)

    def tell(self, cell: Cell) -> str:
        """Return a cell as plain text; bars, links and codes by what they say."""
        return _clean(self._tell(cell))

    def _tell(self, cell: Cell) -> str:
        match cell:
            case None:
                return ""
            case datetime():
                return cell.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")
            case timedelta():
                return self.length(cell)
            case float():
                return f"{cell:g}"
            case Many(parts):
                return "; ".join(self._tell(part) for part in parts if part is not None)
        return self._words(cell)

    def _words(self, cell: str | int | Text | Sentence | State | Code | Link | Share) -> str:
        match cell:
            case Sentence():
                return cell.render(self.language, self._translate)
            case Text():
                return cell.in_language(self.language)
            case State(name):
                return name_of(name, self.language)
            case Share(part):
                return f"{part:.0%}"
            case Code(text) | Link(_, text):
                return text
        return str(cell)

    def length(self, span: timedelta) -> str:
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

    def instant(self, moment: datetime) -> str:
        """Return a time for a machine, in UTC."""
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def markdown(self, cell: Cell) -> Written:
        """Return a cell as Markdown in one line."""
        match cell:
            case Code(text):
                return Written(f"`{_clean(text).replace('`', '')}`") if text else Written("")
            case Many(parts):
                return Written("<br>".join(self.markdown(part) for part in parts if part is not None))
            case Link(url, title) if title != url:
                return Written(f"{escape_markdown(title)}: {escape_markdown(url)}")
            case _:
                return escape_markdown(" ".join(self.tell(cell).split()))


def kind_of(cell: Cell) -> str:
    """Return the name of a cell's class, by which the HTML template chooses how to show it."""
    return type(cell).__name__


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def escape_markdown(value: object) -> Written:
    """Return text that Markdown shows letter by letter."""
    if isinstance(value, Written):
        return value
    marked = _MARKS.sub(r"\\\1", _clean(str(value)).replace("&", "&amp;"))
    return Written(_AT_START.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", marked))


def quoted(text: str) -> Written:
    """Return what a person said as a block of quotation in Markdown."""
    lines = escape_markdown(text.strip()).split("\n")
    return Written("\n".join(f"> {line}".rstrip() for line in lines))


@cache
def _environment(format_: Format) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=format_ == "html",
        finalize=escape_markdown if format_ == "md" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["quoted"] = quoted
    environment.filters["kind"] = kind_of
    return environment
