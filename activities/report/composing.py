"""From the story of a run to the document that tells it: the parts of the report, in order."""

from __future__ import annotations

from activities.report.amending import amendments
from activities.report.decisions import decisions
from activities.report.document import Document
from activities.report.gates import alerts, gates
from activities.report.outcome import back_out, lead, outcome, release
from activities.report.review import comments, journal, lessons
from activities.report.times import planned_and_actual, where_time_went
from activities.report.told import Kind, Told
from activities.report.traffic import traffic
from activities.report.waits import waits_of
from activities.report.work import interruptions, tasks
from db.story import Story
from golive.vocabulary import EndedName


def compose(story: Story, kind: Kind, outcome_of_run: EndedName | None) -> Document:
    """Return the report of a run. It depends on the story alone, so writing it again gives the same."""
    told = Told(story, kind, outcome_of_run)
    waits = waits_of(story.run, story.events, told.until)
    parts = (
        outcome(told),
        release(told),
        planned_and_actual(told),
        where_time_went(told, waits),
        decisions(told),
        amendments(told),
        gates(told),
        alerts(told),
        traffic(told),
        back_out(told),
        interruptions(told, waits),
        tasks(told, waits),
        lessons(told),
        comments(told),
        journal(told),
    )
    return Document(
        title=story.run.title,
        kind=kind,
        lead=lead(told),
        time_zone=story.run.plan.calendar.time_zone,
        sections=tuple(part for part in parts if part is not None),
    )
