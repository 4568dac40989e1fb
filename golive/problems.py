"""What is wrong in a text that a person wrote: all problems together, each with its file, line and path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, ClassVar

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from typing_extensions import override

from golive.errors import Invalid
from golive.model import Fact
from golive.words import N_, Sentence, Text, say

Place = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top of the document, `("stages", 2, "title")`."""

_SHORT = 3
"""Characters of a word in which one slip is already much of it, as of `=>` for `>=` and of `qq` for `qa`."""

SHOWN = 20
"""How many problems of one text are told; more would not be read. Of several texts, as many of each."""

KINDS = {
    "template": Text(en="template", zh="模板"),
    "checklist": Text(en="checklist", zh="检查清单"),
    "stage": Text(en="stage", zh="阶段"),
    "task": Text(en="task", zh="任务"),
    "approval": Text(en="approval", zh="审批"),
    "function": Text(en="function", zh="职能"),
    "group": Text(en="group", zh="组"),
    "parameter": Text(en="parameter", zh="参数"),
    "gate": Text(en="gate", zh="关卡"),
    "item": Text(en="item", zh="检查项"),
    "metric": Text(en="metric", zh="指标"),
    "person": Text(en="person", zh="人员"),
    "event": Text(en="event", zh="事件"),
    "test": Text(en="test", zh="测试"),
}
"""What a name can be the name of, in both languages."""


class Problem(Fact):
    """One thing that is wrong. `line` counts from 1, `path` reads `stages[2].title` or is empty.

    `code` is the stable name of what is wrong, `template_invalid` unless it has one of its own.
    """

    file: str
    line: int
    path: str
    sentence: Sentence
    code: str = "template_invalid"

    @property
    def told(self) -> Sentence:
        """The problem with where it is, as one sentence."""
        msgid = N_("{file}:{line}: {path}: {what}") if self.path else N_("{file}:{line}: {what}")
        return say(msgid, file=self.file, line=self.line, path=self.path, what=self.sentence)

    def error(self, message: str) -> dict[str, str | int]:
        """Return the problem, told as `message`, as one of `errors` in an answer to a program."""
        return {
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "path": self.path,
            "message": message,
        }

    @override
    def __str__(self) -> str:
        return str(self.told)


class InvalidSource(Invalid):
    """A template or checklist cannot be used. `problems` are all that was found, in the order of the text.

    The code is that of the first problem.
    The facts list the same problems in English, as `{"errors": [{"code", "file", "line", "path", "message"}]}`.
    """

    status: ClassVar[int] = 422

    def __init__(self, problems: Iterable[Problem], shown: int = SHOWN) -> None:
        once = {(p.file, p.line, p.path, str(p.sentence)): p for p in problems}
        found = [once[key] for key in sorted(once)]
        self.problems = tuple(found[:shown])
        more = len(found) - 1
        msgid = N_("{problem} (and {more} more)") if more else N_("{problem}")
        errors = [problem.error(str(problem.sentence)) for problem in self.problems]
        super().__init__(found[0].code, msgid, problem=found[0].told, more=more, facts={"errors": errors})


def invalid(code: str, sentence: Sentence, also: Sequence[Sentence] = (), **facts: Any) -> Invalid:
    """Return the refusal that says `sentence`, and `also` the others."""
    return Invalid(code, N_("{what}"), what=sentence, also=also, facts=facts)


def path_of(place: Place) -> str:
    """Write a place as people read it: `stages[2].tasks[0].title`."""
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:80]}" for step in place)
    return written.removeprefix(".")


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that was probably meant, or None when nothing is near."""
    if 1 < len(word) <= _SHORT:
        slips = sorted(one for one in known if len(one) == len(word) and OSA.distance(one, word) == 1)
        mixed_up = [one for one in slips if sorted(one) == sorted(word)]
        if slips:
            return (mixed_up or slips)[0]
    found = process.extractOne(word, sorted(known), scorer=fuzz.ratio, score_cutoff=60)
    return found[0] if found else None


def unknown(kind: str, name: str, known: Collection[str]) -> Sentence:
    """Return the sentence that there is no such thing, with the nearest one or all that there are."""
    if meant := nearest(name, known):
        msgid = N_("there is no {kind} “{name}”; did you mean “{nearest}”?")
        return say(msgid, kind=KINDS[kind], name=name, nearest=meant)
    msgid = N_("there is no {kind} “{name}”; there are: {known}")
    return say(msgid, kind=KINDS[kind], name=name, known=listed(known))


def listed(words: Iterable[str], limit: int = 12) -> str:
    """Write words as a short list, each once; what exceeds `limit` becomes an ellipsis, nothing at all a dash."""
    names = list(dict.fromkeys(words))
    return ", ".join(names[:limit] + ["…"] * (len(names) > limit)) or "–"
