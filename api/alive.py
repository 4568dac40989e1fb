"""`python -m api.alive`: exit code 0 while the API of this machine serves, tells news, and its database answers.

A container's health check. Without Temporal or a worker the API still serves readers, so that is no failure of its own;
a reader of news that has ended is, and starting the API again mends it.
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
    states = _states(said)
    told = ", ".join(f"{part}: {state}" for part, state in states.items())
    print(told or said[:200].decode(errors="replace"))  # noqa: T201 - the answer
    well = answer.status == 200 and states.get("news") == "up"  # noqa: PLR2004 - 503 says that the database is away
    return 0 if well else 1


def _states(said: bytes) -> dict[str, str]:
    """Return the state of each part; none when it was not the API that answered."""
    try:
        found = json.loads(said)
        return {part: found[part]["state"] for part in ("database", "engine", "worker", "news")}
    except (ValueError, KeyError, TypeError):
        return {}


if __name__ == "__main__":
    sys.exit(main(settings_or_exit()))
