"""An export of the journal, read and verified without the golive that it is of.

It is a list of JSON values: first the checkpoint, with the head of each stream in it, then each row of those streams as
`{"row": CANONICAL, "hash": HEX}`, in order. In a file each stands on a line of its own (JSON Lines).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, ValidationError

from golive import chain
from golive.chain import Head
from golive.checkpoint import Checkpoint, check_signature
from golive.model import Fact
from golive.unproven import Unproven
from golive.words import N_, Sentence


class Sealed(Fact):
    """A row as it is chained. People's words stand in it as salted digests."""

    stream: str
    seq: int
    at: AwareDatetime
    occurred_at: AwareDatetime | None
    actor: str
    actor_kind: str
    on_behalf_of: str | None
    method: str
    address: str
    action: str
    object: str
    subject_digest: str | None
    outcome: str
    reason: str | None
    payload: dict[str, Any]
    words: dict[str, str]
    command_id: str | None
    prev_hash: str


class _Line(Fact):
    row: str
    hash: str


@dataclass(frozen=True, slots=True)
class Row:
    """A verified row with its hash."""

    told: Sealed
    hash: str


@dataclass(frozen=True, slots=True)
class Export:
    """A verified export: every chain holds and ends where the checkpoint says."""

    checkpoint: Checkpoint
    streams: Mapping[str, tuple[Row, ...]]


def lines_of(text: str) -> list[Any]:
    """Return the values of an export's file. Raises Unproven."""
    values = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as wrong:
            raise Unproven(
                N_("Line {number} of the export is not JSON: it was cut off or changed."), number=number
            ) from wrong
    return values


def read_export(values: Iterable[Any], key: str | None = None) -> Export:
    """Return the export that `values` are, once every row of it was checked; with `key` only if that key signed it.

    Raises Unproven with the first thing that is wrong.
    """
    rest = iter(values)
    checkpoint = _checkpoint(next(rest, None))
    check_signature(checkpoint, key)
    heads = {head.stream: Head(head.seq, head.hash) for head in checkpoint.heads}
    found: dict[str, list[Row]] = {stream: [] for stream in heads}
    for row in _rows(rest):
        if row.told.stream not in found:
            _broken(row.told.stream, row.told.seq, N_("The checkpoint does not name this stream."))
        found[row.told.stream].append(row)
    for stream, rows in found.items():
        if what := chain.fault_at_the_end(_last(rows), heads[stream]):
            _broken(stream, _last(rows).seq + 1, what)
    return Export(checkpoint, {stream: tuple(rows) for stream, rows in found.items()})


def _checkpoint(value: Any) -> Checkpoint:
    try:
        return Checkpoint.model_validate(value)
    except ValidationError as wrong:
        raise Unproven(N_("This is no export of a journal: it does not begin with a checkpoint.")) from wrong


def _rows(values: Iterator[Any]) -> Iterator[Row]:
    """Yield each row once it follows the one before it in its stream."""
    last: dict[str, Head] = {}
    for value in values:
        try:
            line = _Line.model_validate(value)
            told = Sealed.model_validate_json(line.row)
        except ValidationError as wrong:
            raise Unproven(N_("The export holds something that is no row of a journal.")) from wrong
        after = last.get(told.stream, Head())
        if what := chain.fault(after, told.seq, line.row.encode(), told.prev_hash, line.hash):
            _broken(told.stream, told.seq, what)
        last[told.stream] = Head(told.seq, line.hash)
        yield Row(told, line.hash)


def _last(rows: list[Row]) -> Head:
    return Head(rows[-1].told.seq, rows[-1].hash) if rows else Head()


def _broken(stream: str, seq: int, what: Sentence | str) -> None:
    why = what if isinstance(what, Sentence) else Sentence(msgid=what)
    raise Unproven(
        N_("The export does not hold at no. {seq} of stream {stream}: {what}"),
        seq=seq,
        stream=stream,
        what=why,
    )
