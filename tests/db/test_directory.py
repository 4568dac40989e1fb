from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import IntegrityError

from db import absences, groups, people, services
from db.directory import read_directory
from db.people import User
from db.session import Database, Session, database_time
from db.tables import absences as absences_table
from db.tables import user_managers
from db.tables import words as words_table
from db.words import erase
from golive.directory import Absence, Directory, Person
from golive.errors import Conflict, Invalid, NotFound
from tests.db.story import words

DAY = timedelta(days=1)


async def joined(session: Session, *names: str) -> list[User]:
    return [
        await people.create_user(session, name=name, roles=["approver"], functions=["qa"]) for name in names
    ]


async def test_a_manager_is_another_user_and_circles_may_exist(database: Database) -> None:
    async with database.transaction() as session:
        ann, _ = await joined(session, "ann", "bo")
        assert ann.manager is None
        assert (await people.patch_user(session, "ann", manager="bo")).manager == "bo"
        assert (await people.patch_user(session, "bo", manager="ann")).manager == "ann"
        assert (await people.patch_user(session, "ann", roles=["viewer"])).manager == "bo"
        token = await people.issue_token(session, "ann")
        who = await people.authenticate(session, token.token)
        assert who is not None
        assert who.manager == "bo"
        assert [user.manager for user in (await people.list_users(session)).items] == ["bo", "ann"]
        with pytest.raises(Invalid) as own:
            await people.patch_user(session, "ann", manager="ann")
        assert own.value.code == "own_manager"
        with pytest.raises(NotFound):
            await people.patch_user(session, "ann", manager="nobody")
        assert (await people.patch_user(session, "ann", manager=None)).manager is None


async def test_the_database_itself_refuses_who_manages_or_stands_in_for_themselves(
    database: Database,
) -> None:
    async with database.transaction() as session:
        (ann,) = await joined(session, "ann")
        now = await database_time(session)
    absence = {"id": "a", "user_id": ann.id, "since": now, "until": now + DAY, "by": "ann"}
    for table, row in (
        (user_managers, {"user_id": ann.id, "manager_id": ann.id}),
        (absences_table, {**absence, "deputy_id": ann.id}),
        (absences_table, {**absence, "until": now}),
    ):
        with pytest.raises(IntegrityError):
            async with database.transaction() as session:
                await session.execute(insert(table), row)


async def test_a_group_keeps_its_members_in_order(database: Database) -> None:
    async with database.transaction() as session:
        ann, bo, cy = await joined(session, "ann", "bo", "cy")
        made = await groups.create_group(session, name="board", title="The board", members=[cy, ann, cy])
        assert made == groups.Group(name="board", title="The board", members=("cy", "ann"))
        changed = await groups.patch_group(session, "board", members=[bo, cy])
        assert (changed.title, changed.members) == ("The board", ("bo", "cy"))
        assert (await groups.patch_group(session, "board", title="Board")).members == ("bo", "cy")
        await groups.create_group(session, name="empty", title="Nobody", members=[])
        with pytest.raises(Conflict, match="board"):
            await groups.create_group(session, name="board", title="Another", members=[])
        page = await groups.list_groups(session, limit=1)
        rest = await groups.list_groups(session, limit=1, cursor=page.next_cursor)
        listed = [(group.name, group.members) for group in (*page.items, *rest.items)]
        assert listed == [("board", ("bo", "cy")), ("empty", ())]
        assert rest.next_cursor is None
        assert [group.name for group in (await groups.list_groups(session, member="cy")).items] == ["board"]
        assert (await groups.list_groups(session, member="ann")).items == ()
        await groups.remove_group(session, "board")
        for act in (
            groups.get_group(session, "board"),
            groups.remove_group(session, "board"),
            groups.patch_group(session, "board", title="Gone"),
        ):
            with pytest.raises(NotFound):
                await act


async def test_a_service_has_owners_in_order(database: Database) -> None:
    async with database.transaction() as session:
        ann, bo = await joined(session, "ann", "bo")
        await services.set_owners(session, "checkout", [ann])
        owned = await services.set_owners(session, "checkout", [bo, ann, bo])
        assert owned == services.Service(service="checkout", owners=("bo", "ann"))
        await services.set_owners(session, "cart", [ann])
        page = await services.list_services(session, limit=1)
        rest = await services.list_services(session, limit=1, cursor=page.next_cursor)
        assert (*page.items, *rest.items) == (
            services.Service(service="cart", owners=("ann",)),
            services.Service(service="checkout", owners=("bo", "ann")),
        )
        assert (await services.list_services(session, owner="bo")).items == (owned,)
        await services.remove_owners(session, "checkout")
        with pytest.raises(NotFound, match="checkout"):
            await services.remove_owners(session, "checkout")
        assert [each.service for each in (await services.list_services(session)).items] == ["cart"]


