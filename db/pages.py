"""Lists in pages. A cursor is opaque: it holds where the last page ended, not how many rows were read."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, literal, tuple_

from db.schema import Moment
from db.session import Session
from golive.errors import Invalid
from golive.words import N_

T = TypeVar("T")
U = TypeVar("U")

LIMIT = 500
"""No page is longer, whatever was asked for."""


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_BIGGEST = 2**31 - 1
"""No column of ours holds a greater whole number."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items and the cursor of those that follow; None when these were the last."""

    items: tuple[T, ...]
    next_cursor: str | None

    def seen_as(self, views: Sequence[U]) -> Page[U]:
        """Return the page with its rows replaced, one by one, by what they are shown as."""
        return Page(tuple(views), self.next_cursor)


def next_due(due_at: ColumnElement[datetime | None]) -> ColumnElement[datetime]:
    """Return by what to sort for the next due to come first: what has no due date comes last."""
    return func.coalesce(due_at, literal(_NEVER, Moment()))


async def read_page(  # noqa: PLR0913 - what is listed, how it is sorted, which part of it
    session: Session,
    query: Select[Any],
    order: Sequence[ColumnElement[Any]],
    *,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> Page[Row[Any]]:
    """Return one page of `query`, sorted by `order`, columns that are unique together.

    Raises Invalid (`bad_cursor`) for a cursor that this list did not give.
    """
    limit = max(1, min(limit, LIMIT))
    if cursor is not None:
        here, end = tuple_(*order), tuple_(*_read(cursor, order))
        query = query.where(here < end if newest_first else here > end)
    # The keys come last in each row, so that the cursor needs no knowledge of the query's own columns.
    keyed = query.add_columns(*(column.label(f"cursor_{n}") for n, column in enumerate(order)))
    keyed = keyed.order_by(*(column.desc() if newest_first else column.asc() for column in order))
    rows = (await session.execute(keyed.limit(limit + 1))).all()
    more = len(rows) > limit
    return Page(tuple(rows[:limit]), _write(rows[limit - 1][-len(order) :]) if more else None)


def _write(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode()


def _read(cursor: str, order: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return [_bound(column, value) for column, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, OverflowError) as wrong:
        sentence = N_(
            "The cursor “{cursor}” is none of this list; leave it out to begin with the first page."
        )
        raise Invalid("bad_cursor", sentence, cursor=cursor[:80]) from wrong


def _moment(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError(written)
    return at.astimezone(UTC)


def _bound(column: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    if isinstance(column.type, Moment):
        return literal(_moment(value), column.type)
    if not isinstance(value, column.type.python_type):
        raise TypeError(value)
    if isinstance(value, str):
        value.encode()  # half a character is no text
    if isinstance(value, int) and not -_BIGGEST <= value <= _BIGGEST:
        raise OverflowError(value)
    return literal(value, column.type)
