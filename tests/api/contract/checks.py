"""What schemathesis asks of each answer besides its own checks; it imports this file by itself."""

from __future__ import annotations

import os
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response

SHARE = int(os.environ.get("CONTRACT_SHARE", "1"))
"""One of how many cases of the coverage phase is asked."""
PROBLEM = "application/problem+json"
REFUSED_AS_WRITTEN = {"invalid", "malformed", "wrong_media_type", "idempotency_key_invalid"}
"""The codes of what the document itself tells how to write."""


def code_of(response: Response) -> str | None:
    """Return the code of a problem document, None for every other answer."""
    media = response.headers.get("content-type", [""])[0]
    return str(response.json()["code"]) if media == PROBLEM else None


@schemathesis.check
def every_code_is_documented(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Hold the code of a problem against those that the operation lists for the status."""
    code = code_of(response)
    answers = case.operation.definition.raw["responses"]
    listed = (
        answers.get(str(response.status_code), {}).get("content", {}).get(PROBLEM, {}).get("examples", {})
    )
    if code is None or code == "method_not_allowed":  # it is of no operation
        return
    assert code in listed, f"{response.status_code} {code} is not listed at {case.operation.label}"


@schemathesis.check
def valid_data_is_accepted_as_written(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Refuse refusals of what the schema allows. Who is named, or the state of a run, may still forbid the act."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    code = code_of(response)
    assert code not in REFUSED_AS_WRITTEN, (
        f"allowed by the schema, refused as {code}: {response.json()['detail']}"
    )


@schemathesis.hook
def filter_case(ctx: HookContext, case: Case[Any]) -> bool:
    """Leave out what would end the asking, and in the short form most of the 2,800 cases of the coverage phase."""
    own = os.environ["CONTRACT_USER"]
    if case.method == "PATCH" and (case.path_parameters or {}).get("name") == own:
        return False  # who asks may not disable themselves or take their own roles
    covers = case.meta is not None and case.meta.phase.name.value == "coverage"
    written = repr((case.method, case.path, case.path_parameters, case.query, case.body))
    return not covers or crc32(written.encode(errors="replace")) % SHARE == 0


@schemathesis.hook
def map_case(ctx: HookContext, case: Case[Any]) -> Case[Any]:
    """Let every other start be of a template that there is, with the people that there are, so that runs begin."""
    starts = case.method == "POST" and case.path in ("/api/v1/runs", "/api/v1/templates/preview")
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if starts and positive and isinstance(case.body, dict) and len(str(case.body)) % 2:
        release: Any = case.body["release"]
        case.body = {"template": "dual-sign-off", "release": {**release, "authors": []}}
    return case
