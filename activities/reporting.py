"""Writing the review report."""

from __future__ import annotations

from temporalio import activity

from db.session import Database
from golive.effects import ReportWritten, WriteReport


class Reporting:
    """Builds reports from SQL and keeps them there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def write_report(self, order: WriteReport) -> ReportWritten:
        """Write the report of a run."""
        raise RuntimeError("being written")
