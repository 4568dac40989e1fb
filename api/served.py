"""Every route of golive, put together once for all applications of a process.

FastAPI works out a route when it is first asked for, and keeps that with the router.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import routers as pages
from api.routers import (
    absences,
    amendments,
    approvals,
    attachments,
    audit,
    groups,
    health,
    receipts,
    reports,
    run_acts,
    runs,
    services,
    signing,
    tasks,
    templates,
    users,
    waivers,
)
from api.watched import PREFIX

_ROUTERS = (
    health,
    users,
    groups,
    services,
    absences,
    templates,
    attachments,
    runs,
    run_acts,
    reports,
    tasks,
    approvals,
    receipts,
    signing,
    waivers,
    amendments,
    audit,
)

SERVED = APIRouter()
for _each in _ROUTERS:
    SERVED.include_router(_each.router, prefix=PREFIX)
for _page in pages.ROUTERS:
    SERVED.include_router(_page)
