"""Every page, in the order in which addresses are looked up."""

from __future__ import annotations

from api.pages import approval, components, sign_in, static, work

ROUTERS = (static.router, sign_in.router, work.router, approval.router, components.router)
