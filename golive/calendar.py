"""Working time: when people are expected to act. A calendar is frozen into each plan."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import field_validator, model_validator

from golive.model import Fact

HORIZON_DAYS = 3_700
"""A calendar that names no working day within ten years is refused rather than searched for ever."""


class Hours(Fact):
    """A stretch of a working day, local time, `start` before `end`."""

    start: time
    end: time

    @model_validator(mode="after")
    def _forwards(self) -> Hours:
        if self.start >= self.end:
            raise ValueError(f"working hours end ({self.end}) before they start ({self.start})")
        return self


class Calendar(Fact):
    """Working hours in a time zone, with holidays and make-up working days (调休).

    `weekdays` count from Monday = 0. `always` means that every second counts, as on-call and demos do.
    Arithmetic is on the clock that people see: 09:00 stays 09:00 across a daylight-saving change.
    """

    time_zone: str = "UTC"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    hours: tuple[Hours, ...] = (Hours(start=time(9), end=time(18)),)
    holidays: tuple[date, ...] = ()
    make_up_days: tuple[date, ...] = ()
    always: bool = False

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            raise ValueError(f"there is no time zone “{name}”; write for example Asia/Shanghai") from unknown
        return name

    @model_validator(mode="after")
    def _some_working_time(self) -> Calendar:
        if not self.always and not (self.hours and (self.weekdays or self.make_up_days)):
            raise ValueError("a working calendar needs working hours on at least one day")
        ends = [h.end for h in self.hours][:-1]
        if any(end > after.start for end, after in zip(ends, self.hours[1:], strict=True)):
            raise ValueError("working hours of a day must be in order and must not overlap")
        return self

    def works_on(self, day: date) -> bool:
        """Tell whether people work on `day`: make-up days do, holidays do not, else the weekday decides."""
        if day in self.make_up_days:
            return True
        return day.weekday() in self.weekdays and day not in self.holidays
