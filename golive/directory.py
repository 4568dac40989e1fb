"""Who is meant where a rule names nobody: groups, owners of services, managers, and deputies of who is away.

What was read of the directory at one moment, as an activity hands it to a run. It says what is written down there and
judges nothing: who is disabled, or lacks a role, is in it like everybody else.
"""

from __future__ import annotations

from functools import cached_property

from pydantic import AwareDatetime

from golive.model import Fact
from golive.vocabulary import Function, Key, Role, UserName


class Absence(Fact):
    """Somebody is away `until` then. Who stands in for them meanwhile is their `deputy`, None for nobody."""

    until: AwareDatetime
    deputy: UserName | None = None


class Person(Fact):
    """Somebody at the moment at which the directory was read.

    `groups` are those among the groups asked for; `absence` is the one in force then. A manager's manager and a
    deputy's deputy are no more than names: whoever follows them may walk in a circle.
    """

    name: UserName
    enabled: bool = True
    roles: tuple[Role, ...] = ()
    functions: tuple[Function, ...] = ()
    groups: tuple[Key, ...] = ()
    manager: UserName | None = None
    absence: Absence | None = None


class Directory(Fact):
    """What the directory said `at` a moment of the names, groups and service that it was asked for.

    `groups` holds the members of each group that there is, in order: a name that is missing was no group, an empty one
    has no members. `owners` are those of the service, in order. `people` are, by name, all who were named, who
    are members or owners, the managers of those named, and the deputies of whoever of all these is away. A name that
    is missing there is nobody's.
    """

    at: AwareDatetime
    groups: dict[Key, tuple[UserName, ...]] = {}
    owners: tuple[UserName, ...] = ()
    people: tuple[Person, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Person]:
        """The people who were read, by name; who is missing is nobody's name."""
        return {person.name: person for person in self.people}
