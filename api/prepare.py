"""What must be there before the API serves: the schema, the first user and the bundled templates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.publishing import publish_from, title_of
from db.journal import administering, append_admin
from db.migrations import upgrade
from db.operating import require_schema
from db.people import authenticate, create_user, find_users, issue_token, new_token, token_is_known
from db.session import Database, Session
from db.templates import get_checklist, list_checklists, publish_checklist, template_versions
from golive.commands import GOLIVE
from golive.planning import check_template
from golive.rehearsal_script import ENDING
from golive.template_source import Library, Source, read_checklist, read_template
from settings import Settings
from settings.private_file import kept_once, replaced

ADMIN = "admin"
ROOT = Path(__file__).parents[1]


async def prepare(settings: Settings) -> None:
    """Bring the database to the present schema, make the user `admin` and publish what is bundled.

    Safe at every start, and in several processes at once. In production the schema of PostgreSQL is changed by
    `golive db upgrade` alone, whose role may do more than golive's own. Raises OSError when the home folder cannot
    be written, Undone when the schema is another.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.env == "production" and settings.database_url:
        await require_schema(settings.url)
    else:
        await upgrade(settings.url)
    database = Database(settings.url)
    try:
        async with administering(database) as session:
            await make_admin(session, settings.home / "admin.token")
            await publish_bundled(session, bundled(ROOT))
    finally:
        await database.close()


async def make_admin(session: Session, file: Path) -> None:
    """Make the user `admin` once; the token in `file`, readable by its owner alone, is theirs.

    The file comes first: a start that was cut short in between finds it and goes on. To get another token,
    delete the file and start again; one that was revoked is replaced.
    """
    if ADMIN not in await find_users(session, [ADMIN]):
        await create_user(session, name=ADMIN, roles=["admin"], functions=[])
        await append_admin(session, GOLIVE, "UserAdded", f"user:{ADMIN}", payload={"roles": ["admin"]})
    token = kept_once(file, new_token)
    if await authenticate(session, token) is None:
        if await token_is_known(session, token):
            replaced(file, token := new_token())
        issued = await issue_token(session, ADMIN, token=token, called="admin.token")
        await append_admin(session, GOLIVE, "TokenIssued", f"token:{issued.id}", payload={"user": ADMIN})


def bundled(root: Path) -> Library:
    """Return the templates and checklists that come with golive. Raises InvalidSource for a faulty one."""
    return Library.of(
        _read(root / "templates" / "processes", read_template), _read(root / "checklists", read_checklist)
    )


def _read(folder: Path, read: Callable[[str, str], Source]) -> list[Source]:
    files = (file for file in sorted(folder.glob("*.yaml")) if not file.name.endswith(ENDING))
    return [read(file.name, file.read_text(encoding="utf-8")) for file in files]


async def publish_bundled(session: Session, shelf: Library) -> None:
    """Publish each bundled text that never was; one that somebody has replaced since stays replaced."""
    latest = {each.name: each.version for each in await list_checklists(session)}
    for name, source in shelf.checklists.items():
        published = {(await get_checklist(session, name, n + 1)).hash for n in range(latest.get(name, 0))}
        if source.sha256 not in published:
            await publish_checklist(
                session,
                name=name,
                source=source.text,
                hash=source.sha256,
                by=GOLIVE.name,
                title=title_of(source),
            )
    for name in shelf.templates:
        known = {version.hash for version in await template_versions(session, name)}
        if check_template(shelf, name).hash not in known:
            await publish_from(session, shelf, name, GOLIVE.name)
