"""Evidence: what supports a task or a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from golive.canonical import digest
from golive.model import Fact
from golive.template import Requirement
from golive.vocabulary import URL, Digest, Meaning
from golive.words import Words


class Remark(Fact):
    """What a person observed, in their words."""

    type: Literal["remark"] = "remark"
    text: Words


class File(Fact):
    """A stored attachment; `sha256` are its bytes."""

    type: Literal["file"] = "file"
    attachment_id: str
    sha256: Digest


class Link(Fact):
    """A page elsewhere."""

    type: Literal["link"] = "link"
    url: Annotated[str, StringConstraints(pattern=URL, max_length=2000)]
    title: str | None = Field(default=None, max_length=200)


class Metric(Fact):
    """A value that a person read."""

    type: Literal["metric"] = "metric"
    name: str = Field(min_length=1, max_length=120)
    value: float = Field(allow_inf_nan=False)
    unit: str | None = Field(default=None, max_length=40)


class TestFacts(Fact):
    """What a JUnit XML document says, counted over all its suites."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    tests: int
    failures: int
    errors: int
    skipped: int

    def named(self) -> dict[str, float]:
        """Return the facts that gates judge. Skipped tests count neither as run nor as passed."""
        ran = self.tests - self.skipped
        passed = ran - self.failures - self.errors
        counted = {
            "tests": self.tests,
            "failures": self.failures,
            "errors": self.errors,
            "skipped": self.skipped,
            "passed": passed,
        }
        return counted | ({"pass_rate": passed / ran} if ran > 0 else {})


class TestResult(Fact):
    """A JUnit XML document, stored, and the facts read from it by the API."""

    __test__ = False

    type: Literal["test_result"] = "test_result"
    attachment_id: str
    sha256: Digest
    facts: TestFacts


class Signature(Fact):
    """The actor stands for what they did."""

    type: Literal["signature"] = "signature"
    meaning: Meaning = "responsible"


Evidence = Annotated[Remark | File | Link | Metric | TestResult | Signature, Field(discriminator="type")]


def facts_of(evidence: Iterable[Evidence]) -> dict[str, float]:
    """Return the facts that gates judge; what comes later replaces what came before."""
    facts: dict[str, float] = {}
    for piece in evidence:
        match piece:
            case Metric():
                facts[piece.name] = piece.value
            case TestResult():
                facts |= piece.facts.named()
            case _:
                pass
    return facts


def missing(requires: Iterable[Requirement], evidence: Iterable[Evidence]) -> list[tuple[Requirement, int]]:
    """Return what is required and not there, with how many are missing."""
    given = list(evidence)
    lacking = ((need, need.min - sum(_answers(need, piece) for piece in given)) for need in requires)
    return [(need, short) for need, short in lacking if short > 0]


def _answers(need: Requirement, piece: Evidence) -> bool:
    if piece.type != need.type:
        return False
    if isinstance(piece, Metric) and need.name is not None:
        return piece.name == need.name
    return not isinstance(piece, Remark) or bool(piece.text.text.strip())


def work_digest(evidence: list[object], items: Mapping[str, object]) -> str:
    """Return the digest of a task's evidence and of what came of each of its items, both sealed."""
    return digest({"evidence": evidence, "items": items})


def waiver_digest(reason: Digest) -> str:
    """Return the digest of the evidence of a task that does not apply: why, by its salted digest."""
    return digest([{"type": "remark", "text": reason}])


def sealed(evidence: Iterable[Evidence]) -> list[object]:
    """Return evidence as JSON in which free text stands as its salted digest: what a signature covers."""
    return [_sealed(piece) for piece in evidence]


def _sealed(piece: Evidence) -> object:
    if isinstance(piece, Remark):
        return {"type": "remark", "text": piece.text.digest}
    return piece.model_dump(mode="json")
