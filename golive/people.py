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
    """The `members` of each function, in order. Of them `sign_only` can do no tasks, and `do_only` cannot sign."""

    members: dict[Function, tuple[UserName, ...]] = {}
    sign_only: tuple[UserName, ...] = ()
    do_only: tuple[UserName, ...] = ()

    @classmethod
    def having(cls, members: Mapping[str, Sequence[str]], roles: Mapping[str, Collection[Role]]) -> People:
        """Return `members` with what the roles of each let them do."""
        names = dict.fromkeys(name for group in members.values() for name in group)
        return cls(
            members={function: tuple(group) for function, group in members.items()},
            sign_only=tuple(name for name in names if DOES not in roles[name]),
            do_only=tuple(name for name in names if SIGNS not in roles[name]),
        )

    def within(self, asked: Mapping[str, Collection[Role]]) -> People:
        """Return those who can do something of what is `asked` of their function, and nobody else."""
        members = {
            function: tuple(name for name in dict.fromkeys(named) if self._can(name, roles))
            for function, roles in asked.items()
            for named in [self.members.get(function, ())]
        }
        names = {name for group in members.values() for name in group}
        return People(
            members=members,
            sign_only=tuple(name for name in self.sign_only if name in names),
            do_only=tuple(name for name in self.do_only if name in names),
        )

    def _can(self, name: str, roles: Collection[Role]) -> bool:
        return (DOES in roles and name not in self.sign_only) or (SIGNS in roles and name not in self.do_only)
