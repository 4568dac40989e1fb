"""From what a person asks to start to the plan that the run follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from api.library import library
from api.schemas.release import StartGiven
from db.directory import read_directory
from db.lessons import lessons_of_service
from db.people import User, find_users, members_of
from db.session import Session, database_time
from db.templates import get_template
from golive.errors import Invalid, together
from golive.people import People
from golive.plan import Plan, Release
from golive.planning import check_template, make_plan
from golive.problems import InvalidSource
from golive.sources import able, members, names_asked
from golive.template_approvals import Whom
from golive.template_checks import asked_beside_functions, roles_asked
from golive.vocabulary import Role
from golive.words import N_

_Asked = Mapping[str, Collection[Role]]
"""The functions of a template, each with the roles that it is asked for: to do tasks, to sign."""


async def plan_for(session: Session, asked: StartGiven, release_manager: str, *, metrics: bool) -> Plan:
    """Return the plan that `asked` makes now. Raises Invalid, saying all that is wrong."""
    now = await database_time(session)
    shelf = await library(session)
    stages = check_template(shelf, asked.template).stages
    functions = roles_asked(stages)
    source = await get_template(session, asked.template)
    people, wrong = await _people(session, asked, functions)
    rules = asked_beside_functions(stages)
    people = await with_found(session, people, rules, asked.release.release(), release_manager, now)
    wrong += await strangers(session, asked.release.authors)
    wrong += await _unknown(session, rules.values())
    lessons = await lessons_of_service(session, asked.release.service)
    try:
        plan = make_plan(
            shelf,
            asked.request(),
            people,
            version=source.version,
            release_manager=release_manager,
            metrics=metrics,
            now=now,
            lessons=lessons,
        )
    except InvalidSource:
        raise
    except Invalid as refused:
        raise together([*wrong, refused]) from None
    if wrong:
        raise together(wrong)
    return plan


async def _people(session: Session, asked: StartGiven, functions: _Asked) -> tuple[People, list[Invalid]]:
    """Return who acts in each of `functions`, those named, else everybody who has it; and who is wrongly named."""
    users = await find_users(session, [name for names in asked.people.values() for name in names])
    wrong, misnamed = [], set()
    for function, names in asked.people.items():
        for name in names:
            if fault := may_not(name, users.get(name), function, functions.get(function, frozenset())):
                wrong.append(fault)
                misnamed.add(function)  # that nobody is left there would follow from it
    named = {
        function: names
        for function, names in asked.people.items()
        if function in functions and function not in misnamed
    }
    missing = [function for function in functions if function not in named]
    others = await members_of(session, missing)
    members = {function: [user.name for user in others if function in user.functions] for function in missing}
    roles = {user.name: user.roles for user in (*users.values(), *others)}
    return People.having(members | named, roles), wrong


async def with_found(
    session: Session,
    people: People,
    rules: Mapping[str, Whom],
    release: Release,
    starter: str,
    now: datetime,
) -> People:
    """Return `people` with those whom `rules` ask otherwise than by function, and who of them can sign."""
    if not rules:
        return people
    authors = release.authors
    directory = await read_directory(
        session,
        at=now,
        names={name for rule in rules.values() for name in names_asked(rule, starter, authors)},
        group_names=[rule.group for rule in rules.values() if rule.group],
        service=release.service if any(rule.owner_of_service for rule in rules.values()) else None,
    )
    found = {source: members(rule, starter, authors, directory) for source, rule in rules.items()}
    unable = {
        name
        for source, names in found.items()
        for name in names
        if not able(source, directory.by_name.get(name))
    }
    return people.model_copy(update={"found": found, "do_only": (*people.do_only, *sorted(unable))})


async def _unknown(session: Session, rules: Iterable[Whom]) -> list[Invalid]:
    """Return a refusal of everybody whom a rule asks by name and golive does not know: a rule never asks fewer."""
    names = dict.fromkeys(name for rule in rules for name in rule.people)
    there = await find_users(session, names) if names else {}
    msgid = N_("The template asks {name} to sign, whom golive does not know; correct the template.")
    return [
        Invalid("unknown_user", msgid, facts={"user": name}, name=name) for name in names if name not in there
    ]


def may_not(name: str, user: User | None, function: str, roles: Collection[Role]) -> Invalid | None:
    """Return None when `user` can do something that is asked of `function`, which wants one of `roles`; else why not.

    None are asked of a function that the template does not use; misspelt ones are found by who has them.
    """
    where = {"field": f"people.{function}", "user": name}
    if user is None:
        msgid = N_("“people.{function}” names {name}, whom golive does not know.")
        return Invalid("unknown_user", msgid, facts=where, function=function, name=name)
    if not user.enabled:
        msgid = N_("“people.{function}” names {name}, who is disabled.")
        return Invalid("user_disabled", msgid, facts=where, function=function, name=name)
    if function not in user.functions:
        msgid = N_(
            "“people.{function}” names {name}, who does not have that function; their functions are: {own}."
        )
        own = ", ".join(user.functions) or "–"
        return Invalid("function_missing", msgid, facts=where, function=function, name=name, own=own)
    if roles and not set(roles) & set(user.roles):
        msgid = N_(
            "“people.{function}” names {name}, who lacks the role that is asked of {function} here: {roles}."
        )
        asked = ", ".join(sorted(roles))
        return Invalid("role_missing", msgid, facts=where, function=function, name=name, roles=asked)
    return None


async def check_authors(session: Session, authors: Collection[str]) -> None:
    """Raise Invalid for authors whom golive does not know."""
    if wrong := await strangers(session, authors):
        raise together(wrong)


async def strangers(session: Session, authors: Collection[str]) -> list[Invalid]:
    """Return what is wrong with authors whom golive does not know: misspelt, they could sign what they made."""
    known = await find_users(session, authors)
    msgid = N_(
        "“release.authors” names {name}, whom golive does not know. Who has no user here cannot sign, so "
        "name only users, and others in the release's scope."
    )
    return [
        Invalid("unknown_user", msgid, facts={"field": "release.authors", "user": name}, name=name)
        for name in authors
        if name not in known
    ]
