"""A patch makes the one value out of the other, whatever JSON they are."""

from __future__ import annotations

from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st

from golive.json_patch import patch

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab/~", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text("ab/~", max_size=2), VALUES, max_size=4)


@given(OBJECTS, OBJECTS)
def test_a_patch_makes_the_one_out_of_the_other(before: dict[str, Any], now: dict[str, Any]) -> None:
    assert jsonpatch.apply_patch(before, patch(before, now)) == now


@given(OBJECTS)
def test_equal_values_need_no_patch(value: dict[str, Any]) -> None:
    assert patch(value, value) == []
