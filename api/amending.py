"""From what a person asks to amend to the plan that the run is to follow, and what that would do."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from api.house import House
from api.library import library_at
from api.starting import may_not, with_found
from db.people import find_users, members_of
from db.queries import get_run
from db.session import Session, database_time
from db.views import RunWhole
from golive import rules
from golive.amendment import plan_changed
from golive.commands import Actor, Amend, Command
from golive.errors import Conflict, Invalid, together
from golive.foreseeing import Foreseen, foresee
from golive.people import DOES, SIGNS, People
from golive.plan import Plan
from golive.planning import check_template
from golive.replanning import Changes, measures, planned_anew, with_others
from golive.run import Run
from golive.template_checks import asked_beside_functions, roles_asked
from golive.vocabulary import Role
from golive.words import N_


async def amended_plan(session: Session, house: House, run: RunWhole, changes: Changes) -> Plan:
    """Return the plan that `changes` makes of that of `run` now. Raises Invalid, and Conflict `template_changed`."""
    now = await database_time(session)
    if not changes.by_template:
        people = await _people(session, run.plan, changes, roles_asked(run.plan.stages))
        return with_others(run.plan, run.release, changes, people, now)
    version = changes.template_version or run.plan.template_version
    shelf, source = await library_at(session, run.template, version)
    outline = check_template(shelf, run.template)
    if outline.hash != source.hash:
        raise Conflict(
            "template_changed",
            N_(
                "What version {version} of the template {name} is made of is no longer there as it was; name a later "
                "version with “template_version”."
            ),
            version=version,
            name=run.template,
        )
    metrics, rules_beside = measures(run.plan), asked_beside_functions(outline.stages)
    people = await _people(session, run.plan, changes, roles_asked(outline.stages))
    return planned_anew(
        run.plan,
        run.release,
        changes,
        await with_found(session, people, rules_beside, run.release, run.plan.release_manager, now),
        shelf,
        version=version,
        metrics=house.settings.metrics_url is not None if metrics is None else metrics,
        now=now,
    )


async def _people(
    session: Session, plan: Plan, changes: Changes, functions: Mapping[str, Collection[Role]]
) -> People:
    """Return who acts in each of `functions`: whom the change names, else whom the plan does, else who has it.

    Raises Invalid for those wrongly named.
    """
    users = await find_users(session, [name for names in changes.people.values() for name in names])
    wrong = [
        fault
        for function, names in changes.people.items()
        for name in names
        if (fault := may_not(name, users.get(name), function, functions.get(function, frozenset())))
    ]
    wrong += [_unused(function) for function in changes.people if function not in functions]
    if wrong:
        raise together(wrong)
    new = [each for each in functions if each not in plan.people and each not in changes.people]
    others = await members_of(session, new)
    found = {each: [user.name for user in others if each in user.functions] for each in new}
    roles = _roles(plan) | {user.name: tuple(user.roles) for user in (*users.values(), *others)}
    return People.having({**plan.people, **found, **changes.people}, roles, plan.found)


def _unused(function: str) -> Invalid:
    msgid = N_("The plan asks nothing of the function “{function}”, so nobody can be named for it.")
    return Invalid("function_unused", msgid, facts={"field": f"people.{function}"}, function=function)


def _roles(plan: Plan) -> dict[str, tuple[Role, ...]]:
    """Return the roles of those in the plan, as it was made with them."""
    return {
        name: tuple(
            role for role, lacks in ((DOES, plan.sign_only), (SIGNS, plan.do_only)) if name not in lacks
        )
        for name in plan.everybody()
    }


async def foreseen(house: House, run_id: str, actor: Actor, body: Amend) -> Foreseen:
    """Return what the amendment would do to the run as it stands. Raises as asking for it would."""
    state = await house.engine.state(run_id)
    async with house.database.reading() as session:
        run, now = await get_run(session, run_id), await database_time(session)
    if state.plan_version != run.plan_version:
        raise plan_changed(state.plan_version)
    known = Run(state, run.plan, now)
    rules.check(known, Command(id="0" * 64, run_id=run_id, actor=actor, body=body), now)
    return foresee(known, body, actor.name)
