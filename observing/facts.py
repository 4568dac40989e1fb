"""What is known of the work at hand: which run, whose act, which request. Every log line of it tells these facts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Fact = str | int | float | bool
Facts = dict[str, Fact]
"""By the name of a log line's field: `request_id`, `run`, `task`, `approval`, `actor`, `act`, `command`, ...

Never a token, a secret, or what people wrote.
"""

_FACTS: ContextVar[Facts] = ContextVar("golive_facts")


@contextmanager
def work(**told: Fact) -> Iterator[Facts]:
    """Begin a piece of work; yield its facts, to which `note` adds until it ends."""
    facts: Facts = told
    before = _FACTS.set(facts)
    try:
        yield facts
    finally:
        _FACTS.reset(before)


def note(**told: Fact | None) -> None:
    """Add facts to the work at hand, None for what is not known; outside of any work nothing happens."""
    facts = _FACTS.get(None)
    if facts is not None:
        facts.update({name: fact for name, fact in told.items() if fact is not None})


def known() -> Facts:
    """Return the facts of the work at hand."""
    return _FACTS.get(None) or {}
