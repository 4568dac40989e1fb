"""Evidence as people give it on the command line, and its way into the API: files are stored first."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.progress import wrap_file

from cli import screen
from cli.connected import Connected
from cli.given import pair, scalar, unreadable
from cli.language import _

RESULTS = {
    "pass": "pass",
    "fail": "fail",
    "na": "not_applicable",
    "not_applicable": "not_applicable",
    "not-applicable": "not_applicable",
}
_MUCH = 1024 * 1024
"""Bytes from which sending a file shows its progress."""

Piece = dict[str, Any]


@dataclass(frozen=True)
class Offered:
    """Evidence as given: paths not yet stored, links and metrics not yet read."""

    files: list[str]
    junit: list[str]
    links: list[str]
    metrics: list[str]
    sign: str | None = None

    def pieces(self, golive: Connected, named: str = "") -> list[Piece]:
        """Store the files and return the evidence; `named` tells several offers of one act apart."""
        made: list[Piece] = []
        for kind, paths, media in (
            ("file", self.files, None),
            ("test_result", self.junit, "application/xml"),
        ):
            for n, path in enumerate(paths):
                key = f"{golive.key}-{named}{kind}-{n}"
                made.append({"type": kind, "attachment_id": store(golive, Path(path), key, media)})
        made += [{"type": "link", "url": url} for url in self.links]
        made += [metric(one) for one in self.metrics]
        return made + ([{"type": "signature", "meaning": self.sign}] if self.sign else [])


def metric(written: str) -> Piece:
    """Read `name=value` or `name=value unit`."""
    name, value = pair(written, "--metric", "NAME=VALUE")
    number, _space, unit = value.strip().partition(" ")
    read = scalar(number)
    if isinstance(read, bool | str):
        sentence = _("“{value}” of the metric {name} is not a number").format(value=value, name=name)
        raise typer.BadParameter(sentence, param_hint="--metric")
    return {"type": "metric", "name": name, "value": read} | ({"unit": unit} if unit else {})


def store(golive: Connected, path: Path, key: str, media: str | None = None) -> str:
    """Store a file as an attachment and return its id."""
    kind = media or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    try:
        content = _read(path)
    except OSError as why:
        raise unreadable(path, "--file", why) from why
    sent = golive.client.act("POST", "/attachments", key, files={"file": (path.name, content, kind)})
    return str(sent.json()["id"])


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    console = screen.err()
    if size < _MUCH or not console.is_terminal:
        return path.read_bytes()
    doing = _("Sending {name}").format(name=path.name)
    with path.open("rb") as file, wrap_file(file, size, description=doing, console=console) as watched:
        return watched.read()


def item_results(golive: Connected, items: list[str], offered: dict[str, Offered]) -> dict[str, Piece]:
    """Return the result of each item, from `id=pass|fail|na` or `id=result:remark`, with its evidence."""
    results = dict(_results(items))
    unknown = offered.keys() - results.keys()
    if unknown:
        sentence = _("evidence for the item {id}, whose result is missing: add --item {id}=pass")
        raise typer.BadParameter(sentence.format(id=min(unknown)), param_hint="--item-file")
    for name, offer in offered.items():
        results[name]["evidence"] = offer.pieces(golive, f"{name}-")
    return results


def _results(items: list[str]) -> Iterator[tuple[str, Piece]]:
    for written in items:
        name, value = pair(written, "--item", "ID=pass|fail|na[:REMARK]")
        result, _colon, remark = value.partition(":")
        if result not in RESULTS:
            sentence = _("“{result}” is not a result: pass, fail or na").format(result=result)
            raise typer.BadParameter(sentence, param_hint="--item")
        yield name, {"result": RESULTS[result]} | ({"remark": remark} if remark else {})


def by_item(files: list[str], junit: list[str], links: list[str], metrics: list[str]) -> dict[str, Offered]:
    """Sort evidence of items, each written `id=...`, by item."""
    sorted_: dict[str, Offered] = {}
    given = (("files", files), ("junit", junit), ("links", links), ("metrics", metrics))
    for field, written in given:
        for one in written:
            name, value = pair(one, "--item-…", "ID=...")
            getattr(sorted_.setdefault(name, Offered([], [], [], [])), field).append(value)
    return sorted_
