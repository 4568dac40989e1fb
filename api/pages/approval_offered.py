"""Which acts around an approval its reader is offered: those that are possible for them now.

The run itself decides when one is sent; that somebody was reminded a short while ago is known to it alone.
"""

from __future__ import annotations

from api.pages.approval_seen import Seen
from api.schemas.approvals import DelegationShown
from golive.break_glass import BREAKABLE
from golive.panel import MOST_ADDED
from golive.sources import named
from language import tell

AROUND = ("withdraw", "delegate", "take-back", "add-signer", "remind", "inform", "break-glass")
"""The acts, by the last part of where their forms are sent, in the order in which they are shown."""
_NEEDS = {name: name.replace("-", "_") for name in AROUND} | {"take-back": "delegate"}
"""By the act, its name in `golive.permissions`."""


def offered(seen: Seen) -> tuple[str, ...]:
    """Return the acts that are possible for the reader."""
    possible = {
        "withdraw": seen.decided and seen.standing.withdrawable(seen.view.ref, seen.view.state),
        "delegate": _can_hand_over(seen),
        "take-back": seen.closed is None and handed_over(seen) is not None and not _decided_for(seen),
        "add-signer": _can_add(seen),
        "remind": seen.closed is None and bool(seen.approval.waiting_for),
        "inform": True,
        "break-glass": seen.view.state in BREAKABLE and seen.view.digest is not None,
    }
    if not seen.going:
        return ()
    return tuple(name for name in AROUND if possible[name] and seen.visit.may_do(_NEEDS[name]))


def handed_over(seen: Seen) -> DelegationShown | None:
    """Return to whom the reader has handed their seat over, now or for later."""
    mine = (each for each in seen.approval.delegations if each.by == seen.me and each.stands != "over")
    return next(mine, None)


def places(seen: Seen) -> tuple[str, ...]:
    """Return where the reader can add signers: before them only while they have not decided."""
    return ("after",) if _has_decided(seen) else ("before", "after")


def _can_hand_over(seen: Seen) -> bool:
    if seen.closed or _has_decided(seen) or handed_over(seen):
        return False
    return bool(own_functions(seen))


def own_functions(seen: Seen) -> list[str]:
    """Return as what the reader is asked in person, in words."""
    own = seen.seated.own_seats(seen.me, seen.visit.actor.functions)
    return [tell(named(source), seen.visit.language) for source in own]


def _can_add(seen: Seen) -> bool:
    added = seen.approval.added
    was_added = any(each.name == seen.me for each in added)
    return not (seen.closed or seen.why_not or was_added) and len(added) < MOST_ADDED


def _has_decided(seen: Seen) -> bool:
    return seen.decided or _decided_for(seen)


def _decided_for(seen: Seen) -> bool:
    """Tell whether somebody else has decided for the reader."""
    made = seen.approval.decisions
    return any(each.on_behalf_of == seen.me and not each.stale for each in made)
