"""What a sign-off must do, told once more and as slowly as one likes: every assignment of persons to seats is tried.

It knows nothing of the engine but the words of the acts: who may sign, who is awaited and what became of the approval
are worked out from the rules anew after each act.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from typing import Literal

Mode = Literal["any", "all", "n", "percent", "ordered"]
Outcome = Literal["pending", "approved", "rejected"]


@dataclass(frozen=True)
class RuleCase:
    """A rule: whom it asks, how many of them, whether one may fill other seats too, whether a rejection stops all."""

    function: str
    mode: Mode
    minimum: int = 1
    many: bool = False
    veto: bool = True
    without_doer: bool = False


@dataclass(frozen=True)
class Act:
    """What somebody does: decide, withdraw, hand over to `to`, or leave the group."""

    do: Literal["approved", "rejected", "withdraw", "delegate", "leave"]
    by: str
    to: str = ""


@dataclass
class Model:
    """An approval of these rules, with the members of each source in order, and who is barred everywhere.

    `members` are those who were found when decisions were asked for. Who has `left` the group since is still asked, but
    may not decide, and what they decided before counts until the gate would open.
    """

    rules: Sequence[RuleCase]
    members: dict[str, tuple[str, ...]]
    barred: frozenset[str]
    doer: str
    distinct: bool = True
    state: Outcome = "pending"
    decided: dict[str, tuple[str, frozenset[int]]] = field(default_factory=dict)
    handed: dict[tuple[str, str], str] = field(default_factory=dict)
    spoken: dict[str, str] = field(default_factory=dict)
    """Who has decided for whom."""
    left: set[str] = field(default_factory=set)

    # -- who -------------------------------------------------------------------------------------------------

    def able(self, rule: RuleCase) -> list[str]:
        out = self.barred | ({self.doer} if rule.without_doer else set())
        named = [self._holder(name, rule.function) for name in self.members[rule.function] if name not in out]
        return [name for n, name in enumerate(named) if name not in out and name not in named[:n]]

    def _holder(self, name: str, function: str) -> str:
        """Return who sits for a member: whoever has decided themselves has no second voice by another."""
        return name if name in self.decided else self.handed.get((name, function), name)

    def seats(self, rule: RuleCase) -> list[list[str]]:
        able = self.able(rule)
        if rule.mode == "ordered":
            return [[name] for name in able] or [[]]
        wanted = {
            "any": 1,
            "all": len(able),
            "n": rule.minimum,
            "percent": ceil(len(able) * rule.minimum / 100),
        }
        return [able] * max(1, wanted[rule.mode])

    def in_turn(self, rule: RuleCase, name: str) -> bool:
        able = self.able(rule)
        if name not in able:
            return False
        before = able[: able.index(name)] if rule.mode == "ordered" else []
        return all(self.decided.get(each, ("",))[0] == "approved" for each in before)

    def under(self, name: str) -> frozenset[int]:
        """Return the rules under which a decision of `name` would count now: none while they must wait under any."""
        mine = [n for n, rule in enumerate(self.rules) if name in self.able(rule)]
        if not all(self.in_turn(self.rules[n], name) for n in mine):
            return frozenset()
        return frozenset(n for n in mine if self.rules[n].function != GROUP or name not in self.left)

    def under_as_asked(self, name: str) -> frozenset[int]:
        """Return the same for who is awaited: that they have left is seen when they decide."""
        left, self.left = self.left, set()
        try:
            return self.under(name)
        finally:
            self.left = left

    def may(self, act: Act) -> bool:
        """Tell whether the act is accepted."""
        if act.do == "leave":
            return True
        if self.state != "pending":
            return False
        if act.do == "withdraw":
            return act.by in self.decided
        if act.by in self.decided or act.by in self.spoken.values():
            return False
        if act.do != "delegate":
            return bool(self.under(act.by))
        return bool(self._to_hand(act)) and self._free(act.to)

    def _to_hand(self, act: Act) -> list[str]:
        """Return the functions of one's own in which a seat is handed over: those that the other has as well."""
        mine = [r for r in self.rules if act.by in self.members[r.function] and act.by in self.able(r)]
        if any(by == act.by for by, _ in self.handed):
            return []
        return [rule.function for rule in mine if rule.function in FUNCTIONS_OF.get(act.to, ())]

    def _free(self, name: str) -> bool:
        named = {each for rule in self.rules for each in self.members[rule.function]}
        out = self.barred | ({self.doer} if any(rule.without_doer for rule in self.rules) else set())
        return name not in named | set(self.handed.values()) | out

    # -- how many --------------------------------------------------------------------------------------------

    def most(self, extra: str | None = None) -> tuple[int, int]:
        """Return how many seats can be filled by those who approved, and `extra`; and how many there are."""
        voices = {name: rules for name, (what, rules) in self.decided.items() if what == "approved"}
        if extra is not None:
            voices[extra] = self.under_as_asked(extra)
        filled = total = 0
        for together in self._groups():
            choices: list[tuple[str, ...]] = []
            for n in together:
                counting = [name for name, rules in voices.items() if n in rules]
                seats = self.seats(self.rules[n])
                choices += [tuple(name for name in counting if name in seat) for seat in seats]
            total += len(choices)
            filled += _most_filled(tuple(choices), frozenset())
        return filled, total

    def _groups(self) -> Iterator[list[int]]:
        shared = [n for n, rule in enumerate(self.rules) if self.distinct and not rule.many]
        if shared:
            yield shared
        yield from ([n] for n in range(len(self.rules)) if n not in shared)

    def waiting(self) -> set[str]:
        """Return whose approval would fill one seat more."""
        if self.state != "pending":
            return set()
        named = {name for rule in self.rules for name in self.able(rule)} - set(self.decided)
        now = self.most()[0]
        return {name for name in named if self.most(name)[0] > now}

    # -- what becomes of it ----------------------------------------------------------------------------------

    def do(self, act: Act) -> None:
        """Follow an act that is accepted."""
        if act.do == "leave":
            self.left.add(act.by)
        elif act.do == "withdraw":
            del self.decided[act.by]
            self.spoken.pop(act.by, None)
        elif act.do == "delegate":
            for function in self._to_hand(act):
                self.handed[act.by, function] = act.to
        else:
            under = self.under(act.by)
            functions = {self.rules[n].function for n in under}
            for (by, function), to in self.handed.items():
                if to == act.by and function in functions and by not in self.decided:
                    self.spoken.setdefault(act.by, by)
            self.decided[act.by] = (act.do, under)
            self.state = self._outcome(act, under)

    def _outcome(self, act: Act, under: frozenset[int]) -> Outcome:
        if act.do == "rejected" and any(self.rules[n].veto for n in under):
            return "rejected"
        filled, total = self.most()
        if filled == total:
            return self._at_the_gate()
        agreed = all(what == "approved" for what, _ in self.decided.values())
        return "pending" if self.waiting() or agreed else "rejected"

    def _at_the_gate(self) -> Outcome:
        """Look once more who is in the group; what those decided who have left counts under no rule that asks it."""
        self.members[GROUP] = tuple(name for name in self.members[GROUP] if name not in self.left)
        for name, (what, rules) in list(self.decided.items()):
            still = frozenset(n for n in rules if self.rules[n].function != GROUP or name not in self.left)
            self.decided[name] = (what, still)
            if not still:
                del self.decided[name]
                self.spoken.pop(name, None)
        filled, total = self.most()
        return "approved" if filled == total else "pending"


GROUP = "h"
"""The source that is a group; the others are functions."""
FUNCTIONS_OF: dict[str, tuple[str, ...]] = {"y": ("f",), "z": ("f", "g")}
"""Those outside of the run to whom a seat can be handed, and what they are."""


@lru_cache(100_000)
def _most_filled(choices: tuple[tuple[str, ...], ...], sitting: frozenset[str]) -> int:
    """Return how many seats are filled at most: each is left empty, and given to each person who could take it."""
    if not choices:
        return 0
    first, *others = choices
    rest = tuple(others)
    taken = (1 + _most_filled(rest, sitting | {name}) for name in first if name not in sitting)
    return max([_most_filled(rest, sitting), *taken])
