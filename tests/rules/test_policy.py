"""How many of whom must sign: numbers, seats, who fills them, whose turn it is, whether it can be met at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.matching import match, within_reach
from golive.policy import Seats, can_be_filled, can_be_met, circle, fill, needed, waiting
from golive.vocabulary import RuleMode


def seats(able: str, need: int = 1, **more: object) -> Seats:
    return Seats(able=tuple(able), need=need, **more)  # type: ignore[arg-type]


def voices(names: str, *under: int) -> Mapping[str, Sequence[int]]:
    return dict.fromkeys(names, under or (0, 1, 2))


@pytest.mark.parametrize(
    ("mode", "minimum", "able", "count"),
    [
        ("any", 5, 3, 1),
        ("n", 2, 3, 2),
        ("n", 2, 0, 2),
        ("percent", 50, 4, 2),
        ("percent", 50, 5, 3),
        ("percent", 1, 100, 1),
        ("percent", 1, 101, 2),
        ("percent", 100, 7, 7),
        ("percent", 34, 3, 2),
        ("percent", 50, 0, 1),
        ("all", 1, 3, 3),
        ("all", 1, 1, 1),
        ("all", 1, 0, 1),
        ("ordered", 1, 3, 3),
        ("ordered", 1, 0, 1),
    ],
)
def test_how_many_must_sign(mode: RuleMode, minimum: int, able: int, count: int) -> None:
    assert needed(mode, minimum, able) == count


def test_a_rule_that_nobody_may_sign_has_a_seat_that_stays_empty() -> None:
    assert seats("").seats() == [()]
    assert seats("", own=True).seats() == [()]
    assert fill([seats("")], voices("a")) == [[None]]
    assert not can_be_met([seats("")])


def test_where_each_has_a_seat_nobody_sits_in_anothers() -> None:
    rule = seats("ab", 2, own=True)
    assert rule.seats() == [("a",), ("b",)]
    assert fill([rule], voices("b")) == [[None, "b"]]
    assert seats("ab", 2).seats() == [("a", "b"), ("a", "b")]


def test_who_comes_before_must_have_approved() -> None:
    rule = seats("abc", 3, own=True, first={"b": ["a"], "c": ["a", "b"]})
    assert rule.before("a", [], []) == []
    assert rule.before("b", ["c"], []) == ["a"]
    assert rule.before("c", ["a"], []) == ["b"]
    assert rule.before("z", [], []) == []
    assert waiting([rule], {}, set()) == ("a",)
    assert waiting([rule], voices("a"), {"a"}) == ("b",)
    assert waiting([rule], voices("ab"), {"a", "b"}) == ("c",)


def test_one_person_fills_one_seat_of_the_rules_that_share_their_persons() -> None:
    both = [seats("a"), seats("ab")]
    assert fill(both, voices("a")) == [["a"], [None]]
    assert fill(both, voices("ab")) == [["a"], ["b"]]
    assert fill([seats("ab"), seats("a")], voices("ab")) == [["b"], ["a"]]
    apart = [seats("a", shared=False), seats("ab", shared=False)]
    assert fill(apart, voices("a")) == [["a"], ["a"]]
    mixed = [seats("a", shared=False), seats("a"), seats("ab")]
    assert fill(mixed, voices("a")) == [["a"], ["a"], [None]]


def test_a_voice_counts_only_under_its_own_rules() -> None:
    both = [seats("a"), seats("ab")]
    assert fill(both, {"a": [1]}) == [[None], ["a"]]
    assert waiting(both, {"a": [1]}, {"a"}) == ()
    assert waiting(both, {"a": [0]}, {"a"}) == ("b",)


def test_whoever_lets_one_seat_more_be_filled_is_awaited_in_the_order_asked() -> None:
    rules = [seats("ab"), seats("bc")]
    assert waiting(rules, {}, set()) == ("a", "b", "c")
    assert waiting(rules, voices("b"), {"b"}) == ("a", "c")
    assert waiting(rules, voices("ab"), {"a", "b"}) == ()
    assert waiting(rules, {}, {"a", "c"}) == ("b",)
    assert waiting([seats("ab", 2)], voices("a"), {"a"}) == ("b",)
    assert waiting([seats("cab")], {}, set()) == ("c", "a", "b")


def test_whether_everybody_together_could_meet_the_rules() -> None:
    assert can_be_met([seats("ab"), seats("ab")])
    assert not can_be_met([seats("a"), seats("a")])
    assert can_be_met([seats("a"), seats("a", shared=False)])
    assert not can_be_met([seats("ab", 3)])


def in_order(able: str, *, shared: bool = False) -> Seats:
    """Return an ordered rule, as signers.seats_under makes it."""
    first = {name: able[:n] for n, name in enumerate(able)}
    return seats(able, max(len(able), 1), own=True, first=first, shared=shared)


def test_two_rules_that_ask_in_opposite_order_can_be_filled_and_never_met() -> None:
    opposite = [in_order("ab"), in_order("ba")]
    assert can_be_filled(opposite)
    assert not can_be_met(opposite)
    assert circle(opposite) in (["a", "b"], ["b", "a"])
    assert waiting(opposite, {}, set()) == ()
    assert circle([in_order("ab"), in_order("bc"), in_order("ca")]) == ["c", "a", "b"]
    assert not can_be_met([in_order("ab"), in_order("bc"), in_order("ca")])


def test_rules_that_ask_in_one_order_or_in_none_make_no_circle() -> None:
    for rules in (
        [in_order("abc"), in_order("ac")],
        [in_order("ab"), in_order("bc")],
        [in_order("ab"), seats("ba", 2, shared=False)],
        [in_order("abc")],
        [in_order("")],
        [],
    ):
        assert circle(rules) == []
    assert can_be_met([in_order("abc"), in_order("ac")])
    assert not can_be_met([in_order("ab", shared=True), in_order("ab", shared=True)])
    assert can_be_filled([in_order("abc")])
    assert not can_be_filled([in_order("")])


orders = st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=4).map("".join)
any_rules = st.lists(
    st.one_of(
        st.builds(in_order, orders, shared=st.booleans()),
        st.builds(seats, orders, st.integers(1, 3), shared=st.booleans()),
    ),
    min_size=1,
    max_size=4,
)


@given(any_rules)
def test_what_can_be_met_is_met_when_everybody_approves_whose_turn_it_is(rules: list[Seats]) -> None:
    """Told by asking whoever is awaited, one by one, until nobody is."""
    approved: dict[str, range] = {}
    while turn := waiting(rules, approved, approved):
        approved[turn[0]] = range(len(rules))
    assert can_be_met(rules) == all(None not in row for row in fill(rules, approved))


slots = st.lists(st.lists(st.sampled_from("abcde"), unique=True, max_size=4), max_size=4)


@given(slots, st.sets(st.sampled_from("abcde")))
def test_who_is_within_reach_is_who_enlarges_the_matching(wanted: list[list[str]], came: set[str]) -> None:
    """Told by matching anew with each person who has not come yet."""
    now = [[name for name in slot if name in came] for slot in wanted]
    size = _size(match(now))
    others = [[name for name in slot if name not in came] for slot in wanted]
    more = {
        name
        for name in "abcde"
        if name not in came
        and _size(match([[each for each in slot if each in came | {name}] for slot in wanted])) > size
    }
    found = list(within_reach(now, match(now), others))
    assert len(found) == len(set(found))
    assert set(found) == more


def _size(filled: Sequence[str | None]) -> int:
    return sum(person is not None for person in filled)
