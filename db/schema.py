"""What all tables share: names of constraints, columns of times and facts, closed lists of words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import JSON, CheckConstraint, Column, DateTime, Dialect, ForeignKey, MetaData, String
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware time. SQLite has no zones, so UTC is stored there and given back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: nobody knows when it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every time back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def word(name: str, *, null: bool = False, **options: Any) -> Column[Any]:
    """Return a column for a short string; digests, ids and names are of this kind."""
    return Column(name, String, nullable=null, **options)


def moment(name: str, *, null: bool = False, **options: Any) -> Column[Any]:
    """Return a column for a time."""
    return Column(name, Moment(), nullable=null, **options)


def facts(name: str, *, null: bool = False) -> Column[Any]:
    """Return a column for a JSON value; no value is SQL's NULL, never JSON's."""
    return Column(name, JSON(none_as_null=True), nullable=null)


def run_key(*, primary_key: bool = False, index: bool = False) -> Column[Any]:
    """Return the column that names the run that a row belongs to."""
    return Column(
        "run_id", String, ForeignKey("runs.id"), nullable=False, primary_key=primary_key, index=index
    )


def one_of(column: str, words: Any) -> CheckConstraint:
    """Return the rule that `column` holds one of the words of a `Literal`."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


def rule(name: str, condition: str) -> CheckConstraint:
    """Return a rule that every row keeps, under a name that says it."""
    return CheckConstraint(condition, name=name)
