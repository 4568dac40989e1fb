"""Lengths of time as templates write them: `30s`, `15m`, `4h`, `2d`, `1d 4h`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator
from typing_extensions import override

from golive.model import Fact

_PART = re.compile(r"(\d+)\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class Span(Fact):
    """A length of time: a working day and working hours in a working calendar, 24 hours elsewhere."""

    days: int = Field(default=0, ge=0, le=3660)
    seconds: int = Field(default=0, ge=0, le=366 * 86400)

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = _PART.findall(value)
        if not parts or _PART.sub("", value).strip():
            raise ValueError(
                f"“{value}” is not a length of time; write for example 30s, 15m, 4h, 2d or 1d 4h"
            )
        days = sum(int(n) * (unit == "d") for n, unit in parts)
        seconds = sum(int(n) * _SECONDS.get(unit, 0) for n, unit in parts)
        return {"days": days, "seconds": seconds}

    @property
    def on_the_clock(self) -> timedelta:
        """The length outside any working calendar."""
        return timedelta(days=self.days, seconds=self.seconds)

    @override
    def __str__(self) -> str:
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        named = ((self.days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
        return " ".join(f"{n}{unit}" for n, unit in named if n) or "0s"
