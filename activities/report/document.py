"""What a report is made of, before it is written in a language and a format.

A document has sections of blocks; a block holds cells. Golive's own words are sentences of the catalogue, so
one document is told in every language. A plain `str` is what people wrote or named, and is never markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from golive.words import Sentence, Text


@dataclass(frozen=True, slots=True)
class State:
    """A word of a closed list, such as `passed`, told in the reader's language."""

    name: str


@dataclass(frozen=True, slots=True)
class Code:
    """A digest or an id, to be compared letter by letter."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A page elsewhere, http or https, that somebody gave as evidence."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, 0 to 1, shown as a bar where the format has one."""

    part: float


@dataclass(frozen=True, slots=True)
class Many:
    """Several cells in the place of one."""

    parts: tuple[Cell, ...]


Cell: TypeAlias = (
    "str | int | float | datetime | timedelta | Text | Sentence | State | Code | Link | Share | Many | None"
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or two; a `warning` is set apart."""

    said: Cell
    tone: Literal["plain", "warning"] = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values."""

    rows: tuple[tuple[Sentence, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns. A `folded` one is shut until its caption is opened, where the format can."""

    caption: Sentence
    columns: tuple[Sentence, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """What a person said, and when; None where it has been erased."""

    text: str | None
    by: str
    at: datetime
    about: Cell = None


Block: TypeAlias = Paragraph | Facts | Table | Quote


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with a title; `key` is its anchor."""

    key: str
    title: Sentence
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report. Times are shown in `time_zone`; `kind` is `draft` or `final`."""

    title: str
    kind: Literal["draft", "final"]
    lead: Sentence
    time_zone: str
    sections: tuple[Section, ...]


def many(parts: list[Cell] | tuple[Cell, ...]) -> Cell:
    """Return the parts as one cell: nothing, the one there is, or all of them."""
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Many(tuple(parts))


def table(
    caption: Sentence,
    columns: tuple[Sentence, ...],
    rows: list[tuple[Cell, ...]],
    *,
    none: Sentence,
    folded: bool = False,
) -> Block:
    """Return a table, or the sentence `none` where there is nothing to show."""
    if not rows:
        return Paragraph(none)
    return Table(caption, columns, tuple(rows), folded=folded)
