"""What `record` refuses for good. Trying again cannot help, so the activity edge tells Temporal not to."""

from __future__ import annotations

from typing import ClassVar


class RecordRefused(Exception):
    """A batch that SQL must not take. `type` is the stable name by which workflows and alerts know it."""

    type: ClassVar[str] = "golive.record_refused"


class JournalConflict(RecordRefused):
    """A number of the journal exists with other content: a reset or forged run."""

    type = "golive.journal_conflict"


class GivenUp(RecordRefused):
    """A run that golive shows as ended, because its workflow was lost: it never comes back to life."""

    type = "golive.given_up"


class JournalBehind(Exception):
    """The journal ends before the batch begins: the database was restored from an older backup.

    Not refused for good: when what is missing has been written, the batch fits.
    """

    type: ClassVar[str] = "golive.journal_behind"


class ForgedStart(RecordRefused):
    """A run that no key of golive's signed, or another start under the id of a run that exists."""

    type = "golive.forged_start"


class Unrecordable(RecordRefused):
    """Content that cannot be written: not JSON, or about a task or approval that the plan does not have."""

    type = "golive.unrecordable"
