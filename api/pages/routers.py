"""Every page, in the order in which addresses are looked up."""

from __future__ import annotations

from api.pages import components, live, run, run_forms, sign_in, static, work

ROUTERS = (
    static.router,
    sign_in.router,
    work.router,
    components.router,
    live.router,
    run.router,
    run_forms.router,
)
