"""A day and time that somebody types by the clock on their wall."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from golive.errors import Invalid
from golive.words import N_


def instant(text: str, zone: ZoneInfo, name: str) -> str:
    """Return a time of the reader's clock with its zone. When the clock shows it twice, it is the first of both.

    Raises Invalid for a time that is left out when the clocks go forward.
    """
    try:
        local = datetime.fromisoformat(text)
        told = local if local.tzinfo else local.replace(tzinfo=zone)
        back = told.astimezone(UTC).astimezone(told.tzinfo)
    except (ValueError, OverflowError):
        return text  # the API says how a time is written
    if back.replace(tzinfo=None) != told.replace(tzinfo=None):
        msgid = N_(
            "“{field}”: the clocks go forward then, so {zone} has no {time} on that day; choose another time."
        )
        raise Invalid(
            "no_such_time",
            msgid,
            facts={"field": name},
            field=name,
            zone=zone.key,
            time=f"{local:%H:%M}",
        )
    return told.isoformat()
