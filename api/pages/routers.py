"""Every page, in the order in which addresses are looked up."""

from __future__ import annotations

from api.pages import components, enrolment, me, provider, sign_in, static, work

ROUTERS = (
    static.router,
    sign_in.router,
    provider.router,
    enrolment.router,
    work.router,
    me.router,
    components.router,
)
