"""A form that was sent when its session had ended: a page that keeps what was typed until it is sent anew."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from api.pages.forgery import FIELD
from api.pages.forms import act_of, run_of, told
from api.pages.rendering import page
from api.pages.uploading import named
from api.pages.visiting import Sent

_SECRETS = ("password", "again", "present")
"""What is typed anew: no page holds it."""


async def kept_page(sent: Sent) -> Response:
    """Return the page that holds what was typed and sends it, when somebody presses, as who is signed in now."""
    visit = sent.visit
    path = visit.request.url.path
    fields = [
        (name, value)
        for name, value in sent.form.multi_items()
        if isinstance(value, str) and name not in (FIELD, *_SECRETS)
    ]
    return page(
        visit,
        "kept.html",
        status=HTTPStatus.UNAUTHORIZED if visit.session is None else HTTPStatus.FORBIDDEN,
        path=path,
        act=act_of(path),
        run=await run_of(visit, path),
        fields=fields,
        typed=list(told(path, fields, visit.language)),
        stored=bool(named(dict(fields))),
        files=any(not isinstance(value, str) and value.filename for value in sent.form.values()),
    )
