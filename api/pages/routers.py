"""Every page, in the order in which addresses are looked up."""

from __future__ import annotations

from api.pages import components, runs, sign_in, start, static, work

ROUTERS = (static.router, sign_in.router, work.router, components.router, runs.router, start.router)
