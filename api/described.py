"""How routes say in the OpenAPI document who may, and which problems they answer with.

A problem is named by its status and its code, as in "409 task_state"; what each code means stands in `api.codes`.
"""

from __future__ import annotations

from http import HTTPStatus
from itertools import groupby
from typing import Any

from api.codes import CODES
from api.problems import MEDIA, problem_of

_MEANINGS: dict[int, str] = {
    400: "The body cannot be read.",
    401: "No valid token.",
    403: "Not permitted; the sentence says who may.",
    404: "No such thing.",
    409: "The present state does not allow it; the sentence says what would.",
    413: "The body is too large. Nothing was kept.",
    415: "Not the kind of body that the route takes.",
    422: "Not accepted as written; the sentence says what is wrong, and where.",
    429: "Too many have failed; the sentence says until when.",
    500: "A fault of golive.",
    503: "Not available now. Sending again with the same Idempotency-Key is safe.",
}

_MEMBERS: dict[str, dict[str, Any]] = {
    "template_invalid": {
        "errors": [
            {
                "code": "template_invalid",
                "file": "template.yaml",
                "line": 1,
                "path": "",
                "message": "a template is a group of keys, beginning with “name:”",
            }
        ]
    },
    "reauthentication_required": {
        "ways": ["password"],
        "page": "/approvals/8c2e4f6a8b0d2e4f6a8b.sign-off.release",
    },
}
"""What the document of a problem holds besides, as an example."""

Responses = dict[int | str, dict[str, Any]]

ASKED = (
    "401 unauthenticated",
    "403 user_disabled",
    "500 unexpected",
    "503 database_unavailable",
)
"""What every route answers with that needs a token."""
READ = (*ASKED, "422 invalid")
"""... and takes parameters."""
LIST = (*READ, "422 bad_cursor")
BODY = (*READ, "400 malformed", "413 too_large", "415 wrong_media_type")
CHANGE = (*BODY, "403 role_missing", "422 idempotency_key_invalid", "422 idempotency_key_reused")
"""What every change answers with that is made once under its Idempotency-Key."""
SEND = (*CHANGE, "503 busy", "503 engine_unavailable")
ACT = (*SEND, "403 disabled", "404 unknown_run", "409 run_ended", "503 run_frozen")
"""What every act on a run answers with."""
REAUTHENTICATION = ("403 password_wrong", "403 reauthentication_required", "429 too_many_failures")
"""What an act answers with besides where who acts may have to prove again who they are."""
FEASIBLE = ("422 nobody_for_function", "422 unsatisfiable_approval", "422 verifier_missing")
"""Why the people there are could not do what a template asks for."""
PLAN = (
    *FEASIBLE,
    "422 function_missing",
    "422 no_row_applies",
    "422 parameter_invalid",
    "422 parameter_missing",
    "422 plan_too_large",
    "422 role_missing",
    "422 start_time_invalid",
    "422 template_invalid",
    "422 unknown_parameter",
    "422 unknown_template",
    "422 unknown_user",
    "422 user_disabled",
)
"""Why no plan can be made of what a start asks for."""


def problems(*named: str) -> Responses:
    """Return the `responses` of a route that answers with these problems, each as "STATUS code"."""
    told = sorted({(int(status), code) for status, _, code in (name.partition(" ") for name in named)})
    return {
        status: _answer(status, [code for _, code in found])
        for status, found in groupby(told, key=lambda each: each[0])
    }


def problem_examples() -> dict[str, Any]:
    """Return the document of each problem, as the components of the document hold it."""
    return {
        f"{status}_{code}": {"value": problem_of(status, code, detail) | _MEMBERS.get(code, {})}
        for status, known in CODES.items()
        for code, detail in known.items()
    }


def _answer(status: int, codes: list[str]) -> dict[str, Any]:
    listed = ", ".join(f"`{code}`" for code in codes)
    examples = {code: {"$ref": f"#/components/examples/{status}_{code}"} for code in codes}
    answer: dict[str, Any] = {
        "description": f"{_MEANINGS[status]} {listed}.",
        "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
        "headers": {"Content-Language": _header("The language of `title` and `detail`.", enum=["en", "zh"])},
    }
    if status == HTTPStatus.UNAUTHORIZED:
        answer["headers"]["WWW-Authenticate"] = {
            **_header("How to sign in.", type="string"),
            "required": True,
        }
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        answer["headers"]["Retry-After"] = {
            **_header("Seconds.", type="integer", minimum=0),
            "required": True,
        }
    return answer


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": schema}


def permission(*roles: str) -> str:
    """Return the line of a route's description that says who may."""
    return (
        f"\n\nPermission: {' or '.join(f'`{role}`' for role in roles)}."
        if roles
        else "\n\nPermission: any user."
    )
