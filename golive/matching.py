"""Maximum bipartite matching of persons to the slots of a sign-off."""

from __future__ import annotations

from collections.abc import Sequence


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
