"""Who takes part in a run: the members of each function, and what their roles let them do there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from golive.model import Fact
from golive.vocabulary import Function, Role, UserName

DOES: Role = "assignee"
"""The role that does and confirms tasks."""
SIGNS: Role = "approver"
"""The role that signs."""


class People(Fact):
    """The `members` of each function, in order. Of them `sign_only` can do no tasks, and `do_only` cannot sign.

    `found` are those whom rules ask otherwise than by function, by source as of `Whom.source`, and also in `do_only`.
    `known` are all users there are, None where that does not matter.
    """

    members: dict[Function, tuple[UserName, ...]] = {}
    found: dict[str, tuple[str, ...]] = {}
    sign_only: tuple[UserName, ...] = ()
    do_only: tuple[UserName, ...] = ()
    known: tuple[UserName, ...] | None = None

    @classmethod
    def having(
        cls,
        members: Mapping[str, Sequence[str]],
        roles: Mapping[str, Collection[Role]],
        found: Mapping[str, Sequence[str]] | None = None,
    ) -> People:
        """Return `members`, and who was `found` for rules, with what the roles of each let them do."""
        found = found or {}
        doing = dict.fromkeys(name for group in members.values() for name in group)
        signing = doing | dict.fromkeys(name for group in found.values() for name in group)
        return cls(
            members={function: tuple(group) for function, group in members.items()},
            found={source: tuple(group) for source, group in found.items()},
            sign_only=tuple(name for name in doing if DOES not in roles[name]),
            do_only=tuple(name for name in signing if SIGNS not in roles.get(name, ())),
        )

    def within(self, functions: Collection[str]) -> People:
        """Return those of `functions` who have one of the roles, and nobody else.

        Also whoever cannot do what is asked of the function now: they may get the role while the run goes on.
        """
        idle = set(self.sign_only) & set(self.do_only)
        members = {
            function: tuple(
                name for name in dict.fromkeys(self.members.get(function, ())) if name not in idle
            )
            for function in functions
        }
        names = {name for group in (*members.values(), *self.found.values()) for name in group}
        return People(
            members=members,
            found=self.found,
            sign_only=tuple(name for name in self.sign_only if name in names),
            do_only=tuple(name for name in self.do_only if name in names),
        )
