"""Names that look like settings of golive and are none: mistyped, they would count for nothing without a word."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from golive.words import N_, Sentence, say
from settings.unusable import Unusable

PREFIX = "GOLIVE_"
OF_CLIENTS = frozenset({"GOLIVE_URL", "GOLIVE_TOKEN", "GOLIVE_SIGNING_PASSWORD"})
"""What the command line reads."""

OF_COMPOSE = frozenset({"GOLIVE_OWNER_DATABASE_URL", "GOLIVE_OWNER_PASSWORD", "GOLIVE_PASSWORD"})
"""Secrets that bin/make-secrets makes for other containers."""

OF_OTHERS = OF_CLIENTS | OF_COMPOSE
"""No settings of a process; as variables and as files they may stand beside them."""

_OF_KUBERNETES = re.compile(
    r"_SERVICE_(HOST|PORT(_\w+)?)=|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?=|_PORT=(tcp|udp|sctp)://"
)
"""What Kubernetes tells every container of a namespace about a service whose name begins with golive-."""


_ADDRESS = re.compile(r"^(tcp|udp|sctp)://")


class UnknownSettings(Unusable):
    """There are names like those of settings that are none."""


class SetByKubernetes(Unusable):
    """A Service of the namespace is named so that Kubernetes sets one of golive's own variables, to an address."""


def check_names(known: Collection[str], environ: Mapping[str, str], folder: Path | None) -> None:
    """Raise UnknownSettings unless each name is that of a setting. `known` are these, as variables."""
    found = [*_in_environment(known, environ), *(_in_folder(known, folder) if folder else ())]
    if found:
        raise UnknownSettings(*found)


def check_port(variable: str, given: object) -> None:
    """Raise SetByKubernetes when a port is given as Kubernetes tells where a Service is."""
    if isinstance(given, str) and _ADDRESS.match(given):
        service = variable.removesuffix("_PORT").lower().replace("_", "-")
        msgid = N_(
            "{name} is no port but the address of a Service: Kubernetes has set it because there is one named "
            "“{service}”. Set enableServiceLinks: false in the specification of the pod, or rename the Service."
        )
        raise SetByKubernetes(say(msgid, name=variable, service=service))


def _in_environment(known: Collection[str], environ: Mapping[str, str]) -> Iterator[Sentence]:
    for name, value in sorted(environ.items()):
        upper = name.upper()  # pydantic-settings reads small letters as well
        ours = upper.startswith(PREFIX) and not _OF_KUBERNETES.search(f"{upper}={value}")
        if ours and upper not in {*known, *OF_OTHERS}:
            yield _no_variable(name, _nearest(upper, {*known, *OF_CLIENTS}))


def _in_folder(known: Collection[str], folder: Path) -> Iterator[Sentence]:
    """Look through the folder; one that may be entered and not listed keeps its names to itself."""
    for file in sorted(folder.iterdir()) if os.access(folder, os.R_OK) else ():
        upper = file.name.upper()
        if upper.startswith(PREFIX) and upper not in {*known, *OF_OTHERS}:
            yield _no_file(file, _nearest(upper, known))


def _no_variable(name: str, nearest: str | None) -> Sentence:
    if nearest is None:
        msgid = N_(
            "{name} is no setting of golive; README.md lists those there are: correct its name, or unset it."
        )
        return say(msgid, name=name)
    msgid = N_("{name} is no setting of golive; the nearest is {nearest}: correct its name, or unset it.")
    return say(msgid, name=name, nearest=nearest)


def _no_file(file: Path, nearest: str | None) -> Sentence:
    if nearest is None:
        msgid = N_(
            "The file {file} is named like no setting of golive; README.md lists those there are: rename or remove "
            "it."
        )
        return say(msgid, file=str(file))
    msgid = N_(
        "The file {file} is named like no setting of golive; the nearest is {nearest}: rename or remove it."
    )
    return say(msgid, file=str(file), nearest=nearest.lower())


def _nearest(name: str, known: Collection[str]) -> str | None:
    """Return the name that was probably meant; what all of them begin with makes none of them nearer."""
    ends = [each.removeprefix(PREFIX) for each in sorted(known)]
    found = get_close_matches(name.removeprefix(PREFIX), ends, 1)
    return PREFIX + found[0] if found else None
