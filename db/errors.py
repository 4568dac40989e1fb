"""What `record` refuses for good. Trying again cannot help, so the activity edge tells Temporal not to."""

from __future__ import annotations

from typing import ClassVar


class RecordRefused(Exception):
    """A batch that SQL must not take. `type` is the stable name by which workflows and alerts know it."""

    type: ClassVar[str] = "golive.record_refused"


class JournalConflict(RecordRefused):
    """A number of the journal exists with other content, or would leave a gap: a reset or forged run."""

    type = "golive.journal_conflict"


class ForgedStart(RecordRefused):
    """A run that no key of golive's signed, or another start under the id of a run that exists."""

    type = "golive.forged_start"


class Unrecordable(RecordRefused):
    """Content that cannot be written: not JSON, or about a task or approval that the plan does not have."""

    type = "golive.unrecordable"
