"""Writing the review report: read the run's story, tell it four times, keep it."""

from __future__ import annotations

import asyncio

from temporalio import activity

from activities.report.composing import compose
from activities.report.rendering import FORMATS, LANGUAGES, render
from db.reports import Format, save_report
from db.session import Database
from db.story import Story, story_of
from golive.canonical import digest
from golive.effects import ReportWritten, WriteReport
from golive.words import Language


class Reporting:
    """Writes reports from SQL alone. Written again, a report of the same kind replaces the earlier one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def write_report(self, order: WriteReport) -> ReportWritten:
        """Write the report in English and Chinese, as HTML and as Markdown; return one digest of all four."""
        async with self._database.reading() as session:
            story = await story_of(session, order.run_id)
        # A run of 1,000 tasks takes a while to tell; the worker's loop goes on meanwhile.
        written = await asyncio.to_thread(_write, story, order)
        digests = {}
        async with self._database.transaction() as session:
            for (language, format_), content in written.items():
                kept = await save_report(
                    session,
                    run_id=order.run_id,
                    language=language,
                    format=format_,
                    kind=order.stage,
                    content=content,
                )
                digests[f"{language}.{format_}"] = kept.digest
        return ReportWritten(digest=digest(digests))


def _write(story: Story, order: WriteReport) -> dict[tuple[Language, Format], str]:
    document = compose(story, order.stage, order.outcome)
    return {
        (language, format_): render(document, language, format_)
        for language in LANGUAGES
        for format_ in FORMATS
    }
