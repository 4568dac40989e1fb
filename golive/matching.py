"""Maximum bipartite matching of persons to the slots of a sign-off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def match(slots: Sequence[Sequence[str]]) -> list[str | None]:
    """Return one person for as many slots as can be filled with distinct persons; None where none is left.

    `slots` names for each slot who may fill it, in order. By augmenting paths (Kuhn 1955), so overlapping groups
    neither dead-lock nor count one person twice. The result depends on the order of the input alone, never on
    hashing, as replay demands.
    """
    seat_of: dict[str, int] = {}

    def seat(slot: int, tried: set[str]) -> bool:
        for person in slots[slot]:
            if person in tried:
                continue
            tried.add(person)
            if person not in seat_of or seat(seat_of[person], tried):
                seat_of[person] = slot
                return True
        return False

    for slot in range(len(slots)):
        seat(slot, set())
    filled: list[str | None] = [None] * len(slots)
    for person, slot in seat_of.items():
        filled[slot] = person
    return filled


def within_reach(
    slots: Sequence[Sequence[str]], filled: Sequence[str | None], more: Sequence[Sequence[str]]
) -> Iterator[str]:
    """Yield who of `more`, each naming for a slot who else could fill it, would let one slot more be filled.

    `filled` is a maximum matching of `slots`. From an empty slot one comes, by whoever could sit there and sits
    elsewhere, to every slot that could be made free (Berge 1957).
    """
    seat_of = {person: slot for slot, person in enumerate(filled) if person is not None}
    reached = dict.fromkeys(slot for slot, person in enumerate(filled) if person is None)
    found: set[str] = set()
    ahead = list(reached)
    while ahead:
        slot = ahead.pop()
        for person in more[slot]:
            if person not in found and person not in seat_of:
                found.add(person)
                yield person
        for person in slots[slot]:
            freed = seat_of.get(person)
            if freed is not None and freed not in reached:
                reached[freed] = None
                ahead.append(freed)
