"""Groups, owners of services and absences, as asked for and as shown."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from api.schemas.given import Given, Instant, Line, Reason
from api.schemas.named import AbsenceId, GroupName, Person, Service
from api.schemas.shown import Moment, Shown
from db.absences import AbsenceView
from golive.vocabulary import Key, UserName

_PEOPLE = Field(max_length=500, examples=[["ann", "bo"]], description="Users by name, in order.")
People = Annotated[list[UserName], _PEOPLE]


class GroupGiven(Given):
    """A new group, which rules name by `name`."""

    name: Key = Field(examples=["change-board"])
    title: Line | None = Field(
        default=None, examples=["Change board"], description="What people read; the name when left out."
    )
    members: People = []


class GroupPatch(Given):
    """What changes about a group; what is left out stays."""

    title: Line | None = Field(default=None, examples=["Change board"])
    members: People | None = Field(default=None, examples=[["ann", "bo"]])

    def changes(self) -> dict[str, Any]:
        """Return what is to change."""
        return self.model_dump(exclude_none=True)


class GroupShown(Shown):
    """A group and its members, in order. Who of them is disabled is asked nothing."""

    name: GroupName
    title: str = Field(examples=["Change board"])
    members: list[Person]


class GroupRemoved(Shown):
    """The group that is gone."""

    name: GroupName
    removed: bool = Field(examples=[True])


class OwnersGiven(Given):
    """Who owns a service, instead of whoever did."""

    owners: Annotated[People, Field(min_length=1)]


class ServiceShown(Shown):
    """A service and its owners, in order."""

    service: Service
    owners: list[Person]


class ServiceRemoved(Shown):
    """The service that nobody owns any more."""

    service: Service
    removed: bool = Field(examples=[True])


class AbsenceGiven(Given):
    """Somebody is away. Without `user` it is who asks; without `since` it is from now on."""

    user: UserName | None = Field(default=None, examples=["ann"])
    since: Instant | None = Field(default=None, examples=["2026-12-21T08:00:00Z"])
    until: Instant = Field(examples=["2027-01-04T08:00:00Z"])
    deputy: UserName | None = Field(
        default=None, examples=["bo"], description="Who stands in: an enabled user, and another one."
    )
    reason: Reason | None = Field(
        default=None,
        examples=["Holidays"],
        description="Shown to the person, to `release_manager` and `admin`, and in the audit log.",
    )


class AbsencePatch(Given):
    """What changes about an absence; what is left out stays, null takes the deputy away."""

    until: Instant | None = Field(default=None, examples=["2027-01-11T08:00:00Z"])
    deputy: UserName | None = Field(default=None, examples=["bo"])


class AbsenceShown(Shown):
    """An absence, in force from `since` and no longer at `until`."""

    id: AbsenceId
    user: Person
    since: Moment
    until: Moment
    deputy: Person | None
    reason: str | None = Field(
        examples=["Holidays"],
        description="Null for who may not read it, when none was given, and when it was erased.",
    )
    by: Person = Field(description="Who wrote it.")

    @classmethod
    def of(cls, absence: AbsenceView, *, with_reason: bool) -> AbsenceShown:
        """Return `absence` as who may read its reason sees it, or may not."""
        return cls.taken(absence, reason=absence.reason if with_reason else None)


class AbsenceEnded(Shown):
    """The absence that has ended, or will not begin."""

    id: AbsenceId
    ended: bool = Field(examples=[True])
