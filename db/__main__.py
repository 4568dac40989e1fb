"""`python -m db ACT`: what an operator does with the database; each line of the answer is a finding, as JSON."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from db import migrations, operating
from golive.findings import Finding
from golive.words import N_, Sentence, say
from settings import Settings, settings_or_exit


def version(settings: Settings, _given: argparse.Namespace) -> Sentence:
    """Say which schema the database has, and refuse another than this golive's."""
    asyncio.run(operating.require_schema(settings.url))
    return say(N_("The database has schema {schema}, which this golive needs."), schema=migrations.head())


def upgrade(settings: Settings, _given: argparse.Namespace) -> Sentence:
    """Bring the schema up to date."""
    was = asyncio.run(migrations.current(settings.url))
    if was is not None and not migrations.knows(was):
        asyncio.run(operating.require_schema(settings.url))  # says what to do with a newer one
    asyncio.run(migrations.upgrade(settings.url))
    now = migrations.head()
    if was == now:
        return say(N_("The database has schema {schema} already; nothing was to be done."), schema=now)
    return say(N_("The database has schema {schema} now; it had {was}."), schema=now, was=was or "0")


def grant(settings: Settings, given: argparse.Namespace) -> Sentence:
    """Give a role what running golive needs."""
    asyncio.run(operating.grant(settings.url, given.role))
    return say(
        N_("The role {role} may run golive now: it adds to the journal and cannot change it."),
        role=given.role,
    )


def backup(settings: Settings, given: argparse.Namespace) -> Sentence:
    """Copy everything to a new folder."""
    asyncio.run(operating.require_schema(settings.url))
    operating.backup(settings.url, settings.home, given.folder)
    if settings.secret_keys is not None or settings.temporal == "external":
        return say(
            N_(
                "{folder} holds what lies in the data folder. Keep with it what your settings name elsewhere: "
                "GOLIVE_SECRET_KEYS, and a backup of your Temporal server made after this one."
            ),
            folder=str(given.folder.absolute()),
        )
    return say(
        N_("{folder} is a whole copy, secret keys included. To restore it, start with GOLIVE_HOME={folder}."),
        folder=str(given.folder.absolute()),
    )


Act = Callable[[Settings, argparse.Namespace], Sentence]


def read(words: list[str]) -> argparse.Namespace:
    """Return what is asked for: `act`, and `role` or `folder`."""
    parser = argparse.ArgumentParser(prog="python -m db")
    acts = parser.add_subparsers(required=True)
    for act in (version, upgrade, grant, backup):
        acts.add_parser(act.__name__, help=act.__doc__).set_defaults(act=act)
    acts.choices["grant"].add_argument("role")
    acts.choices["backup"].add_argument("folder", type=Path)
    return parser.parse_args(words)


_OF_THE_SCHEMA = {"42501", "42P01"}
"""PostgreSQL's codes for what a role may not do and for a table that is not there: the owner's upgrade mends both."""
_NOT_ALLOWED = N_(
    "The database refused: {why}. `golive db upgrade` comes first and needs the owner of the database in "
    "GOLIVE_DATABASE_URL, as `golive db grant ROLE` does, without which golive's own role may do nothing."
)


def _refusal(failed: Exception) -> str:
    code = getattr(getattr(failed, "orig", None), "sqlstate", None)
    return _NOT_ALLOWED if code in _OF_THE_SCHEMA else N_("The database refused: {why}.")


def _why(failed: Exception) -> str:
    return " ".join(str(getattr(failed, "orig", None) or failed).split())


def main(words: list[str]) -> int:
    """Do it and say what came of it; 1 when it could not be done."""
    given, settings = read(words), settings_or_exit()
    act: Act = given.act
    try:
        told = Finding(about="database", well=True, found=act(settings, given))
    except operating.Undone as refused:
        told = Finding(about="database", well=False, found=refused.sentence)
    except (SQLAlchemyError, CommandError, OSError, sqlite3.Error) as failed:
        told = Finding(about="database", well=False, found=say(_refusal(failed), why=_why(failed)))
    print(told.model_dump_json())  # noqa: T201 - the answer
    return 0 if told.well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
