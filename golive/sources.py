"""Whom rules ask beside functions, by the keys of `template.Whom.source`: what the directory says of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from golive.directory import Directory, Person
from golive.people import SIGNS
from golive.template_approvals import Whom
from golive.words import N_, Sentence, say


def kind_of(source: str) -> tuple[str, str]:
    """Return how a source asks, and what for: `("group", "cab")`, or `("function", "qa")`."""
    kind, colon, key = source.partition(":")
    return (kind, key) if colon else ("function", source)


def holds(source: str, functions: Collection[str], groups: Collection[str] | None) -> bool:
    """Tell whether somebody with these functions and groups still belongs to a source that has found them.

    Groups that nobody has read (None) are taken as they were found. By name, as a manager or as an owner people are
    asked in person: nothing of theirs can be lost but what a new look at the directory shows.
    """
    kind, key = kind_of(source)
    if kind == "function":
        return key in functions
    return kind != "group" or groups is None or key in groups


def named(source: str) -> Sentence:
    """Return how people call a source."""
    kind, key = kind_of(source)
    match kind:
        case "function":
            return say(N_("{function}"), function=key)
        case "group":
            return say(N_("the group {group}"), group=key)
        case "people":
            return say(N_("{people}"), people=key.replace(",", ", "))
        case "manager_of" if key == "authors":
            return say(N_("the managers of whoever made the artifact"))
        case "manager_of":
            return say(N_("the manager of whoever started the run"))
        case _:
            return say(N_("the owners of the service"))


def all_named(sources: Sequence[str]) -> Sentence:
    """Return how people call several sources, in order."""
    if not sources:
        return say("—")
    first, *others = [named(source) for source in dict.fromkeys(sources)]
    for other in others:
        first = say(N_("{first}, {other}"), first=first, other=other)
    return first


def groups_in(sources: Iterable[str]) -> list[str]:
    """Return the groups among sources."""
    return [key for kind, key in map(kind_of, sources) if kind == "group"]


# -- in the directory ----------------------------------------------------------------------------------------


def names_asked(whom: Whom, starter: str, authors: Sequence[str]) -> Sequence[str]:
    """Return about whom the directory must be asked by name to find who belongs to what is no function.

    `starter` starts the run, and `authors` made the release. Members and owners come by themselves.
    """
    if whom.manager_of is None:
        return whom.people
    return [starter] if whom.manager_of == "release_manager" else authors


def members(whom: Whom, starter: str, authors: Sequence[str], directory: Directory) -> tuple[str, ...]:
    """Return who belongs to what is no function by the directory, in order, whether they can sign or not."""
    if whom.group is not None:
        return directory.groups.get(whom.group, ())
    if whom.owner_of_service:
        return directory.owners
    if whom.manager_of is None:
        return whom.people
    people = directory.by_name
    led = (people[name] for name in names_asked(whom, starter, authors) if name in people)
    return tuple(dict.fromkeys(person.manager for person in led if person.manager))


def able(source: str, person: Person | None) -> bool:
    """Tell whether somebody who belongs to a source can sign under it, as they are now; nobody of that name cannot."""
    return person is not None and can_sign(person) and holds(source, person.functions, person.groups)


def can_sign(person: Person) -> bool:
    """Tell whether somebody can sign at all: an enabled account with the role for it."""
    return person.enabled and SIGNS in person.roles
