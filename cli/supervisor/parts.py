"""What `golive up` starts, in this order, and how each part says that it is ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from cli.environment import address_of
from cli.supervisor.checks import LOCAL, temporal_binary
from settings import Settings

NAMESPACE = "default"
_NAMESPACE_PAGE = f"/api/v1/namespaces/{NAMESPACE}"
"""Answered by the server's UI once the server knows the namespace."""
RETENTION = "720h"
"""How long Temporal keeps an ended run's history; golive's own database keeps everything else for good."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL")
"""No acknowledged act is lost to kill -9 or a power cut, and half as fast again as the server's default."""
SEARCH_ATTRIBUTES = {
    "GoLiveService": "Keyword",
    "GoLiveVersion": "Keyword",
    "GoLiveStage": "Keyword",
    "GoLiveState": "Keyword",
    "GoLiveWaitingFor": "KeywordList",
    "GoLiveDue": "Datetime",
    "GoLiveRisk": "Int",
}

Ready = Callable[[httpx.AsyncClient], Awaitable[bool]]


@dataclass(frozen=True)
class Part:
    """A process that stays. `ready` asks over HTTP whether to count on it; `patience` is in seconds."""

    name: str
    command: list[str]
    ready: Ready
    patience: float = 120


@dataclass(frozen=True)
class Once:
    """A process that must end well before the next begins."""

    name: str
    command: list[str]


def order(settings: Settings, home: Path) -> list[list[Part | Once]]:
    """Return what to start: each group once the one before it is ready.

    The API prepares the database before it serves, and does without Temporal until there is one. The
    worker comes when both are there; the API then sees it ask for work.
    """
    api = Part("api", _module("api"), _health(settings, "database"))
    worker = Part("worker", _module("worker"), _health(settings, "database", "engine", "worker"))
    if settings.temporal == "external":
        return [[api], [worker]]
    binary = str(temporal_binary())
    return [[_temporal(settings, home, binary), api], [_retention(settings, binary), worker]]


def environment(home: Path) -> dict[str, str]:
    """Return the environment of the processes: ours, with the home folder as an absolute path."""
    return os.environ | {"GOLIVE_HOME": str(home), "PYTHONUNBUFFERED": "1"}


def _module(name: str) -> list[str]:
    """Return the command that runs a module of this checkout with the Python that runs us."""
    return [sys.executable, "-m", name]


def _temporal(settings: Settings, home: Path, binary: str) -> Part:
    """Return the embedded Temporal server, with its own database file in the home folder."""
    command = [
        *(binary, "server", "start-dev", "--ip", LOCAL, "--log-level", "error"),
        *("--db-filename", str(home / "temporal.db")),
        *("--port", str(settings.temporal_port), "--ui-port", str(settings.temporal_ui_port)),
        *(word for pragma in PRAGMAS for word in ("--sqlite-pragma", pragma)),
        *(
            word
            for name, kind in SEARCH_ATTRIBUTES.items()
            for word in ("--search-attribute", f"{name}={kind}")
        ),
    ]
    return Part("temporal", command, _answers(f"http://{LOCAL}:{settings.temporal_ui_port}{_NAMESPACE_PAGE}"))


def _retention(settings: Settings, binary: str) -> Once:
    server = ("--address", f"{LOCAL}:{settings.temporal_port}", "--namespace", NAMESPACE)
    return Once("retention", [binary, "operator", "namespace", "update", "--retention", RETENTION, *server])


def _answers(url: str) -> Ready:
    async def ready(http: httpx.AsyncClient) -> bool:
        return (await http.get(url)).is_success

    return ready


def _health(settings: Settings, *parts: str) -> Ready:
    url = f"{address_of(settings)}/api/v1/health"

    async def ready(http: httpx.AsyncClient) -> bool:
        found = (await http.get(url)).json()
        return all(found[part]["state"] == "up" for part in parts)

    return ready
