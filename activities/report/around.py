"""What people did around the decisions: took them back, handed them over, had others sign, kept others informed."""

from __future__ import annotations

from datetime import datetime

from activities.report.document import Block, Cell, table
from activities.report.told import Told, phrase, reason_of
from activities.report.waits import time_of
from db.views import JournalRow
from golive.commands import GOLIVE
from golive.words import N_, Sentence, say

_DID = {
    "DecisionWithdrawn": N_("withdrew the decision"),
    "DecisionDelegated": N_("handed the decision over"),
    "DelegationEnded": N_("took back what was handed over"),
    "DelegationDropped": N_("took back what was handed over"),
    "DeputyStandsIn": N_("is away, a deputy stands in"),
    "SignersAdded": N_("added signers"),
    "PeopleInformed": N_("kept people informed"),
    "SignerLeft": N_("left, and the decision no longer counts"),
}
_ADDED = {"before": N_("added signers before"), "after": N_("added signers after")}


def around(told: Told) -> Block | None:
    """Tell each of these acts with its reason and, where it is for a time, its dates; None when there was none."""
    acts = [row for row in told.events(*_DID) if _was_done(row)]
    if not acts:
        return None
    columns = (
        say(N_("time")),
        say(N_("approval")),
        say(N_("who")),
        say(N_("what")),
        say(N_("whom")),
        say(N_("since")),
        say(N_("until")),
        say(N_("why")),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            time_of(row),
            told.title(row.object),
            _who(row),
            _did(row),
            phrase(row.payload.get("people") or row.payload.get("to")),
            _moment(row, "since"),
            _moment(row, "until"),
            _why(row),
        )
        for row in acts
    ]
    return table(say(N_("Around the decisions")), columns, rows, none=say(N_("Nothing.")))


def withdrawal(told: Told, decision: JournalRow) -> JournalRow | None:
    """Return the row by which a decision was taken back; None where it was not."""
    return next((row for row in told.events("DecisionWithdrawn") if _takes_back(row, decision)), None)


def _takes_back(row: JournalRow, decision: JournalRow) -> bool:
    return row.seq > decision.seq and (row.object, row.actor) == (decision.object, decision.actor)


def _was_done(row: JournalRow) -> bool:
    """Tell a hand-over that somebody took back from one whose time was over, which its dates tell already."""
    return not (row.action.startswith("Delegation") and row.actor == GOLIVE.name)


def _who(row: JournalRow) -> Cell:
    named = {"DeputyStandsIn": "by", "SignerLeft": "who"}.get(row.action)
    return phrase(row.payload[named]) if named else row.actor


def _did(row: JournalRow) -> Sentence:
    return say(_ADDED.get(str(row.payload.get("place")), _DID[row.action]))


def _moment(row: JournalRow, name: str) -> datetime | None:
    written = row.payload.get(name)
    return datetime.fromisoformat(written) if written else None


def _why(row: JournalRow) -> Cell:
    if row.action == "PeopleInformed":
        return row.words.get("comment")
    return phrase(row.payload["why"]) if row.action == "SignerLeft" else reason_of(row)
