"""Traffic weights held in files, for one machine: a web server beside golive serves by them.

Each service and environment has one file, JSON, replaced as a whole:

    {"service":"shop","environment":"production","stable":"1.3.0","version":"1.4.0","weight":20}

`weight` % of the requests go to `version`, the others to `stable`. A version that had all the traffic when
the next one arrives is the new stable; `stable` is null while no earlier version is known.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.traffic import Unreachable
from golive.words import N_, say

ALL = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Weights(BaseModel):
    """The content of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    environment: str
    stable: str | None = None
    version: str = ""
    weight: int = Field(default=0, ge=0, le=ALL)

    def shifted(self, version: str, weight: int) -> Weights:
        """Return the weights after `version`, or the present new version when it is empty, got `weight` %."""
        version = version or self.version
        arrived = version != self.version
        stable = self.version if arrived and self.weight == ALL else self.stable
        return Weights(
            service=self.service, environment=self.environment, stable=stable, version=version, weight=weight
        )


def file_name(service: str, environment: str) -> str:
    """Return the name of the file of a service and environment: readable, safe, and no two share one.

    Services are named by people, so separators, `..` and whatever else a file system reads into a name are
    replaced; the digest keeps apart what then looks the same.
    """
    readable = _UNSAFE.sub("-", f"{service}@{environment}").strip(".-")[:80]
    apart = hashlib.sha256(json.dumps([service, environment]).encode()).hexdigest()[:12]
    return f"{readable}-{apart}.json"


class LocalTraffic:
    """A traffic connector that really holds weights, in files of `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def set_weight(self, service: str, environment: str, version: str, weight: int) -> None:
        """Write the weight so that a reader sees the old file or the new one, also after a power cut."""
        await asyncio.to_thread(self._write, service, environment, version, weight)

    async def weight(self, service: str, environment: str) -> int:
        """Return the weight that the file holds; 0 when there is none."""
        return (await asyncio.to_thread(self.read, service, environment)).weight

    def path(self, service: str, environment: str) -> Path:
        """Return where the weights of a service and environment lie."""
        return self.folder / file_name(service, environment)

    def read(self, service: str, environment: str) -> Weights:
        """Return what the file holds; all on stable when there is none. Raises `Unreachable`."""
        path = self.path(service, environment)
        try:
            return Weights.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Weights(service=service, environment=environment)
        except (OSError, ValidationError) as why:
            raise self._unreachable(service, environment, why) from why

    def _write(self, service: str, environment: str, version: str, weight: int) -> None:
        path = self.path(service, environment)
        try:
            shifted = self.read(service, environment).shifted(version, weight)
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(path, shifted.model_dump_json().encode())
        except (OSError, ValidationError) as why:
            raise self._unreachable(service, environment, why) from why

    def _unreachable(self, service: str, environment: str, why: OSError | ValidationError) -> Unreachable:
        return Unreachable(
            say(
                N_(
                    "The traffic weights of {service} in {environment} are out of reach in {file}: {why}. "
                    "Repair the file or its folder, then retry"
                ),
                service=service,
                environment=environment,
                file=file_name(service, environment),
                why=_in_words(why),
            )
        )


def _in_words(why: OSError | ValidationError) -> str:
    if isinstance(why, ValidationError):
        first = why.errors(include_url=False, include_input=False)[0]
        return ": ".join([*(str(part) for part in first["loc"]), first["msg"]])
    return why.strerror or type(why).__name__


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole. The folder is synced too: else a power cut may undo the rename."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows has no handle of a folder to sync
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
