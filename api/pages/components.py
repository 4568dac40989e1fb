"""The parts that pages are made of, on a page of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.pages.acting import NOT_TRIED, Tried
from api.pages.rendering import page
from api.pages.visiting import ReaderDep
from golive.words import N_
from language import translator

router = APIRouter(include_in_schema=False)


@router.get("/components")
async def components(visit: ReaderDep) -> Response:
    """Show each part with an example."""
    told = translator(visit.language)
    refused = Tried(
        "/components/refused", {"reason": "too big"}, {"detail": told(N_("Say more.")), "field": "reason"}
    )
    return page(
        visit,
        "components.html",
        tried=NOT_TRIED,
        refused=refused,
        soon=visit.now + timedelta(hours=3),
        a_gate=_gate(told(N_("What is measured")), visit.now),
        a_rollout=_rollout(told(N_("a quarter of the traffic")), visit.now),
        events=_events(told(N_("What somebody wrote.")), visit.now),
    )


def _gate(title: str, now: datetime) -> dict[str, Any]:
    fact = {"title": title, "compare": "<=", "threshold": 0.01, "cause": None, "countermeasures": ()}
    checks = [
        fact | {"key": "a", "state": "pass", "observed": 0.002, "observed_at": now},
        fact | {"key": "b", "state": "fail", "observed": 0.02, "observed_at": now},
        fact | {"key": "c", "state": "not_run", "observed": None, "observed_at": None},
    ]
    return {"key": "gate", "title": title, "state": "open", "on": "exit", "checks": checks}


def _rollout(what: str, now: datetime) -> dict[str, Any]:
    at = {"step": 1, "steps": 4, "weight": 25, "what": what, "since": now, "until": now + timedelta(hours=1)}
    return at | {"state": "paused", "verdict": "healthy", "cause": None}


def _events(said: str, now: datetime) -> list[dict[str, Any]]:
    return [
        {"seq": n, "at": now, "kind": kind, "summary": kind, "href": None, "said": words}
        for n, (kind, words) in enumerate((("good", ()), ("busy", (said,)), ("warn", (None,)), ("bad", ())))
    ]
