"""Evidence, as given and as shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from api.schemas.given import Given, Id, Reason
from api.schemas.shown import Shown
from golive.vocabulary import URL, Digest, Meaning


class RemarkGiven(Given):
    """What a person observed."""

    type: Literal["remark"]
    text: Reason


class FileGiven(Given):
    """A file that was uploaded with POST /attachments."""

    type: Literal["file"]
    attachment_id: Id


class LinkGiven(Given):
    """A page elsewhere."""

    type: Literal["link"]
    url: str = Field(max_length=2000, pattern=URL, examples=["https://ci.example.com/build/42"])
    title: str | None = Field(default=None, max_length=200)


class MetricGiven(Given):
    """A value that a person read."""

    type: Literal["metric"]
    name: str = Field(min_length=1, max_length=120)
    value: float = Field(allow_inf_nan=False)
    unit: str | None = Field(default=None, max_length=40)


class TestResultGiven(Given):
    """JUnit XML that was uploaded with POST /attachments; golive reads the figures from it."""

    type: Literal["test_result"]
    attachment_id: Id


class SignatureGiven(Given):
    """The sender stands for what they did."""

    type: Literal["signature"]
    meaning: Meaning = "responsible"


EvidenceGiven = Annotated[
    RemarkGiven | FileGiven | LinkGiven | MetricGiven | TestResultGiven | SignatureGiven,
    Field(discriminator="type"),
]


class RemarkShown(Shown):
    """What a person observed; null when the text was erased."""

    type: Literal["remark"]
    text: str | None


class FileShown(Shown):
    """A stored file and the digest of its bytes."""

    type: Literal["file"]
    attachment_id: str
    sha256: Digest


class LinkShown(Shown):
    """A page elsewhere."""

    type: Literal["link"]
    url: str
    title: str | None = None


class MetricShown(Shown):
    """A value that a person read."""

    type: Literal["metric"]
    name: str
    value: float
    unit: str | None = None


class TestFactsShown(Shown):
    """What golive counted in the JUnit XML."""

    tests: int
    failures: int
    errors: int
    skipped: int


class TestResultShown(Shown):
    """Stored JUnit XML, the digest of its bytes and the figures in it."""

    type: Literal["test_result"]
    attachment_id: str
    sha256: Digest
    facts: TestFactsShown


class SignatureShown(Shown):
    """The person stands for what they did."""

    type: Literal["signature"]
    meaning: Meaning = "responsible"


EvidenceShown = Annotated[
    RemarkShown | FileShown | LinkShown | MetricShown | TestResultShown | SignatureShown,
    Field(discriminator="type"),
]
_SHOWN: TypeAdapter[Any] = TypeAdapter(list[EvidenceShown])


def evidence_shown(evidence: tuple[dict[str, Any], ...]) -> list[Any]:
    """Return stored evidence with every field."""
    shown: list[Any] = _SHOWN.validate_python(list(evidence))
    return shown
