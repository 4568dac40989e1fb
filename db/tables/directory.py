"""The directory that approvals find their people in: groups, owners of services, managers, and who is away."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from db.schema import metadata, moment, rule, word


def _user(name: str, *, primary_key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, ForeignKey("users.id"), nullable=null, primary_key=primary_key)


user_managers = Table(
    "user_managers",
    metadata,
    _user("user_id", primary_key=True),
    _user("manager_id"),
    rule("manager_is_another", "manager_id <> user_id"),
)

groups = Table(
    "groups",
    metadata,
    word("name", primary_key=True),
    word("title"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_name", ForeignKey("groups.name"), primary_key=True),
    _user("user_id", primary_key=True),
    Column("position", Integer, nullable=False),
)

service_owners = Table(
    "service_owners",
    metadata,
    word("service", primary_key=True),
    _user("user_id", primary_key=True),
    Column("position", Integer, nullable=False),
)

absences = Table(
    "absences",
    metadata,
    word("id", primary_key=True),
    _user("user_id"),
    moment("since"),
    moment("until"),
    _user("deputy_id", null=True),
    word("reason", null=True),
    word("by"),
    rule("ends_after_it_began", "until > since"),
    rule("deputy_is_another", "deputy_id <> user_id"),
    Index("ix_absences_user_id", "user_id", "until"),
)
"""`reason` is the digest of words, which can be erased."""