async def away(session: Session, user: User, begins: int, days: int, **more: Any) -> absences.AbsenceView:
    """Have `user` be away from in `begins` days, for `days`."""
    now = await database_time(session)
    since = now + begins * DAY
    return await absences.add_absence(
        session, user=user, since=since, until=since + days * DAY, by="rm", **more
    )


async def test_an_absence_is_in_force_between_its_ends_and_is_changed_and_ended(database: Database) -> None:
    async with database.transaction() as session:
        ann, bo = await joined(session, "ann", "bo")
        now = await database_time(session)
        ill = await absences.add_absence(session, user=ann, until=now + DAY, by="ann", reason=words("flu"))
        assert (ill.user, ill.deputy, ill.reason, ill.by) == ("ann", None, "flu", "ann")
        assert now <= ill.since <= now + timedelta(minutes=1)
        later = await away(session, ann, 5, 2, deputy=bo)
        changed = await absences.patch_absence(session, ill.id, until=now + 2 * DAY, deputy=bo)
        assert (changed.until, changed.deputy, changed.since) == (now + 2 * DAY, "bo", ill.since)
        assert (await absences.patch_absence(session, ill.id, deputy=None)).deputy is None
        assert [each.id for each in (await absences.list_absences(session)).items] == [ill.id, later.id]
        assert (await absences.list_absences(session, user="bo")).items == ()
        assert (await absences.end_absence(session, later.id)).id == later.id
        with pytest.raises(NotFound):
            await absences.get_absence(session, later.id)
        assert await erase(session, words("flu").digest)
        assert (await absences.get_absence(session, ill.id)).reason is None


async def test_an_absence_that_has_begun_ends_now_and_stays_known(database: Database) -> None:
    async with database.transaction() as session:
        (ann,) = await joined(session, "ann")
        known = await away(session, ann, -1, 3)
        await absences.end_absence(session, known.id)
        assert (await absences.list_absences(session)).items == ()
        (over,) = (await absences.list_absences(session, over=True)).items
        assert over.since < over.until < known.until
        for act in (
            absences.end_absence(session, known.id),
            absences.patch_absence(session, known.id, deputy=None),
        ):
            with pytest.raises(Conflict) as refused:
                await act
            assert refused.value.code == "absence_over"
        await away(session, ann, 0, 1)


@pytest.mark.parametrize(("begins", "days"), [(0, 3), (2, 1), (-1, 9), (1, 2)])
async def test_two_absences_of_one_person_never_overlap(database: Database, begins: int, days: int) -> None:
    async with database.transaction() as session:
        ann, bo = await joined(session, "ann", "bo")
        known = await away(session, ann, 1, 2)
        next_ = await away(session, ann, 3 if begins != -1 else 20, 1)
        await away(session, bo, begins, days)
        with pytest.raises(Conflict) as refused:
            await away(session, ann, begins, days)
        assert (refused.value.code, refused.value.facts) == ("absence_overlaps", {"absence": known.id})
        with pytest.raises(Conflict, match="already"):
            await absences.patch_absence(session, known.id, until=next_.until)
        await absences.patch_absence(session, known.id, until=known.until - timedelta(hours=1))


async def test_an_absence_needs_its_end_and_another_person_as_deputy(database: Database) -> None:
    async with database.transaction() as session:
        (ann,) = await joined(session, "ann")
        for begins, days in ((-3, 1), (1, 0), (1, -1)):
            with pytest.raises(Invalid) as refused:
                await away(session, ann, begins, days)
            assert refused.value.code == "absence_times"
        with pytest.raises(Invalid) as own:
            await away(session, ann, 0, 1, deputy=ann)
        assert own.value.code == "own_deputy"
        known = await away(session, ann, 0, 1)
        with pytest.raises(Invalid):
            await absences.patch_absence(session, known.id, deputy=ann)
        with pytest.raises(Invalid):
            await absences.patch_absence(session, known.id, until=known.since)
        assert list(await session.scalars(select(words_table.c.digest))) == []


