"""Failed sign-ins, counted in SQL, so that all processes count together.

Three limits hold within a quarter of an hour, and who meets one waits until the oldest failure that counts is over:

- 5 at one name from one address: a person who has forgotten a password, or somebody who guesses it.
- 30 from one address, at whatever names: somebody who tries one password at many people.
- 100 at one name, from everywhere: many machines that guess the password of one person. This limit would let strangers
  keep a person out, so it does not hold where that person has signed in during the last 30 days. Elsewhere it takes 100
  tries from 20 addresses, again and again.

Each try counts as failed before the password is looked at and is taken back when it was right, so that many at the same
moment count, too; one that is held up is not counted. An address of IPv6 counts by its network of 64 bits, which is
what one customer gets. Of a name only the digest is kept: people type passwords into the wrong field.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select

from db.digests import digest_of
from db.session import Session, database_time
from db.tables import failed_sign_ins, sessions

WINDOW = timedelta(minutes=15)
OF_BOTH, OF_ADDRESS, OF_NAME = 5, 30, 100
LATELY = timedelta(days=30)
_IPV6_NETWORK = 64


async def held_until(session: Session, *, name: str, address: str, user_id: str = "") -> datetime | None:
    """Return when `address` may try to sign in as `name` again, None for now. `user_id` is whose name it is, if any."""
    now, named, place = await database_time(session), digest_of(name), network_of(address)
    failed = failed_sign_ins.c
    lately = select(failed.name, failed.address, failed.at).where(failed.at > now - WINDOW)
    either = lately.where(or_(failed.name == named, failed.address == place)).order_by(failed.at.desc())
    rows = (await session.execute(either)).all()
    here = [row for row in rows if row.address == place]
    moments = [
        _over([row.at for row in here if row.name == named], OF_BOTH),
        _over([row.at for row in here], OF_ADDRESS),
    ]
    everywhere = _over([row.at for row in rows if row.name == named], OF_NAME)
    if everywhere is not None and not await _at_home(session, user_id, place, now):
        moments.append(everywhere)
    return max((moment for moment in moments if moment is not None), default=None)


async def count(session: Session, *, name: str, address: str) -> None:
    """Count a try as failed; what no longer counts is removed."""
    now = await database_time(session)
    await session.execute(delete(failed_sign_ins).where(failed_sign_ins.c.at <= now - WINDOW))
    row = {"id": secrets.token_hex(12), "name": digest_of(name), "address": network_of(address), "at": now}
    await session.execute(insert(failed_sign_ins).values(row))


async def forgive(session: Session, *, name: str, address: str) -> None:
    """Take back what was counted of `name` at `address`: it was them."""
    both = (failed_sign_ins.c.name == digest_of(name)) & (failed_sign_ins.c.address == network_of(address))
    await session.execute(delete(failed_sign_ins).where(both))


def network_of(address: str) -> str:
    """Return what an address counts as: itself, or the network of 64 bits that an address of IPv6 is in."""
    with suppress(ValueError):
        found = ipaddress.ip_address(address)
        if isinstance(found, ipaddress.IPv6Address):
            if found.ipv4_mapped:  # how a socket of both kinds tells an address of IPv4
                return str(found.ipv4_mapped)
            return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))
    return address


def _over(latest_first: Sequence[datetime], most: int) -> datetime | None:
    """Return when fewer than `most` of these failures count, None when it is so now."""
    return latest_first[most - 1] + WINDOW if len(latest_first) >= most else None


async def _at_home(session: Session, user_id: str, place: str, now: datetime) -> bool:
    """Tell whether this user has signed in at this place lately."""
    mine = select(sessions.c.address).distinct().where(sessions.c.user_id == user_id)
    known = await session.scalars(mine.where(sessions.c.created_at > now - LATELY))
    return place in {network_of(address) for address in known}
