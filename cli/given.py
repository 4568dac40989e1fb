"""What people write on the command line, read into what the API takes."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import wrap_file

from cli import completing, screen
from cli.language import _

RunId = Annotated[
    str, typer.Argument(metavar="RUN", help=_("Id of the run."), autocompletion=completing.runs)
]
TaskId = Annotated[
    str, typer.Argument(metavar="TASK", help=_("Id of the task."), autocompletion=completing.tasks)
]
ApprovalId = Annotated[
    str,
    typer.Argument(metavar="APPROVAL", help=_("Id of the approval."), autocompletion=completing.approvals),
]
Reason = Annotated[str, typer.Option("--reason", "-r", help=_("Why; kept in the journal."))]
Limit = Annotated[int | None, typer.Option(min=1, max=200, help=_("At most so many."))]
Cursor = Annotated[str | None, typer.Option(help=_("Go on where the last page ended."))]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MUCH = 8 * 1024 * 1024
"""Bytes from which reading a file shows its progress."""


def pair(written: str, option: str, shape: str) -> tuple[str, str]:
    """Split `name=value`; refuse what has no name or no equals sign."""
    name, equals, value = written.partition("=")
    if not name or not equals:
        raise typer.BadParameter(
            _("“{written}” is not {shape}").format(written=written, shape=shape), param_hint=option
        )
    return name, value


def parameters(written: list[str]) -> dict[str, Any]:
    """Read `name=value` (true, false and numbers as such, else text) and `name:=JSON`."""
    read: dict[str, Any] = {}
    for one in written:
        name, value = pair(one, "--param", "NAME=VALUE")
        read[name.removesuffix(":")] = _json(one, value) if name.endswith(":") else scalar(value)
    return read


def _json(written: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as wrong:
        raise typer.BadParameter(
            _("“{written}”: after := stands JSON: {why}").format(written=written, why=wrong),
            param_hint="--param",
        ) from wrong


def scalar(value: str) -> str | int | float | bool:
    """Read a number, true or false as such, anything else as text."""
    if value in {"true", "false"}:
        return value == "true"
    for number in (int, float):
        try:
            return number(value)
        except ValueError:
            continue
    return value


def people(written: list[str]) -> dict[str, list[str]]:
    """Gather `function=name` (several names with commas, or the option again) by function, in order."""
    gathered: dict[str, list[str]] = {}
    for one in written:
        function, names = pair(one, "--person", "FUNCTION=NAME")
        gathered.setdefault(function, []).extend(name for name in names.split(",") if name)
    return gathered


def artifacts(written: list[str]) -> list[dict[str, str]]:
    """Return name and digest of each artifact: a file, `NAME=FILE`, or `NAME=sha256:HEX` of one elsewhere."""
    return [_artifact(one) for one in written]


def _artifact(written: str) -> dict[str, str]:
    name, equals, rest = written.partition("=")
    if equals and _DIGEST.fullmatch(rest):
        return {"name": name, "digest": rest}
    if equals and rest.startswith("sha256:"):
        sentence = _("“{digest}” is no digest: “sha256:” and 64 hexadecimal digits")
        raise typer.BadParameter(sentence.format(digest=rest), param_hint="--artifact")
    if equals and not Path(written).exists():
        return {"name": name, "digest": file_digest(Path(rest), "--artifact")}
    return {"name": Path(written).name, "digest": file_digest(Path(written), "--artifact")}


def file_digest(path: Path, option: str) -> str:
    """Return `sha256:HEX` of a file's bytes; a large one shows how far it is."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size < _MUCH or not screen.err().is_terminal:
                return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
            doing = _("Digest of {name}").format(name=path.name)
            with wrap_file(file, size, description=doing, console=screen.err(), transient=True) as watched:
                digest = hashlib.sha256()
                while block := watched.read(1 << 20):
                    digest.update(block)
                return f"sha256:{digest.hexdigest()}"
    except OSError as why:
        raise unreadable(path, option, why) from why


def unreadable(path: Path, option: str, why: OSError) -> typer.BadParameter:
    """Return the refusal of a file that cannot be read."""
    sentence = _("{path} cannot be read: {why}").format(path=path, why=why.strerror or why)
    return typer.BadParameter(sentence, param_hint=option)


def instant(written: str | None, option: str) -> str | None:
    """Read a time, without a zone in the local one, and return it in RFC 3339."""
    if written is None:
        return None
    try:
        return datetime.fromisoformat(written).astimezone().isoformat()
    except ValueError as wrong:
        sentence = _("“{written}” is not a time; write for example 2026-12-01T09:30").format(written=written)
        raise typer.BadParameter(sentence, param_hint=option) from wrong
