"""`python -m api.alive`: exit code 0 while the API of this machine serves and its database answers.

A container's health check. Without Temporal or a worker the API still serves readers, so that is no failure of its own.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection, HTTPException

from settings import Settings, settings_or_exit

PATIENCE = 8.0
"""Seconds; `/health` itself answers within 3."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared, never bound


def main(settings: Settings) -> int:
    """Ask, print the state of each part, and return the exit code."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    connection = HTTPConnection(host, settings.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/api/v1/health")
        answer = connection.getresponse()
        said = answer.read()
    except (OSError, HTTPException) as away:
        print(f"the API does not answer at {host}:{settings.port}: {away}", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        connection.close()
    print(_told(said))  # noqa: T201 - the answer
    return 0 if answer.status == 200 else 1  # noqa: PLR2004 - OK; 503 says that the database is away


def _told(said: bytes) -> str:
    """Return the state of each part on one line, or what was said instead."""
    try:
        found = json.loads(said)
        return ", ".join(f"{part}: {found[part]['state']}" for part in ("database", "engine", "worker"))
    except (ValueError, KeyError, TypeError):
        return said[:200].decode(errors="replace")


if __name__ == "__main__":
    sys.exit(main(settings_or_exit()))
