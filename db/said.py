"""What people said in a run, kept where it can be listed: lessons, action items, comments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, update

from db.session import Session
from db.tables import actions, comments, lessons
from golive.events import Event


async def keep_what_was_said(session: Session, run_id: str, events: Iterable[Event]) -> None:
    """Write the rows that these events ask for; their texts were stored with the journal."""
    told: dict[str, list[dict[str, Any]]] = {
        "LessonAdded": [],
        "ActionAdded": [],
        "ActionClosed": [],
        "Commented": [],
    }
    for event in events:
        if event.type in told:
            told[event.type].append(_SHAPES[event.type](run_id, event))
    for table, rows in (
        (lessons, told["LessonAdded"]),
        (actions, told["ActionAdded"]),
        (comments, told["Commented"]),
    ):
        if rows:
            await session.execute(insert(table), rows)
    if told["ActionClosed"]:
        mine = (actions.c.run_id == bindparam("of_run")) & (actions.c.id == bindparam("the_id"))
        closed: dict[str, Any] = {"closed_by": bindparam("by_whom"), "closed_at": bindparam("when")}
        await session.execute(update(actions).where(mine).values(closed), told["ActionClosed"])


def _said(run_id: str, event: Event) -> dict[str, Any]:
    digest = (event.words.get("text") or next(iter(event.words.values()))).digest
    return {"run_id": run_id, "seq": event.seq, "text": digest, "by": event.actor.name, "at": event.at}


def _lesson(run_id: str, event: Event) -> dict[str, Any]:
    return _said(run_id, event) | {"id": event.payload["lesson"]}


def _action(run_id: str, event: Event) -> dict[str, Any]:
    due_at = datetime.fromisoformat(event.payload["due_at"])
    return _said(run_id, event) | {
        "id": event.payload["action"],
        "owner": event.payload["owner"],
        "reviews": event.payload.get("reviews"),
        "due_at": due_at,
    }


def _comment(run_id: str, event: Event) -> dict[str, Any]:
    about = event.payload.get("about") or ("" if event.object == "run" else event.object)
    return _said(run_id, event) | {"id": f"comment-{event.seq}", "about": about}


def _closing(run_id: str, event: Event) -> dict[str, Any]:
    return {
        "of_run": run_id,
        "the_id": event.payload["action"],
        "by_whom": event.actor.name,
        "when": event.at,
    }


_SHAPES = {"LessonAdded": _lesson, "ActionAdded": _action, "ActionClosed": _closing, "Commented": _comment}