async def team(session: Session) -> datetime:
    """Make a directory in which everybody is somebody's: return the moment at which they are away."""
    (ann, bo, cy, *_) = await joined(session, "ann", "bo", "cy", "dee", "eve", "fay", "gus")
    by_name = await people.find_users(session, ["dee", "eve", "fay", "gus"])
    await people.patch_user(session, "ann", manager="dee")
    await people.patch_user(session, "dee", manager="gus")
    await people.patch_user(session, "bo", manager="gus")
    await people.patch_user(session, "cy", enabled=False)
    await groups.create_group(session, name="board", title="Board", members=[cy, bo])
    await groups.create_group(session, name="desk", title="Desk", members=[bo])
    await groups.create_group(session, name="empty", title="Nobody", members=[])
    await groups.create_group(session, name="other", title="Not asked", members=[ann, bo])
    await services.set_owners(session, "checkout", [by_name["eve"]])
    await services.set_owners(session, "cart", [by_name["gus"]])
    await away(session, by_name["eve"], 0, 2, deputy=by_name["fay"])
    await away(session, by_name["fay"], 0, 2, deputy=by_name["gus"])
    await away(session, by_name["dee"], 5, 2, deputy=ann)
    return await database_time(session)


async def test_the_directory_tells_of_everybody_concerned_and_of_nobody_else(database: Database) -> None:
    async with database.transaction() as session:
        at = await team(session)
    async with database.reading() as session:
        asked: dict[str, Any] = {"group_names": ["desk", "board", "empty", "none"], "service": "checkout"}
        found = await read_directory(session, at=at, names=["ann", "nobody"], **asked)
        later = await read_directory(session, at=at + 5.5 * DAY, names=["ann"])
        nothing = await read_directory(session, at=at, service="unknown")
    assert found.groups == {"board": ("cy", "bo"), "desk": ("bo",), "empty": ()}
    assert found.owners == ("eve",)
    assert [person.name for person in found.people] == ["ann", "bo", "cy", "dee", "eve", "fay"]
    about = {person.name: person for person in found.people}
    known: dict[str, Any] = {"roles": ("approver",), "functions": ("qa",)}
    assert about["ann"] == Person(name="ann", manager="dee", **known)
    assert about["bo"] == Person(name="bo", manager="gus", groups=("board", "desk"), **known)
    assert about["cy"] == Person(name="cy", enabled=False, groups=("board",), **known)
    assert about["dee"].absence is None
    eve, fay = about["eve"].absence, about["fay"].absence
    assert eve is not None
    assert fay is not None
    assert (eve.deputy, fay.deputy) == ("fay", "gus")
    assert found.by_name["eve"] == about["eve"]
    assert "gus" not in found.by_name
    assert [(person.name, person.absence and person.absence.deputy) for person in later.people] == [
        ("ann", None),
        ("dee", "ann"),
    ]
    assert nothing == Directory(at=at)
    assert Directory.model_validate_json(found.model_dump_json()) == found


async def test_an_absence_counts_from_its_first_moment_to_before_its_last(database: Database) -> None:
    async with database.transaction() as session:
        ann, bo = await joined(session, "ann", "bo")
        known = await away(session, ann, 1, 1, deputy=bo)
        tick = timedelta(milliseconds=1)
        moments = [known.since - tick, known.since, known.until - tick, known.until]
        found = [await read_directory(session, at=at, names=["ann"]) for at in moments]
    there = Absence(until=known.until, deputy="bo")
    told = [person.absence for each in found if (person := each.by_name.get("ann"))]
    assert told == [None, there, there, None]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    yield statements
    event.remove(database.engine, "before_cursor_execute", hear)


async def test_the_number_of_queries_does_not_grow_with_the_number_of_names(database: Database) -> None:
    async with database.transaction() as session:
        await team(session)
        at = await database_time(session)
        crowd = await joined(session, *(f"u{n}" for n in range(40)))
        await groups.create_group(session, name="crowd", title="Crowd", members=crowd)
        for n, user in enumerate(crowd[1:]):
            await people.patch_user(session, user.name, manager=crowd[n].name)
            await away(session, user, 0, 1, deputy=crowd[n])
    async with database.reading() as session:
        with counted(database) as few:
            await read_directory(session, at=at, names=["ann"], group_names=["desk"], service="checkout")
        with counted(database) as many:
            found = await read_directory(
                session,
                at=at,
                names=[user.name for user in crowd],
                group_names=["crowd", "board", "desk"],
                service="checkout",
            )
    assert len(found.people) == 44
    assert len(few) == len(many) == 8
