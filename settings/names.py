"""Names that look like settings of golive and are none: mistyped, they would count for nothing without a word."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from typing_extensions import override

PREFIX = "GOLIVE_"
OF_CLIENTS = frozenset({"GOLIVE_URL", "GOLIVE_TOKEN"})
"""Variables that the command line reads; they are no settings of a process and may stand beside them."""

OF_COMPOSE = frozenset({"GOLIVE_OWNER_DATABASE_URL", "GOLIVE_OWNER_PASSWORD", "GOLIVE_PASSWORD"})
"""Secrets that bin/make-secrets puts into the same folder, for other containers."""

_OF_KUBERNETES = re.compile(
    r"_SERVICE_(HOST|PORT(_\w+)?)=|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=|_PORT=(tcp|udp|sctp)://"
)
"""What Kubernetes tells every container of a namespace about a service whose name begins with golive-."""


@dataclass(frozen=True)
class UnknownName:
    """A variable, or a file in GOLIVE_SECRETS_DIR, that is named like a setting and is none."""

    name: str
    nearest: str | None
    file: Path | None = None

    @override
    def __str__(self) -> str:
        meant = f"the nearest is {self.nearest}" if self.nearest else "README.md lists those there are"
        if self.file:
            return f"The file {self.file} is named like no setting of golive; {meant}: rename or remove it."
        return f"{self.name} is no setting of golive; {meant}: correct its name, or unset it."


class UnknownSettings(Exception):
    """There are such names; `found` are all of them."""

    def __init__(self, found: Iterable[UnknownName]):
        self.found = tuple(found)
        super().__init__("\n".join(map(str, self.found)))


def check_names(known: Collection[str], environ: Mapping[str, str], folder: Path | None) -> None:
    """Raise UnknownSettings unless each name is that of a setting. `known` are these, as variables."""
    found = [*_in_environment(known, environ), *(_in_folder(known, folder) if folder else ())]
    if found:
        raise UnknownSettings(found)


def _in_environment(known: Collection[str], environ: Mapping[str, str]) -> Iterator[UnknownName]:
    all_known = {*known, *OF_CLIENTS}
    for name, value in sorted(environ.items()):
        upper = name.upper()  # pydantic-settings reads small letters as well
        ours = upper.startswith(PREFIX) and not _OF_KUBERNETES.search(f"{upper}={value}")
        if ours and upper not in all_known:
            yield UnknownName(name, _nearest(upper, all_known))


def _in_folder(known: Collection[str], folder: Path) -> Iterator[UnknownName]:
    """Look through the folder; one that may be entered and not listed keeps its names to itself."""
    for file in sorted(folder.iterdir()) if os.access(folder, os.R_OK) else ():
        upper = file.name.upper()
        if upper.startswith(PREFIX) and upper not in {*known, *OF_COMPOSE}:
            nearest = _nearest(upper, known)
            yield UnknownName(file.name, nearest and nearest.lower(), file)


def _nearest(name: str, known: Collection[str]) -> str | None:
    """Return the name that was probably meant; what all of them begin with makes none of them nearer."""
    ends = [each.removeprefix(PREFIX) for each in sorted(known)]
    found = get_close_matches(name.removeprefix(PREFIX), ends, 1)
    return PREFIX + found[0] if found else None
