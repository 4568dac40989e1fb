"""The matching of persons to slots agrees with brute force, and does not depend on hashing."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from golive.matching import match

PERSONS = "abcde"
slots = st.lists(st.lists(st.sampled_from(PERSONS), unique=True, max_size=4), max_size=4)


def most(wanted: list[list[str]]) -> int:
    """Return how many slots can be filled, by trying every assignment."""
    seats = [*PERSONS, *[None] * len(wanted)]
    return max(
        sum(person in able for person, able in zip(order, wanted, strict=False))
        for order in set(permutations(seats, len(wanted)))
    )


@given(slots)
def test_as_many_slots_are_filled_as_can_be(wanted: list[list[str]]) -> None:
    found = match(wanted)
    filled = [person for person in found if person is not None]
    assert len(filled) == len(set(filled)) == most(wanted)
    assert all(person in able for person, able in zip(found, wanted, strict=True) if person is not None)
    assert match(wanted) == found


def test_overlapping_groups_do_not_dead_lock() -> None:
    assert match([["a", "b"], ["a"]]) == ["b", "a"]
