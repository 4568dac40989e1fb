"""All that SQL knows of one run, for its report: read at once, in a number of queries that no run raises."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from db.events import events_after
from db.lessons import ActionView, CommentView, LessonView, actions_of_run, comments_of_run, lessons_of_run
from db.measurements import Measurement
from db.queries import get_run
from db.session import Session, fields_of
from db.tables import measurements
from db.views import JournalRow, RunWhole


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A run from its start to the last row of its journal, in one snapshot."""

    run: RunWhole
    events: tuple[JournalRow, ...]
    measurements: tuple[Measurement, ...]
    lessons: tuple[LessonView, ...]
    actions: tuple[ActionView, ...]
    comments: tuple[CommentView, ...]


async def story_of(session: Session, run_id: str) -> Story:
    """Return the story of a run. Raises NotFound (`unknown_run`)."""
    run = await get_run(session, run_id)
    events = await events_after(session, run_id, limit=run.seq)
    return Story(
        run=run,
        events=events,
        measurements=await _measured(session, run_id, events),
        lessons=await lessons_of_run(session, run_id),
        actions=await actions_of_run(session, run_id),
        comments=await comments_of_run(session, run_id),
    )


async def _measured(session: Session, run_id: str, events: tuple[JournalRow, ...]) -> tuple[Measurement, ...]:
    keys = watch_keys(run_id, events).values()
    found = select(measurements).where(measurements.c.key.in_(keys))
    rows = await session.execute(found.order_by(measurements.c.at, measurements.c.metric, measurements.c.n))
    return tuple(Measurement(**fields_of(row)) for row in rows)


def watch_keys(run_id: str, events: tuple[JournalRow, ...]) -> dict[int, str]:
    """Return under which key each rollout step was watched, by the number of the event that started it.

    A retry, and a new build, let a rollout that has been entered begin another attempt.
    """
    attempts: dict[str, int] = {}
    keys: dict[int, str] = {}
    for event in events:
        stage = event.object.partition(":")[2]
        if event.action == "StageOpened":
            attempts[stage] = 0
        elif event.action == "RolloutRestarted":
            attempts[stage] += 1
        elif event.action == "BuildReplaced":
            attempts = {entered: attempt + 1 for entered, attempt in attempts.items()}
        elif event.action == "RolloutStepStarted":
            keys[event.seq] = f"{run_id}/{stage}/{attempts[stage]}/{event.payload['step'] - 1}"
    return keys
