"""Every page, in the order in which addresses are looked up."""

from __future__ import annotations

from api.pages import approval, attachments, components, sign_in, static, tasks, work

ROUTERS = (
    static.router,
    sign_in.router,
    work.router,
    tasks.router,
    attachments.router,
    approval.router,
    components.router,
)
