"""Asking the directory who can sign: groups, managers, owners and deputies, as they are at this moment."""

from __future__ import annotations

from temporalio import activity

from db.directory import read_directory
from db.session import Database, database_time
from golive.directory import Directory
from golive.effects import LookUp


class LookingUp:
    """Reads the directory for runs. It judges nothing: the rules do."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @activity.defn
    async def look_up(self, asked: LookUp) -> Directory:
        """Return what the directory says now of the people, groups and service that a run asks about."""
        async with self.database.reading() as session:
            return await read_directory(
                session,
                at=await database_time(session),
                names=asked.names,
                group_names=asked.groups,
                service=asked.service,
            )
