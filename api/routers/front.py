"""The page at `/`: what this is and where to go on, without anything from elsewhere."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.asking import HouseDep
from api.language import language_of, translator
from golive.words import N_

router = APIRouter(include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_WHAT = N_("golive runs go-lives: the process by which a release reaches its users.")
_LINKS = (
    (N_("The API, as an OpenAPI document"), "/openapi.json"),
    (N_("Is everything there?"), "/api/v1/health"),
)
_TEMPORAL = N_("The Temporal UI, where every run explains itself")
_TOKEN = N_("Send your token as “Authorization: Bearer TOKEN”. The first one is in the file admin.token.")
_STYLE = "body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}"


@router.get("/")
async def front(request: Request, house: HouseDep) -> HTMLResponse:
    """Return the page."""
    language = language_of(request)
    told = translator(language)
    links = [(told(words), path) for words, path in _LINKS]
    if house.settings.temporal == "embedded":
        links.append((told(_TEMPORAL), f"http://{request.url.hostname}:{house.settings.temporal_ui_port}/"))
    items = "".join(f'<li><a href="{escape(path)}">{escape(words)}</a></li>' for words, path in links)
    page = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>golive</title>'
        f"<style>{_STYLE}</style><h1>golive</h1><p>{escape(told(_WHAT))}</p><ul>{items}</ul><p>{escape(told(_TOKEN))}</p></html>"
    )
    return HTMLResponse(
        page, headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    )
