"""Every page, in the order in which addresses are looked up."""

from __future__ import annotations

from api.pages import (
    amendments,
    approval,
    attachments,
    components,
    enrolment,
    live,
    me,
    provider,
    proving_again,
    run,
    run_forms,
    runs,
    sign_in,
    signing,
    start,
    static,
    tasks,
    waivers,
    work,
)

ROUTERS = (
    static.router,
    sign_in.router,
    provider.router,
    proving_again.router,
    enrolment.router,
    work.router,
    me.router,
    runs.router,
    start.router,
    tasks.router,
    attachments.router,
    approval.router,
    signing.router,
    live.router,
    run.router,
    run_forms.router,
    waivers.router,
    amendments.router,
    components.router,
)
