"""Who takes part in a run, by what they may do now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from db.session import Session
from db.tables import run_people, runs, user_roles, users
from golive.vocabulary import Role

_MOST = 20


async def taking_part(session: Session, run_id: str, roles: Collection[Role]) -> list[str]:
    """Return who takes part in a run, or manages it, and has one of these roles; some of them where they are many."""
    named = select(run_people.c.name).where(run_people.c.run_id == run_id)
    manages = select(runs.c.release_manager).where(runs.c.id == run_id)
    found = (
        select(users.c.name)
        .distinct()
        .join(user_roles, user_roles.c.user_id == users.c.id)
        .where(users.c.enabled, user_roles.c.role.in_(roles), users.c.name.in_(named.union(manages)))
    )
    return list(await session.scalars(found.order_by(users.c.name).limit(_MOST)))
