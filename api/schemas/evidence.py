"""Evidence, as given and as shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from api.schemas.given import Given, Reason
from api.schemas.named import AttachmentId, Many, Sha256
from api.schemas.shown import Shown
from golive.vocabulary import WEB, Meaning


class RemarkGiven(Given):
    """What a person observed."""

    type: Literal["remark"]
    text: Reason = Field(examples=["All three cards pass on the release candidate."])


class FileGiven(Given):
    """A file that was uploaded with POST /attachments."""

    type: Literal["file"]
    attachment_id: Annotated[AttachmentId, Field(max_length=300)]


class LinkGiven(Given):
    """A page elsewhere."""

    type: Literal["link"]
    url: str = Field(max_length=2000, pattern=WEB, examples=["https://ci.example.com/build/42"])
    title: str | None = Field(default=None, max_length=200)


class MetricGiven(Given):
    """A value that a person read."""

    type: Literal["metric"]
    name: str = Field(min_length=1, max_length=120, examples=["pass_rate"])
    value: float = Field(allow_inf_nan=False, strict=True, examples=[0.998])
    unit: str | None = Field(default=None, max_length=40)


class TestResultGiven(Given):
    """JUnit XML that was uploaded with POST /attachments; golive reads the figures from it."""

    type: Literal["test_result"]
    attachment_id: Annotated[AttachmentId, Field(max_length=300)]


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
    text: str | None = Field(examples=["All three cards pass on the release candidate."])


class FileShown(Shown):
    """A stored file and the digest of its bytes."""

    type: Literal["file"]
    attachment_id: AttachmentId
    sha256: Sha256


class LinkShown(Shown):
    """A page elsewhere."""

    type: Literal["link"]
    url: Annotated[str, Field(examples=["https://ci.example.com/build/42"])]
    title: str | None = None


class MetricShown(Shown):
    """A value that a person read."""

    type: Literal["metric"]
    name: Annotated[str, Field(examples=["pass_rate"])]
    value: Annotated[float, Field(examples=[0.998])]
    unit: str | None = None


class TestFactsShown(Shown):
    """What golive counted in the JUnit XML."""

    tests: Annotated[int, Field(examples=[120])]
    failures: Annotated[int, Field(examples=[0])]
    errors: Annotated[int, Field(examples=[0])]
    skipped: Many


class TestResultShown(Shown):
    """Stored JUnit XML, the digest of its bytes and the figures in it."""

    type: Literal["test_result"]
    attachment_id: AttachmentId
    sha256: Sha256
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
