"""Cells as HTML and as Markdown. What people wrote or named is escaped here, and nowhere trusted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from activities.report.document import Cell, Code, Link, Many, Share, State
from activities.report.voice import Voice, clean, instant

_MARKS = re.compile(r"([\\`*_\[\]<>|~#$])")
_AT_START = re.compile(r"^(\s*)([-+=](?=[-+=\s]|$)|\d+[.)](?=\s|$))", re.MULTILINE)
"""What makes a list, a rule or a heading of a line."""


class Written(str):
    """Markdown that this module made; everything else is escaped."""

    __slots__ = ()


def html(cell: Cell, voice: Voice) -> Markup:
    """Return a cell as HTML."""
    if isinstance(cell, Many):
        shown = (Markup("<li>{}</li>").format(html(part, voice)) for part in cell.parts if part is not None)
        return Markup("<ul>{}</ul>").format(Markup("").join(shown))
    told = escape(voice.tell(cell))
    match cell:
        case datetime():
            told = Markup('<time datetime="{}">{}</time>').format(instant(cell), told)
        case State(name):
            told = Markup('<span class="state {}">{}</span>').format(name, told)
        case Code():
            told = Markup("<code>{}</code>").format(told)
        case Link(url, _):
            told = Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(url, told)
        case Share(part):
            told = Markup('<meter value="{}">{}</meter> {}').format(f"{part:.3f}", told, told)
    return told


def is_figure(cell: Cell) -> bool:
    """Tell whether a cell is a number or a length of time, which are not broken over lines."""
    return isinstance(cell, int | float | timedelta)


def markdown(cell: Cell, voice: Voice) -> Written:
    """Return a cell as Markdown within a line, such as in a table."""
    match cell:
        case Code(text):
            return Written(f"`{clean(text).replace('`', '')}`") if text else Written("")
        case Many(parts):
            return Written("<br>".join(markdown(part, voice) for part in parts if part is not None))
        case Link(url, title) if title != url:
            return Written(f"{_marked(title)}: {_marked(url)}")
    return _marked(" ".join(voice.tell(cell).split()))


def paragraph(cell: Cell, voice: Voice) -> Written:
    """Return a cell as Markdown that begins a line."""
    return _kept_plain(markdown(cell, voice))


def escape_markdown(value: object) -> Written:
    """Return text that Markdown shows letter by letter."""
    if isinstance(value, Written):
        return value
    return _kept_plain(_marked(str(value)))


def _marked(text: str) -> Written:
    return Written(_MARKS.sub(r"\\\1", clean(text).replace("&", "&amp;")))


def _kept_plain(text: str) -> Written:
    """Keep the beginnings of lines from making lists, rules or headings."""
    return Written(_AT_START.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", text))


def quoted(text: str) -> Written:
    """Return what a person said as a block of quotation in Markdown."""
    lines = escape_markdown(text.strip()).split("\n")
    return Written("\n".join(f"> {line}".rstrip() for line in lines))
