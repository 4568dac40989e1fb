"""Reads YAML that strangers wrote: plain values with the line of each, within limits, nothing executed.

Reading goes event by event and stops at the first limit that the text exceeds, so a bomb costs no more than
its first steps. Only what JSON knows comes out, by the core schema of YAML 1.2: text, numbers, true, false,
null, lists and groups of keys; `yes` and `2026-11-22` are text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from golive.problems import InvalidSource, Place, Problem, path_of
from golive.words import N_, say

Marked = ScalarEvent | MappingStartEvent | SequenceStartEvent
"""What can carry an anchor and a tag."""

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 10_000
_MAX_DIGITS = 40
"""A longer number is no number that a go-live needs, and slow to read."""

_SHOWN = 60
"""Characters of a wrong word that are told."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = N_("the text holds half a character (a lone surrogate); save it as UTF-8")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(frozen=True)
class Document:
    """A text as values. `lines` has, for each place in them, its line in the text, counted from 1."""

    content: Any
    lines: Mapping[Place, int]


def read_yaml(file: str, text: str) -> Document:
    """Return what `text` says; `file` names it in errors. Raises InvalidSource with every problem found."""
    return _Reader(file, text).document()


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def document(self) -> Document:
        self._check_text()
        try:
            content = self._only_document(iter(YAML(typ="safe", pure=True).parse(self.text)))
        except MarkedYAMLError as broken:
            mark = broken.problem_mark or broken.context_mark
            self._stop(
                mark.line + 1 if mark else 1, N_("this is not YAML: {what}"), what=str(broken.problem)[:200]
            )
        except (YAMLError, ValueError, OverflowError) as broken:  # the last two: "\UFFFFFFFF" is no character
            self._stop(1, N_("this is not YAML: {what}"), what=str(broken)[:200].splitlines()[0])
        if self.problems:
            raise InvalidSource(self.problems)
        return Document(content, self.lines)

    def _check_text(self) -> None:
        size = len(self.text.encode("utf-8", "surrogatepass"))
        if size > MAX_BYTES:
            self._stop(
                1, N_("the text has {size} bytes; at most {limit} are read"), size=size, limit=MAX_BYTES
            )
        if _SURROGATE.search(self.text):
            self._stop(1, _HALF)

    def _only_document(self, events: Iterator[Event]) -> Any:
        content: Any = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._stop(_line(event), N_("a second document starts here; one file holds one"))
                if event.version or event.tags:
                    self._stop(_line(event), N_("directives (%YAML, %TAG) are not read; remove this line"))
                content = self._value(next(events), events, (), 1)
        return content

    def _value(self, event: Event, events: Iterator[Event], place: Place, depth: int) -> Any:
        self._count(event, place, depth)
        self.lines.setdefault(place, _line(event))
        if isinstance(event, AliasEvent):
            self._note(
                event, place, N_("aliases (*{name}) are not read; write the value out"), str(event.anchor)
            )
            return None
        return self._node(event, events, place, depth)

    def _node(self, event: Event, events: Iterator[Event], place: Place, depth: int) -> Any:
        match event:
            case MappingStartEvent():
                self._refuse_marks(event, place)
                return self._mapping(events, place, depth)
            case SequenceStartEvent():
                self._refuse_marks(event, place)
                return self._sequence(events, place, depth)
            case ScalarEvent():
                self._refuse_marks(event, place)
                return self._scalar(event, place)
            case _:
                raise AssertionError(f"the parser gave {event} where a value stands")

    def _refuse_marks(self, event: Marked, place: Place) -> None:
        if event.anchor:
            self._note(event, place, N_("anchors (&{name}) are not read; remove it"), str(event.anchor))
        if event.tag:
            self._note(event, place, N_("tags ({name}) are not read; remove it"), str(event.tag))

    def _mapping(self, events: Iterator[Event], place: Place, depth: int) -> dict[str, Any]:
        content: dict[str, Any] = {}
        while not isinstance(key := next(events), MappingEndEvent):
            self._count(key, place, depth)
            if not isinstance(key, ScalarEvent):
                self._stop(_line(key), N_("a key must be a word, not a list or a group of keys"), place)
            below = (*place, name := self._text(key, place))
            self._refuse_marks(key, below)
            if name in content:
                self._note(key, below, N_("the key “{name}” stands here twice; keep one"), name)
            self.lines[below] = _line(key)
            content[name] = self._value(next(events), events, below, depth + 1)
        return content

    def _sequence(self, events: Iterator[Event], place: Place, depth: int) -> list[Any]:
        content: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            content.append(self._value(event, events, (*place, len(content)), depth + 1))
        return content

    def _scalar(self, event: ScalarEvent, place: Place) -> Any:
        text = self._text(event, place)
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NOT_FINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and len(text) > _MAX_DIGITS):
            self._note(event, place, N_("“{name}” is not a number that can be used"), text)
            return None
        if _INT.fullmatch(text):
            return int(text)
        return self._float(event, place, text) if _FLOAT.fullmatch(text) else text

    def _text(self, event: ScalarEvent, place: Place) -> str:
        text = str(event.value)
        if not _SURROGATE.search(text):
            return text
        try:  # JSON writes 😀 as the two escapes of a pair, YAML reads each for itself
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._stop(_line(event), _HALF, place)

    def _float(self, event: ScalarEvent, place: Place, text: str) -> float | None:
        value = float(text)
        if math.isfinite(value):
            return value
        self._note(event, place, N_("“{name}” is not a number that can be used"), text)
        return None

    def _count(self, event: Event, place: Place, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self._stop(_line(event), N_("more than {limit} values; split the template"), limit=MAX_NODES)
        if depth > MAX_DEPTH:
            self._stop(_line(event), N_("nested deeper than {limit} levels"), place[:4], limit=MAX_DEPTH)

    def _note(self, event: Event, place: Place, msgid: str, name: str) -> None:
        """Keep a problem and read on, so that all are told at once."""
        sentence = say(msgid, name=name[:_SHOWN])
        self.problems.append(
            Problem(file=self.file, line=_line(event), path=path_of(place), sentence=sentence)
        )

    def _stop(self, line: int, msgid: str, place: Place = (), **args: str | int) -> NoReturn:
        """Report what makes reading on pointless."""
        problem = Problem(file=self.file, line=line, path=path_of(place), sentence=say(msgid, **args))
        raise InvalidSource([*self.problems, problem])


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1
