"""Telling people: to the log for now; channels come behind the same activity."""

from __future__ import annotations

import json
import logging
from typing import Any

from temporalio import activity

from db import notifications
from db.session import Database, Session
from golive.effects import Notify, thread_of

LOG = logging.getLogger("golive.notifications")
LOGGED, UNSENT = "logged", "unsent"
"""What becomes of a message: it was told, or nobody had to be told it any more."""


class Notifying:
    """Delivers messages; each key is told once, however often the activity is tried."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def notify(self, message: Notify) -> str:
        """Deliver a message and return the outcome of the delivery in one word, `logged` or `unsent`.

        Whoever need not decide any more is not asked, and who was never asked is not told that they need not: the two
        messages of a request wait for each other. A worker that dies between the log and SQL logs the line twice, with
        the same key: better than never.
        """
        async with self.database.reading() as session:
            known = await notifications.outcome_of(session, message.key)
        if known is not None:
            return known
        async with self.database.transaction() as session:
            told = await _still_told(session, message)
            sent = told.to or told.quietly
            if sent:
                LOG.info("%s", _line(told))
            return await notifications.save_outcome(session, told, LOGGED if sent else UNSENT)


async def _still_told(session: Session, message: Notify) -> Notify:
    """Return the message with those alone whom it still has to reach."""
    if message.asks is not None:
        still = await notifications.ask(session, message.asks, message.to, message.at_seq)
    elif message.closes is not None:
        everybody = (*message.to, *message.quietly)
        still = await notifications.close(session, message.closes, everybody, message.at_seq)
    else:
        return message
    to, quietly = (tuple(name for name in names if name in still) for names in (message.to, message.quietly))
    return message.model_copy(update={"to": to, "quietly": quietly})


def _line(message: Notify) -> str:
    """Write the message as one line of JSON, so that a log collector can pick it up."""
    said = {
        "event": "notify",
        "key": message.key,
        "run": message.run_id,
        "to": list(message.to),
        "text": str(message.sentence),
        "link": message.link,
    }
    return json.dumps(said | _about_request(message), ensure_ascii=False)


def _about_request(message: Notify) -> dict[str, Any]:
    """Return which request a message opens or closes, and the thread of each person in it."""
    request = message.asks or message.closes
    if request is None:
        return {}
    threads = {name: thread_of(request, name) for name in (*message.to, *message.quietly)}
    about: dict[str, Any] = {"asks" if message.asks else "closes": request, "threads": threads}
    return about | ({"quietly": list(message.quietly)} if message.quietly else {})
