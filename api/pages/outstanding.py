"""What stands out in a subject: what failed, was left out or has changed, so that nobody has to find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from api.language import whole
from api.schemas.subject import GateSigned, SignedShown, WorkSigned
from golive.words import N_, Language, Sentence, say


@dataclass(frozen=True, slots=True)
class Point:
    """Something to look at: how grave it is, what, and where on the page it stands."""

    kind: Literal["bad", "warn"]
    words: str
    where: str


Found = tuple[Literal["bad", "warn"], Sentence, str]


def outstanding(signed: SignedShown, language: Language, built: Sequence[Sentence] = ()) -> list[Point]:
    """Return what a signer should not miss: what is bad first, otherwise in the order of the page.

    `built` says how the run's present build differs from the one that the subject holds.
    """
    found = [*_builds(built), *_release(signed), *_work(signed), *_gates(signed)]
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


def _work(signed: SignedShown) -> Iterator[Found]:
    for n, work in enumerate(signed.work):
        for kind, sentence in _of_work(work):
            yield kind, sentence, place_of_work(n)


def _of_work(work: WorkSigned) -> Iterator[tuple[Literal["bad", "warn"], Sentence]]:
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


def _of_evidence(piece: Any, title: str) -> Iterator[tuple[Literal["bad", "warn"], Sentence]]:
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


def _gates(signed: SignedShown) -> Iterator[Found]:
    for n, gate in enumerate(signed.gates):
        for kind, sentence in _of_gate(gate):
            yield kind, sentence, place_of_gate(n)


def _of_gate(signed: GateSigned) -> Iterator[tuple[Literal["bad", "warn"], Sentence]]:
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
