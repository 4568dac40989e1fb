"""The bundled templates, and for each the plan of one example: a start on a fixed Monday, with people enough."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from api.prepare import bundled as shipped
from docs.generate.rendering import DOCS
from golive.forecast import Preview, preview
from golive.people import People
from golive.plan import Plan
from golive.planning import Outline, StartRequest, check_template, make_plan
from golive.template_source import Library

EXAMPLE_DAY = date(2027, 3, 1)
"""A Monday."""
PEOPLE_EACH = 4


@cache
def bundled() -> Library:
    """Return what is shipped. Raises InvalidSource for a faulty one."""
    return shipped(DOCS.parent)


@cache
def outline(name: str) -> Outline:
    """Return what the template `name` is."""
    return check_template(bundled(), name)


def example(name: str) -> tuple[Plan, Preview]:
    """Return the plan of a start at 09:00 on the example's day, with default parameters and measured rollouts."""
    plan = _plan(name, _start("UTC"))
    return plan, preview(plan, _start(plan.calendar.time_zone))


def _start(zone: str) -> datetime:
    return datetime.combine(EXAMPLE_DAY, time(9), ZoneInfo(zone))


def _plan(name: str, now: datetime) -> Plan:
    functions = outline(name).functions
    members = {each: tuple(f"{each}{n}" for n in range(1, PEOPLE_EACH + 1)) for each in functions}
    release = {
        "service": "shop",
        "version": "1.0.0",
        "artifacts": [{"name": "shop-1.0.0.tar", "digest": f"sha256:{'0' * 64}"}],
    }
    request = StartRequest.model_validate({"template": name, "release": release})
    return make_plan(
        bundled(),
        request,
        People(members=members),
        version=1,
        release_manager="rita",
        metrics=True,
        now=now,
    )
