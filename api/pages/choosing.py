"""Which passwords people may choose."""

from __future__ import annotations

from api.passwords import plain
from golive.errors import Invalid
from golive.words import N_

SHORTEST, LONGEST = 12, 256


def good_enough(password: str, again: str, name: str) -> None:
    """Raise Invalid unless the user `name` may choose this password and has typed it twice alike."""
    if len(password) < SHORTEST:
        raise _unfit(
            "password_too_short",
            N_(
                "A password has at least {least} characters; this one has {length}. Several words are easy to keep."
            ),
            least=SHORTEST,
            length=len(password),
        )
    if len(password) > LONGEST:
        raise _unfit("password_too_long", N_("A password has at most {most} characters."), most=LONGEST)
    if plain(password).casefold() == name.casefold():
        raise _unfit("password_is_name", N_("Your name is what others try first; choose another password."))
    if password != again:
        raise Invalid(
            "passwords_differ",
            N_("You typed two different passwords; type the same one twice."),
            facts={"field": "again"},
        )


def _unfit(code: str, msgid: str, **args: int) -> Invalid:
    return Invalid(code, msgid, facts={"field": "password"}, also=(), **args)
