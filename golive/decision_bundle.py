"""A decision in one file: the receipts of who signed, and the export of the run's journal that proves them.

Whoever has it, the public key of the golive that made it, and the artifact, can tell whether the artifact was approved.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from golive.audit_export import Export, Row, Sealed, read_export
from golive.model import Fact
from golive.receipt_file import GRANTED, ReceiptFile, check_receipt, rows_about, taken_back, told, what_became
from golive.unproven import Unproven
from golive.words import N_


class Bundle(Fact):
    """The receipts of one approval, and the values of an export of its run."""

    format: Literal["golive-bundle/1"]
    receipts: tuple[ReceiptFile, ...] = Field(min_length=1)
    export: tuple[dict[str, Any], ...]


def check_bundle(bundle: Bundle, export: Export | None = None, key: str | None = None) -> Export:
    """Return the export that proves all of the bundle: its own, unless another is given. Raises Unproven.

    What is proved: each of its receipts, that together they led to their approval, and that nothing has unsettled it.
    """
    proof = export or read_export(bundle.export, key)
    for receipt in bundle.receipts:
        check_receipt(receipt, proof)
    deciding = _deciding(bundle, proof)
    for receipt in bundle.receipts:
        _check_counted(receipt, deciding, proof)
    return proof


def _deciding(bundle: Bundle, proof: Export) -> Row:
    """Return the decision by which the approval was granted; it is on the subject that was approved."""
    last = max(bundle.receipts, key=lambda receipt: receipt.seq)
    after = what_became(last, proof)
    if not after:
        raise Unproven(N_("“{title}” is not approved: the journal ends before it was."), title=last.title)
    if any(row.told.action == "GlassBroken" for row in after):
        raise Unproven(
            N_("“{title}” was granted against its rules, by breaking the glass."), title=last.title
        )
    if after[-1].told.action != GRANTED:
        raise Unproven(N_("“{title}” is not approved. {what}"), title=last.title, what=told(after[-1]))
    made = [row for row in rows_about(last, proof) if row.told.action == "DecisionMade"]
    return [row for row in made if row.told.seq < after[-1].told.seq][-1]


def _check_counted(receipt: ReceiptFile, deciding: Row, proof: Export) -> None:
    """Raise Unproven unless the decision is one of those by which the approval was granted."""
    made = proof.streams[receipt.run_id][receipt.seq - 1].told
    same = _asked(made) == _asked(deciding.told) and _lasted(receipt, made, deciding.told, proof)
    if receipt.decision != "approved" or not same or taken_back(receipt, proof):
        raise Unproven(
            N_("No. {seq}, by {by}, is not one of the decisions by which “{title}” was approved."),
            seq=receipt.seq,
            by=receipt.by,
            title=receipt.title,
        )


def _asked(decision: Sealed) -> tuple[object, ...]:
    """Return what a decision was asked for: which approval, on which subject."""
    return decision.stream, decision.object, decision.subject_digest


def _lasted(receipt: ReceiptFile, made: Sealed, deciding: Sealed, proof: Export) -> bool:
    """Tell whether a decision is of the round that granted, or stood through what asked others once more."""
    same_round = made.payload.get("round") == deciding.payload.get("round")
    return same_round or all(row.told.action in _ASKS_OTHERS for row in what_became(receipt, proof))


_ASKS_OTHERS = (GRANTED, "ApprovalRequested", "SignerLeft", "DecisionWithdrawn")
"""What lets the decisions of others stand: somebody lost their seat or took their decision back."""
