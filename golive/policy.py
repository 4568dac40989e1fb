"""How many of whom must sign, and who does: the rules of an approval as seats that persons fill.

Names and numbers alone, so that the same few functions decide in a run, in a preview and in the model they are tested
against. One person fills one seat of all rules that share their persons, as those of a sign-off do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from golive.matching import match, within_reach
from golive.vocabulary import RuleMode


@dataclass(frozen=True, slots=True)
class Seats:
    """A rule as it stands: who may sign under it, in the order in which they are asked, and how many must.

    `first` names for a person who must have approved before them, and `after` who must have decided, however. `own`:
    each sits in a seat of their own, as where one signs after the other. `shared`: whoever fills a seat here fills none
    under another rule that shares its persons.
    """

    able: tuple[str, ...]
    need: int
    first: Mapping[str, Collection[str]] = field(default_factory=dict)
    after: Mapping[str, Collection[str]] = field(default_factory=dict)
    own: bool = False
    shared: bool = True

    def seats(self) -> list[tuple[str, ...]]:
        """Return for each seat who may fill it; with nobody able there is one that stays empty."""
        if self.own and self.able:
            return [(name,) for name in self.able]
        return [self.able] * self.need

    def before(self, name: str, done: Collection[str], decided: Collection[str]) -> list[str]:
        """Return for whom `name` has to wait: who comes first, and is not `done` or, where that does, `decided`."""
        waits = [each for each in self.first.get(name, ()) if each not in done]
        return waits + [each for each in self.after.get(name, ()) if each not in done and each not in decided]


Voices = Mapping[str, Collection[int]]
"""Who has approved, in the order of their decisions, each with the rules, by number, under which that counts."""
Filled = list[list[str | None]]
"""For each rule who fills each of its seats; None while a seat is empty."""


def needed(mode: RuleMode, minimum: int, able: int) -> int:
    """Return how many must sign of `able` who may; never fewer than one, whoever is there. Per cent round up."""
    match mode:
        case "any":
            return 1
        case "n":
            return minimum
        case "percent":
            return max(-(-able * minimum // 100), 1)
        case "all" | "ordered":
            return max(able, 1)


def fill(rules: Sequence[Seats], voices: Voices) -> Filled:
    """Return who fills which seat: as many are filled as can be, whatever the order of the decisions."""
    filled: Filled = [[] for _ in rules]
    for together in _matched_together(rules):
        places, wanted = _voiced(rules, together, voices)
        for n, person in zip(places, match(wanted), strict=True):
            filled[n].append(person)
    return filled


def waiting(rules: Sequence[Seats], voices: Voices, decided: Collection[str]) -> tuple[str, ...]:
    """Return who would fill one seat more by approving now, in the order asked. Who has `decided` is not asked."""
    done = {*voices, *idle(rules, voices, decided)}
    turn = {
        name for name in _asked(rules) if name not in decided and not comes_after(rules, name, done, decided)
    }
    awaited = _within_reach(rules, voices, lambda _, name: name in turn)
    return tuple(name for name in _asked(rules) if name in awaited)


def comes_after(
    rules: Sequence[Seats], name: str, done: Collection[str], decided: Collection[str]
) -> list[str]:
    """Return for whom `name` has to wait under any rule that they sit in: one decision counts under all of them."""
    waits = (rule.before(name, done, decided) for rule in rules if name in rule.able)
    return list(dict.fromkeys(each for names in waits for each in names))


def idle(rules: Sequence[Seats], voices: Voices, decided: Collection[str]) -> set[str]:
    """Return who has not decided and would fill no seat more, whoever's turn it is: nobody comes after them."""
    needed_still = _within_reach(rules, voices, lambda _, name: name not in decided)
    return {name for name in _asked(rules) if name not in decided and name not in needed_still}


def _asked(rules: Sequence[Seats]) -> dict[str, None]:
    return dict.fromkeys(name for rule in rules for name in rule.able)


def _within_reach(rules: Sequence[Seats], voices: Voices, may: Callable[[int, str], bool]) -> set[str]:
    """Return who would fill one seat more, of those who `may` sit under a rule, by its number."""
    found: set[str] = set()
    for together in _matched_together(rules):
        places, wanted = _voiced(rules, together, voices)
        seats = [seat for n in together for seat in rules[n].seats()]
        could = [[name for name in seat if may(n, name)] for n, seat in zip(places, seats, strict=True)]
        found.update(within_reach(wanted, match(wanted), could))
    return found


def can_be_met(rules: Sequence[Seats]) -> bool:
    """Tell whether every seat is filled when everybody approves who may, and nobody waits for ever for their turn."""
    return can_be_filled(rules) and not circle(rules)


def can_be_filled(rules: Sequence[Seats]) -> bool:
    """Tell whether there are persons enough for every seat, whoever's turn it is."""
    everybody = dict.fromkeys((name for rule in rules for name in rule.able), range(len(rules)))
    return all(None not in seats for seats in fill(rules, everybody))


def circle(rules: Sequence[Seats]) -> list[str]:
    """Return persons who wait for each other, as where two rules ask them one after the other in opposite order.

    Each comes after the one before, and the first after the last. Where each has a seat of their own nobody is left
    out, so they would wait for ever.
    """
    earlier: dict[str, list[str]] = {}
    for before, name in (pair for rule in rules if rule.own for pair in pairwise(rule.able)):
        earlier.setdefault(name, []).append(before)
    try:
        TopologicalSorter(earlier).prepare()
    except CycleError as cycle:
        found: list[str] = cycle.args[1]
        return found[1:]
    return []


def _matched_together(rules: Sequence[Seats]) -> Iterator[list[int]]:
    """Yield the numbers of the rules whose persons are shared, and each other rule by itself."""
    if shared := [n for n, rule in enumerate(rules) if rule.shared]:
        yield shared
    yield from ([n] for n, rule in enumerate(rules) if not rule.shared)


def _voiced(
    rules: Sequence[Seats], together: Sequence[int], voices: Voices
) -> tuple[list[int], list[list[str]]]:
    """Return for each seat of these rules the number of its rule, and who of those who approved could fill it."""
    places = [n for n in together for _ in rules[n].seats()]
    approved = {n: _under(voices, n) for n in together}
    wanted = [[name for name in approved[n] if name in seat] for n in together for seat in rules[n].seats()]
    return places, wanted


def _under(voices: Voices, rule: int) -> list[str]:
    return [name for name, under in voices.items() if rule in under]
