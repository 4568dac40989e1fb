"""The receipt of a decision as a file: what was decided by whom on what, and where the journal has it.

It is verified against an export of the journal, without the golive that both are of: the receipt must hold together by
itself, and the row with its number must have its hash and say the same, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import AwareDatetime

from golive.audit_export import Export, Row, Sealed
from golive.canonical import digest
from golive.events import summary
from golive.model import Fact
from golive.names import parted
from golive.subject import whole_digest
from golive.unproven import Unproven
from golive.vocabulary import DecisionName, Digest, Meaning
from golive.words import N_, Sentence, Text, Words, say


class Comment(Fact):
    """What the person wrote: the digest that the journal has of it, and text and salt, None when they were erased."""

    digest: Digest
    text: str | None
    salt: str | None


class ReceiptFile(Fact):
    """A decision with all that is needed to verify it.

    `run_id` is also the name of the stream in which no. `seq` has the hash `hash`. `digest` is what was signed: that
    of `parts`, the digests of the parts of `subject`, which is None where it was not kept. `golive` is the identity of
    the golive that wrote it.
    """

    format: Literal["golive-receipt/1"]
    golive: str
    run_id: str
    seq: int
    hash: str
    decision_id: str
    approval_id: str
    title: Text
    by: str
    on_behalf_of: str | None
    functions: tuple[str, ...]
    decision: DecisionName
    meaning: Meaning
    at: AwareDatetime
    digest: Digest
    parts: dict[str, Digest]
    subject: dict[str, Any] | None
    comment: Comment | None


def receipt_of(golive: str, row: Row, subject: dict[str, Any] | None, comment: Comment | None) -> ReceiptFile:
    """Return the receipt of the decision that `row` tells, on `subject`."""
    told = row.told
    return ReceiptFile(
        format="golive-receipt/1",
        golive=golive,
        run_id=told.stream,
        seq=told.seq,
        hash=row.hash,
        subject=subject,
        **_decision(row) | {"comment": comment},
    )


def check_receipt(receipt: ReceiptFile, export: Export) -> None:
    """Raise Unproven unless the export proves the receipt."""
    _check_whole(receipt)
    row = _row(receipt, export)
    if row.told.action != "DecisionMade" or row.told.outcome != "done":
        raise Unproven(
            N_("No. {seq} of the export is not a decision but {action}."),
            seq=receipt.seq,
            action=row.told.action,
        )
    written = receipt.model_dump(mode="json")
    for name, found in _decision(row).items():
        said = written[name]["digest"] if name == "comment" and receipt.comment else written[name]
        if said != found:
            raise Unproven(
                N_(
                    "The receipt says of {field}: {said}; the journal says: {found}. The receipt was changed."
                ),
                field=name,
                said=_plain(said),
                found=_plain(found),
            )


def _check_whole(receipt: ReceiptFile) -> None:
    """Raise Unproven unless subject, parts, digest and comment of the receipt fit one another."""
    if whole_digest(dict(receipt.parts)) != receipt.digest:
        raise Unproven(
            N_("The digests of the parts on the receipt do not make the digest that it says was signed.")
        )
    if receipt.subject is not None:
        _check_subject(receipt.subject, receipt.parts)
    comment = receipt.comment
    if comment and comment.text is not None and _sealed(comment) != comment.digest:
        raise Unproven(N_("The comment on the receipt is not what was written."))


def _check_subject(subject: dict[str, Any], parts: dict[str, Digest]) -> None:
    """Raise Unproven unless the subject has exactly these parts, each with its digest."""
    for part in {**parts, **subject}:
        if part not in subject or _digest(subject[part]) != parts.get(part):
            raise Unproven(
                N_("The part “{part}” of the subject on the receipt is not what was signed."), part=part
            )


def _digest(value: Any) -> str | None:
    """Return the digest of a part; None of what nobody can have signed, since it has no canonical JSON."""
    try:
        return digest(value)
    except ValueError:  # a number that JSON cannot say exactly, or half a character
        return None


def _sealed(comment: Comment) -> str | None:
    try:
        return Words(text=comment.text or "", salt=comment.salt or "").digest
    except UnicodeEncodeError:  # half a character
        return None


def _row(receipt: ReceiptFile, export: Export) -> Row:
    """Return the row that the receipt names, with the hash that it names."""
    there = export.checkpoint.golive
    if there != receipt.golive:
        raise Unproven(
            N_("The receipt is of the golive {here}, the export of another: {there}."),
            here=receipt.golive,
            there=there,
        )
    rows = export.streams.get(receipt.run_id)
    if rows is None:
        raise Unproven(N_("The export holds nothing of the run {run}."), run=receipt.run_id)
    if not 1 <= receipt.seq <= len(rows):
        raise Unproven(
            N_("The export has no number {seq} of the run {run}: it ends at {last}."),
            seq=receipt.seq,
            run=receipt.run_id,
            last=len(rows),
        )
    row = rows[receipt.seq - 1]
    if row.hash != receipt.hash:
        raise Unproven(
            N_("The receipt says hash {expected}, the journal says {found}: one of them was changed."),
            expected=receipt.hash,
            found=row.hash,
        )
    return row


def _decision(row: Row) -> dict[str, Any]:
    """Return what a row tells of a decision, as JSON, by the fields of its receipt; of the comment its digest."""
    told, payload = row.told, row.told.payload
    return {
        "decision_id": told.command_id or f"{told.stream}-{told.seq}",
        "approval_id": f"{told.stream}.{told.object.removeprefix('approval:')}",
        "title": payload.get("title"),
        "by": told.actor,
        "on_behalf_of": told.on_behalf_of,
        "functions": payload.get("functions"),
        "decision": payload.get("decision"),
        "meaning": payload.get("meaning"),
        "at": told.model_dump(mode="json")["occurred_at"],
        "digest": told.subject_digest,
        "parts": payload.get("parts"),
        "comment": told.words.get("comment"),
    }


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return ", ".join(map(str, value)) or "–" if isinstance(value, list) else str(value)


# -- what became of it ---------------------------------------------------------------------------------------

GRANTED = "ApprovalGranted"
_SETTLES = (
    GRANTED,
    "ApprovalRejected",
    "ApprovalReturned",
    "ApprovalExpired",
    "ApprovalRequested",
    "DecisionsStale",
    "DecisionWithdrawn",
    "SignerLeft",
    "GlassBroken",
)


def what_became(receipt: ReceiptFile, export: Export) -> list[Row]:
    """Return the rows after the decision by which its approval was granted, refused, or asked for again."""
    after = (row for row in rows_about(receipt, export) if row.told.seq > receipt.seq)
    return [row for row in after if row.told.action in _SETTLES]


def rows_about(receipt: ReceiptFile, export: Export) -> list[Row]:
    """Return the rows about the approval that was decided on."""
    about = f"approval:{parted(receipt.approval_id)[1]}"
    return [row for row in export.streams[receipt.run_id] if row.told.object == about]


def taken_back(receipt: ReceiptFile, export: Export) -> bool:
    """Tell whether the decision was withdrawn, or lost with the seat of who made it."""
    return any(_takes_back(row.told, receipt.by) for row in what_became(receipt, export))


def _takes_back(told: Sealed, who: str) -> bool:
    withdrawn = told.action == "DecisionWithdrawn" and told.actor == who
    left = told.action == "SignerLeft" and told.payload.get("who") == who
    return withdrawn or (left and bool(told.payload.get("stale", True)))


def told(row: Row) -> Sentence:
    """Return what a row tells, with its number."""
    said = summary(row.told.action, row.told.actor, row.told.payload)
    return say(N_("No. {seq}: {what}"), seq=row.told.seq, what=said)


# -- what it is about ----------------------------------------------------------------------------------------


def check_artifact(receipt: ReceiptFile, name: str, digest: str) -> str:
    """Return by which name the receipt's subject has an artifact of this `digest`. Raises Unproven: `name` is none."""
    if receipt.subject is None:
        raise Unproven(
            N_("The receipt does not hold its subject, so it cannot be told which artifacts were signed.")
        )
    artifacts = receipt.subject["release"]["artifacts"]
    for artifact in artifacts:
        if artifact["digest"] == digest:
            return str(artifact["name"])
    raise Unproven(
        N_("{name} ({digest}) is not what {by} signed; that is: {signed}."),
        name=name,
        digest=digest,
        by=receipt.by,
        signed=_listed(artifacts),
    )


def _listed(artifacts: Iterable[dict[str, str]]) -> str:
    return ", ".join(_shown(artifacts))


def _shown(artifacts: Iterable[dict[str, str]]) -> Iterator[str]:
    return (f"{artifact['name']} ({artifact['digest']})" for artifact in artifacts)
