"""How people are known to the pages: passwords, sessions, one-time links, and who they are at a provider."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from db.schema import metadata, moment, rule, word


def _user(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    return Column("user_id", ForeignKey("users.id"), nullable=False, primary_key=primary_key, index=index)


passwords = Table(
    "passwords",
    metadata,
    _user(primary_key=True),
    word("hash"),
    moment("changed_at"),
)

sessions = Table(
    "sessions",
    metadata,
    word("id", primary_key=True),
    word("sha256", unique=True),
    _user(index=True),
    word("method"),
    Column("token_id", ForeignKey("tokens.id"), index=True),
    word("address"),
    word("browser"),
    moment("created_at"),
    moment("expires_at"),
    moment("ended_at", null=True),
    moment("proven_at", null=True),
    word("proven_for", null=True),
    rule("method_is_known", "method IN ('password', 'token', 'link', 'oidc')"),
    rule("ends_after_it_began", "expires_at > created_at"),
)
"""`proven_at` is when, by the provider, its owner last proved there who they are, to act once on `proven_for`."""

enrolments = Table(
    "enrolments",
    metadata,
    word("id", primary_key=True),
    word("sha256", unique=True),
    _user(index=True),
    word("made_by"),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    rule("ends_after_it_began", "expires_at > created_at"),
)

identities = Table(
    "identities",
    metadata,
    word("issuer", primary_key=True),
    word("subject", primary_key=True),
    _user(index=True),
    moment("created_at"),
)

failed_sign_ins = Table(
    "failed_sign_ins",
    metadata,
    word("id", primary_key=True),
    word("name"),
    word("address"),
    moment("at"),
    Index("ix_failed_sign_ins_name", "name", "at"),
    Index("ix_failed_sign_ins_address", "address", "at"),
)
