"""A form that was sent when its session had ended: a page that keeps what was typed until it is sent anew."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from api.pages.acting import KEY
from api.pages.forgery import FIELD
from api.pages.rendering import page
from api.pages.visiting import Sent
from golive.words import N_

_SECRETS = ("password", "again", "present")
"""What is typed anew: no page holds it."""
_ACTS: Mapping[str, str] = {
    "abort": N_("Abort the run"),
    "actions": N_("Agree on an action"),
    "approve": N_("Approve"),
    "block": N_("Say that it is blocked"),
    "close": N_("Close an action"),
    "comments": N_("Comment"),
    "complete": N_("Complete it"),
    "end": N_("End"),
    "end-others": N_("End all others"),
    "hold": N_("Hold the run"),
    "language": N_("Language"),
    "lessons": N_("Add a lesson"),
    "not-applicable": N_("Set not applicable"),
    "password": N_("Change the password"),
    "promote": N_("Promote"),
    "promote-full": N_("Promote to the end"),
    "reassign": N_("Give it to somebody else"),
    "reject": N_("Reject"),
    "release": N_("Replace the build"),
    "reopen": N_("Open it again"),
    "resume": N_("Resume the run"),
    "retry": N_("Start the rollout over"),
    "return": N_("Return to one task …"),
    "revoke": N_("Revoke"),
    "rollback": N_("Roll back"),
    "sign-out": N_("Sign out"),
    "start": N_("Begin"),
    "tokens": N_("Make a token"),
    "verify": N_("Does it hold?"),
}
"""How the acts are called, by the last part of where their forms are sent."""


def kept_page(sent: Sent) -> Response:
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
        act=N_("Start a run")
        if path.startswith("/start/")
        else _ACTS.get(path.rpartition("/")[2], N_("Send")),
        fields=fields,
        typed=[(name, value) for name, value in fields if name != KEY and value],
        files=any(not isinstance(value, str) and value.filename for value in sent.form.values()),
    )
