"""Where an answer leads: OpenAPI links from what was made or found to what can be done with it.

What an answer holds is said once, in `_LEADS`; a link goes to every operation whose address needs no more than that.
"""

from __future__ import annotations

import re
from typing import Any

_LEADS: dict[str, dict[str, str]] = {
    "POST /runs": {"run_id": "/id", "task_id": "/tasks/0/id", "approval_id": "/approvals/0/id"},
    "GET /runs": {"run_id": "/items/0/id"},
    "GET /runs/{run_id}": {"run_id": "/id", "task_id": "/tasks/0/id", "approval_id": "/approvals/0/id"},
    "GET /runs/{run_id}/actions": {"run_id": "/items/0/run_id", "action_id": "/items/0/id"},
    "GET /tasks": {"run_id": "/items/0/run_id", "task_id": "/items/0/id"},
    "GET /tasks/{task_id}": {"run_id": "/run_id", "task_id": "/id"},
    "GET /approvals": {"run_id": "/items/0/run_id", "approval_id": "/items/0/id"},
    "GET /approvals/{approval_id}": {"run_id": "/run_id", "approval_id": "/id"},
    "POST /attachments": {"attachment_id": "/id"},
    "POST /users": {"users/name": "/name", "token_id": "/token_id"},
    "POST /users/{name}/enrolments": {"users/name": "/name"},
    "GET /users": {"users/name": "/items/0/name"},
    "POST /groups": {"groups/name": "/name"},
    "GET /groups": {"groups/name": "/items/0/name"},
    "GET /services": {"service": "/items/0/service"},
    "POST /absences": {"absence_id": "/id"},
    "GET /absences": {"absence_id": "/items/0/id"},
    "POST /templates": {"templates/name": "/name", "version": "/version"},
    "GET /templates": {"templates/name": "/items/0/name", "version": "/items/0/version"},
    "GET /templates/{name}/versions": {"templates/name": "/items/0/name", "version": "/items/0/version"},
    "POST /checklists": {"checklists/name": "/name", "version": "/version"},
    "GET /checklists": {"checklists/name": "/items/0/name", "version": "/items/0/version"},
}
"""Per operation, where in its answer the parameters of other addresses stand. Users, groups, templates and checklists
all go by a `name`, so theirs carries the collection that it is of."""

_DIGEST = {"POST /approvals/{approval_id}/decisions": {"digest": "/digest"}}
"""What a body takes from the answer that leads to it: one decides on exactly what was shown."""

Operations = dict[str, dict[str, Any]]


def link(operations: Operations) -> None:
    """Write the links into `operations`, which go by method and path."""
    for origin, held in _LEADS.items():
        answers = operations[origin]["responses"]
        made = next(status for status in ("201", "200") if status in answers)
        answers[made]["links"] = {
            _named(operation): _to(target, operation, found, shown=origin.endswith("{approval_id}"))
            for target, operation in operations.items()
            if target != origin and (found := _filled(target, held))
        }


def _filled(target: str, held: dict[str, str]) -> dict[str, str]:
    """Return where each parameter of `target`'s address stands; nothing unless all do."""
    collection = target.split("/")[1]
    names = re.findall(r"\{(\w+)\}", target)
    where = {name: held.get(name, held.get(f"{collection}/{name}")) for name in names}
    return (
        {name: f"$response.body#{place}" for name, place in where.items() if place}
        if all(where.values())
        else {}
    )


def _to(target: str, operation: dict[str, Any], found: dict[str, str], *, shown: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": operation["operationId"], "parameters": found}
    if shown and target in _DIGEST:
        made["requestBody"] = {name: f"$response.body#{place}" for name, place in _DIGEST[target].items()}
    return made


def _named(operation: dict[str, Any]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", operation["summary"].lower()).strip("-")
