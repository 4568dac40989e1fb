"""Templates and checklists as people write them: YAML text with the line of each value; their library."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from golive.model import Fact
from golive.problems import KINDS, InvalidSource, Place, Problem, path_of
from golive.schema_problems import problems_of
from golive.vocabulary import Digest, Key
from golive.words import N_, Sentence, Text, say
from golive.yaml_reader import read_yaml

__all__ = ["InvalidSource", "Library", "Place", "Problem", "Source", "read_checklist", "read_template"]

Kind = Literal["template", "checklist", "test"]
Schema = TypeVar("Schema", bound=Fact)

_NAME: TypeAdapter[str] = TypeAdapter(Key)


@dataclass(frozen=True)
class Source:
    """One template or checklist as it was written; two are the same when file and text are.

    `content` are its plain values and must not be changed; `lines` has the line of each place in it, from 1.
    `sha256` is the digest of the UTF-8 text.
    """

    file: str
    text: str
    kind: Kind
    name: str
    sha256: Digest
    content: Mapping[str, Any] = field(compare=False, repr=False)
    lines: Mapping[Place, int] = field(compare=False, repr=False)

    def problem(self, place: Place, sentence: Sentence, code: str = "template_invalid") -> Problem:
        """Return what is wrong at `place`, with its line, or that of the nearest value around it."""
        shown = place
        while shown not in self.lines and shown:
            shown = shown[:-1]
        line = self.lines.get(shown, 1)
        return Problem(file=self.file, line=line, path=path_of(place), sentence=sentence, code=code)

    def validated(self, schema: type[Schema], content: Mapping[str, Any], at: Place = ()) -> Schema:
        """Return `content`, which stands at `at`, as `schema` says. Raises InvalidSource."""
        try:
            return schema.model_validate(content)
        except ValidationError as wrong:
            found = problems_of(wrong, schema, content)
            raise InvalidSource(self.problem((*at, *place), sentence) for place, sentence in found) from wrong


@dataclass(frozen=True)
class Library:
    """The templates and checklists that a plan can be made from, each by its name."""

    templates: Mapping[str, Source]
    checklists: Mapping[str, Source]

    @classmethod
    def of(cls, templates: Iterable[Source], checklists: Iterable[Source] = ()) -> Library:
        """Return the library of these sources. Of two with the same name the later one counts."""
        return cls({each.name: each for each in templates}, {each.name: each for each in checklists})

    def functions(self, *, but: str) -> frozenset[str]:
        """Return every function that a template other than `but` names."""
        others = (source.content for name, source in self.templates.items() if name != but)
        return frozenset(function for content in others for function in _functions(content))

    def including(self, source: Source) -> Library:
        """Return the same library with `source` in it, in the place of what had its name."""
        if source.kind == "template":
            return replace(self, templates={**self.templates, source.name: source})
        return replace(self, checklists={**self.checklists, source.name: source})


def _functions(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if isinstance(content.get("function"), str):
            yield content["function"]
        content = list(content.values())
    if isinstance(content, list):
        for part in content:
            yield from _functions(part)


def read_template(file: str, text: str) -> Source:
    """Read the text of a template. `file` names it in errors. Raises InvalidSource when it is no such YAML.

    Only syntax, limits and the name are judged here; planning.check_template judges the rest.
    """
    return _read("template", file, text)


def read_checklist(file: str, text: str) -> Source:
    """Read the text of a checklist: `{name, title, items: [...]}`. Raises InvalidSource."""
    return _read("checklist", file, text)


def read_source(file: str, text: str) -> Source:
    """Read a text that is a template, which has stages, or a checklist, which has items. Raises InvalidSource."""
    content = read_yaml(file, text).content
    keys = content if isinstance(content, dict) else ()
    if "stages" in keys:
        return read_template(file, text)
    if "items" in keys:
        return read_checklist(file, text)
    raise InvalidSource(
        [_at_top(file, N_("this is neither a template (with “stages:”) nor a checklist (with “items:”)"))]
    )


@lru_cache(maxsize=256)  # every start and every preview reads the same few texts
def _read(kind: Kind, file: str, text: str) -> Source:
    document = read_yaml(file, text)
    content = document.content
    if not isinstance(content, dict):
        raise InvalidSource(
            [_at_top(file, N_("a {kind} is a group of keys, beginning with “name:”"), kind=KINDS[kind])]
        )
    name = content.get("name")
    try:
        _NAME.validate_python(name, strict=True)
    except ValidationError as wrong:
        line = document.lines.get(("name",), 1)
        msgid = N_("a {kind} needs a “name” of lower case letters, digits and hyphens")
        raise InvalidSource([_at_top(file, msgid, line=line, path="name", kind=KINDS[kind])]) from wrong
    sha256 = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return Source(file, text, kind, str(name), sha256, content, document.lines)


def _at_top(file: str, msgid: str, *, line: int = 1, path: str = "", **args: Text) -> Problem:
    return Problem(file=file, line=line, path=path, sentence=say(msgid, **args))
