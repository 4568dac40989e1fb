"""Which acts on a run are offered: those that its present state allows. The run itself decides when one is sent."""

from __future__ import annotations

from typing import Literal

from db.looking import Look
from golive.possible import Footing
from golive.vocabulary import ENDED

WORDS = ("comment", "add_lesson", "add_action", "close_action")
"""What people say about a run, for as long as it goes on."""


def possible(look: Look) -> tuple[str, ...]:
    """Return the acts that are possible now, by their names in `golive.permissions`."""
    run = look.run
    if run.state in ENDED:
        return ()
    words = () if run.frozen else _words(look)
    return (*_footing(look).acts(), *words)


def _footing(look: Look) -> Footing:
    return Footing(
        state=look.run.state,
        ending=_ending(look),
        stages=look.run.stages,
        no_return=look.run.no_return is not None,
        frozen=look.run.frozen is not None,
        unknown=look.run.unknown,
    )


def _ending(look: Look) -> Literal["abort", "rollback"] | None:
    if look.run.state != "rolling_back":
        return None
    return "rollback" if look.ending and look.ending.action == "RollbackStarted" else "abort"


def _words(look: Look) -> tuple[str, ...]:
    still_open = any(action.closed_at is None for action in look.actions)
    return WORDS if still_open else WORDS[:-1]
