"""What stands out in a subject: what failed, was left out or has changed, so that nobody has to find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from api.language import whole
from api.schemas.subject import GateSigned, SignedShown, WorkSigned
from golive.words import N_, Language, Sentence, say

T = TypeVar("T")
Kind = Literal["bad", "warn"]
Said = tuple[Kind, Sentence]
Found = tuple[Kind, Sentence, str]


@dataclass(frozen=True, slots=True)
class Point:
    """Something to look at: how grave it is, what, and where on the page it stands."""

    kind: Kind
    words: str
    where: str


def outstanding(signed: SignedShown, language: Language, built: Sequence[Sentence] = ()) -> list[Point]:
    """Return what a signer should not miss: what is bad first, otherwise in the order of the page.

    `built` says how the run's present build differs from the one that the subject holds.
    """
    work = _each(signed.work, _of_work, place_of_work)
    gates = _each(signed.gates, _of_gate, place_of_gate)
    found = [*_builds(built), *_release(signed), *work, *gates]
    points = [Point(kind, whole(sentence, language), where) for kind, sentence, where in found]
    return sorted(points, key=lambda point: point.kind)


def place_of_work(n: int) -> str:
    """Return the anchor of the n-th piece of work on the page."""
    return f"work-{n}"


def place_of_gate(n: int) -> str:
    """Return the anchor of the n-th gate on the page."""
    return f"gate-{n}"


def _builds(built: Sequence[Sentence]) -> Iterator[Found]:
    if built:
        said = N_("the build has changed since this subject was put together, so nobody signs it any more")
        yield "bad", say(said), "release"
    for change in built:
        yield "bad", change, "release"


def _release(signed: SignedShown) -> Iterator[Found]:
    if not signed.release.authors:
        said = N_("nobody is named as having made the artifact, so nobody is kept from signing for it")
        yield "warn", say(said), "release"


def _each(
    listed: Sequence[T], about: Callable[[T], Iterator[Said]], place: Callable[[int], str]
) -> Iterator[Found]:
    """Yield what `about` finds in each of what is listed, with where that stands on the page."""
    for n, one in enumerate(listed):
        for kind, sentence in about(one):
            yield kind, sentence, place(n)


def _of_work(work: WorkSigned) -> Iterator[Said]:
    title = work.title
    if not work.as_signed:
        yield "bad", say(N_("“{title}” has changed since this subject was put together"), title=title)
    if work.state == "not_applicable":
        yield "warn", say(N_("“{title}” was set not applicable"), title=title)
    elif work.state != "done":
        yield "bad", say(N_("“{title}” is {state}"), title=title, state=work.state)
    for item in work.items:
        if item.state == "fail":
            yield "bad", say(N_("“{item}” failed in “{title}”"), item=item.text, title=title)
        elif item.state == "not_applicable":
            yield "warn", say(N_("“{item}” does not apply in “{title}”"), item=item.text, title=title)
    for piece in [*work.evidence, *(piece for item in work.items for piece in item.evidence)]:
        yield from _of_evidence(piece, title)


def _of_evidence(piece: Any, title: str) -> Iterator[Said]:
    if piece.type == "test_result":
        wrong = piece.facts.failures + piece.facts.errors
        if wrong:
            said = N_("tests that do not pass in “{title}”: {wrong} of {tests}")
            yield "bad", say(said, wrong=wrong, tests=piece.facts.tests, title=title)
        if piece.facts.skipped:
            said = N_("tests that were skipped in “{title}”: {skipped} of {tests}")
            yield "warn", say(said, skipped=piece.facts.skipped, tests=piece.facts.tests, title=title)
    elif piece.type == "remark" and piece.text is None:
        yield "warn", say(N_("a remark in “{title}” was erased"), title=title)


def _of_gate(signed: GateSigned) -> Iterator[Said]:
    gate = signed.gate
    if not signed.as_signed:
        said = N_("the gate “{title}” has changed since this subject was put together")
        yield "bad", say(said, title=gate.title)
    for check in gate.checks:
        if check.state in ("fail", "error"):
            yield "bad", say(_CHECK, title=check.title, gate=gate.title, state=check.state)
        elif check.state != "pass":
            yield "warn", say(_CHECK, title=check.title, gate=gate.title, state=check.state)


_CHECK = N_("the check “{title}” of “{gate}”: {state}")
