"""Where a page hears of news, from how far it shows on; read in its own snapshot, so that nothing is missed."""

from __future__ import annotations

from urllib.parse import urlencode

from db.news import stamp_of_all, stamps_of_people, stamps_of_runs
from db.session import Session


async def news_about(sql: Session, run_id: str, about: str) -> str:
    """Return where the page of `about` hears of it: `task:REF` or `approval:REF` of a run."""
    stamps = await stamps_of_runs(sql, [run_id])
    return f"/runs/{run_id}/news?{urlencode({'about': about, 'after': stamps[run_id]})}"


async def news_of_work(sql: Session, name: str) -> str:
    """Return where the page of a person's work hears of it."""
    return f"/my-work/news?{urlencode({'after': (await stamps_of_people(sql, [name]))[name]})}"


async def news_of_runs(sql: Session) -> str:
    """Return where a list of runs hears of them."""
    return f"/runs/news?{urlencode({'after': await stamp_of_all(sql)})}"
