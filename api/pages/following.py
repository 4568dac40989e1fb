"""Where a page hears of news, from how far it shows on; read in its own snapshot, so that nothing is missed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from db.asked import asked_of, stamp_of_work
from db.listing import entries, stamp_of_list
from db.news import stamps_of_runs
from db.session import Session


async def news_about(sql: Session, run_id: str, path: str, **shown: str) -> str:
    """Return where the page at `path`, of a task or an approval of a run, hears of it; `shown` is what it shows."""
    stamps = await stamps_of_runs(sql, [run_id])
    return f"{path}/news?{urlencode({**shown, 'after': stamps[run_id]})}"


async def news_of_work(sql: Session, name: str, cursor: str | None) -> str:
    """Return where a page of a person's work hears of it."""
    stamp = stamp_of_work((await asked_of(sql, [name]))[name])
    return f"/my-work/news?{urlencode({**({'cursor': cursor} if cursor else {}), 'after': stamp})}"


async def stamp_of_runs(sql: Session, which: dict[str, Any]) -> str:
    """Return how far the list of runs has come that is asked for by `which`."""
    return stamp_of_list(await entries(sql, **which))
