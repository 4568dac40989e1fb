"""Receipts of decisions, and what changed between two subjects, as shown."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.language import tell
from api.schemas.named import ApprovalId, Chained, CommandId, FunctionName, Number, Person, RunId, Sha256
from api.schemas.shown import Moment, Shown
from golive.json_patch import patch
from golive.receipt_file import ReceiptFile
from golive.subject_changes import Change
from golive.vocabulary import DecisionName, Meaning
from golive.words import Language

_TITLE = {"en": "Release sign-off", "zh": "发布会签"}
_SUBJECT = {"release": {"service": "checkout", "version": "1.4.0", "artifacts": []}}
_PATCH = [{"op": "replace", "path": "/release/version", "value": "1.4.1"}]


class CommentShown(Shown):
    """What a decider wrote, with the salt of its digest in the journal; text and salt are null once it was erased."""

    digest: Sha256
    text: str | None = Field(examples=["The evidence is complete."])
    salt: str | None = Field(examples=["9f86d081884c7d65"])


class ReceiptFileShown(Shown):
    """A decision with all that is needed to verify it against an export of the audit log, without this golive."""

    format: str = Field(examples=["golive-receipt/1"])
    golive: str = Field(examples=["9f86d081884c7d65"], description="Which golive it is of.")
    run_id: RunId
    seq: Number
    hash: Chained
    decision_id: CommandId
    approval_id: ApprovalId
    title: dict[str, str] = Field(examples=[_TITLE])
    by: Person
    on_behalf_of: Person | None = Field(description="Who had handed over the seat that the decision fills.")
    functions: list[FunctionName]
    decision: DecisionName
    meaning: Meaning = Field(examples=["approved"])
    at: Moment
    digest: Sha256 = Field(
        description="The SHA-256 of the canonical JSON (RFC 8785) of `parts`, each of which is that of a part of "
        "`subject`."
    )
    parts: dict[str, Sha256] = Field(examples=[{"release": f"sha256:{'a' * 64}"}])
    subject: dict[str, Any] | None = Field(
        examples=[_SUBJECT], description="What was signed; null for decisions of before it was kept."
    )
    comment: CommentShown | None

    @classmethod
    def of(cls, receipt: ReceiptFile) -> ReceiptFileShown:
        """Return `receipt` with every field."""
        return cls.taken(receipt, title=receipt.title.model_dump())


class ChangeShown(Shown):
    """One difference between two subjects, in the part that it belongs to."""

    part: Annotated[str, Field(examples=["release"])]
    what: Annotated[str, Field(examples=["the version is 1.4.1; before: 1.4.0"])]


class ChangesShown(Shown):
    """What changed in the subject of an approval since the one that `since` is the digest of."""

    since: Sha256
    digest: Sha256
    changes: list[ChangeShown]
    patch: list[dict[str, Any]] = Field(
        examples=[_PATCH], description="JSON Patch (RFC 6902): makes the present subject out of that one."
    )

    @classmethod
    def of(
        cls,
        since: tuple[str, dict[str, Any]],
        now: tuple[str, dict[str, Any]],
        told: tuple[Change, ...],
        language: Language,
    ) -> ChangesShown:
        """Return the difference between two subjects, each with its digest, as `told` for a reader of `language`."""
        return cls(
            since=since[0],
            digest=now[0],
            changes=[ChangeShown(part=each.part, what=tell(each.sentence, language)) for each in told],
            patch=patch(since[1], now[1]),
        )
