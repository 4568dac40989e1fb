"""The rows of lists of runs: each run's is read and made once, in whatever lists it stands and whoever reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from api.sight import Sight
from db.listing import entries, headers_of
from db.news import Stamp
from db.session import Session
from db.views import RunHeader

MOST = 2000
"""Rows that are kept; with more of them it is begun anew, by the rows of the list that is read then."""


@dataclass(frozen=True)
class Listing:
    """One page of a list of runs."""

    rows: tuple[Sight[RunHeader], ...]
    next_cursor: str | None


class Listings:
    """Reads lists of runs for those who watch them."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Stamp, Sight[RunHeader]]] = {}

    async def read(self, sql: Session, key: str, _: Stamp, __: Stamp) -> Sight[Listing] | None:
        """Return the list that `key` asks for. A row in which nothing has changed stays the same."""
        page = await entries(sql, **json.loads(key))
        new = {run_id: stamp for run_id, stamp in page.items if not self._knows(run_id, stamp)}
        for header in await headers_of(sql, new):
            before, row = self._rows.get(header.id), Sight(header)
            self._rows[header.id] = (new[header.id], before[1] if before and before[1] == row else row)
        if len(self._rows) > MOST:
            self._rows = {run_id: self._rows[run_id] for run_id, _ in page.items}
        rows = tuple(self._rows[run_id][1] for run_id, _ in page.items)
        return Sight(Listing(rows, page.next_cursor))

    def _knows(self, run_id: str, stamp: Stamp) -> bool:
        return run_id in self._rows and self._rows[run_id][0] == stamp
