"""Draws the rows of a Gantt as SVG: text stays text, and the colours are the page's, light or dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from html import escape
from zoneinfo import ZoneInfo

import svg
from babel.dates import format_datetime, format_skeleton
from rich.cells import cell_len, set_cell_size

from docs.generate.gantt import Bar
from docs.generate.words import WORDS
from golive.calendar import Calendar
from golive.words import Language

WIDTH, LABELS, ROW, HEAD, FOOT, MARGIN = 900, 372, 24, 46, 40, 10
"""Pixels: the drawing, the column of titles, one row, the axis above, the legend below, the edge at the right."""
MOST_CELLS = 52
"""Columns of a monospaced font that the title of a row and who does it may take together."""
LEAST_BAR = 3.0
HOURS_UP_TO, DAYS_UP_TO = 3, 14
"""Days up to which the axis has room to name hours, and each day; beyond, it names Mondays."""
_DAY = timedelta(days=1)
_LOCALES: dict[Language, str] = {"en": "en", "zh": "zh_CN"}

STYLE = """
.gantt{font:13px/1 var(--font-stack,system-ui),sans-serif;color:var(--color-foreground-primary,#222)}
.gantt text{fill:currentColor}
.gantt .who,.gantt .tick{fill:var(--color-foreground-muted,#667)}
.gantt .who{font-size:11px}.gantt .tick{font-size:11px}
.gantt .head{font-weight:600}
.gantt .grid{stroke:var(--color-background-border,#ddd);stroke-width:1}
.gantt .rest{fill:var(--gantt-rest,#f1f2f5)}
.gantt .band{fill:var(--gantt-stage,#5b6b7f);opacity:.1}
.gantt .stage{fill:var(--gantt-stage,#5b6b7f)}
.gantt .task{fill:var(--gantt-task,#3b7dc4)}
.gantt .approval{fill:var(--gantt-approval,#d18a16)}
.gantt .traffic{fill:var(--gantt-traffic,#2f9e62)}
.gantt .observe{fill:var(--gantt-observe,#7fbf9b)}
.gantt .verified{fill:var(--color-background-primary,#fff);stroke:var(--gantt-task,#3b7dc4);stroke-width:2}
.gantt .no-return{stroke:var(--gantt-no-return,#c62f3d);stroke-width:2;stroke-dasharray:4 3;fill:none}
"""


@dataclass(frozen=True)
class Scale:
    """Where a moment lies on the axis. `start` and `end` are in the zone that the plan counts in."""

    start: datetime
    end: datetime

    @classmethod
    def around(cls, rows: Sequence[Bar], zone: ZoneInfo) -> Scale:
        """Return the scale on which all rows fit, from a whole hour or midnight to one."""
        first = min(row.start for row in rows).astimezone(zone)
        last = max(row.end for row in rows).astimezone(zone)
        if last - first <= HOURS_UP_TO * _DAY:
            return cls(first.replace(minute=0), (last + timedelta(minutes=59)).replace(minute=0, second=0))
        opening = datetime.combine(first.date(), time(), zone)
        return cls(opening, datetime.combine(last.date() + _DAY, time(), zone))

    def x(self, moment: datetime) -> float:
        """Return the column of `moment`, in pixels."""
        share = (moment - self.start) / (self.end - self.start)
        return round(LABELS + share * (WIDTH - LABELS - MARGIN), 1)

    @property
    def days(self) -> float:
        """Days from end to end."""
        return (self.end - self.start) / _DAY

    @property
    def in_hours(self) -> bool:
        """Whether the axis names hours."""
        return self.days <= HOURS_UP_TO

    def ticks(self) -> Iterator[datetime]:
        """Yield where lines stand: every few hours, every day, or every Monday."""
        if self.days > DAYS_UP_TO:
            yield from (day for day in self.midnights() if day.weekday() == 0)
        elif not self.in_hours:
            yield from self.midnights()
        else:
            step = 6 if self.days > 1 else 3
            hour = self.start.replace(minute=0, second=0, microsecond=0)
            while hour <= self.end:
                if hour.hour % step == 0 and hour >= self.start:
                    yield hour
                hour = (hour.astimezone(UTC) + timedelta(hours=1)).astimezone(self.start.tzinfo)

    def midnights(self) -> Iterator[datetime]:
        """Yield the beginning of each day on the axis."""
        day = self.start.date()
        while (midnight := datetime.combine(day, time(), self.start.tzinfo)) < self.end:
            if midnight >= self.start:
                yield midnight
            day += _DAY


def draw(rows: Sequence[Bar], calendar: Calendar, title: str, language: Language) -> str:
    """Return the Gantt of `rows` as an `svg` element to stand in a page. `title` is what a screen reader says."""
    scale = Scale.around(rows, ZoneInfo(calendar.time_zone))
    height = HEAD + ROW * len(rows) + FOOT
    resting = list(_resting(scale, calendar, len(rows)))
    elements: list[svg.Element] = [
        svg.Title(text=escape(title)),
        svg.Style(text=STYLE),
        *resting,
        *_axis(scale, len(rows), language),
    ]
    for n, row in enumerate(rows):
        elements.append(svg.G(elements=list(_row(row, HEAD + n * ROW, scale, language))))
    elements += _no_return(rows, scale)
    elements += _legend(rows, HEAD + ROW * len(rows) + FOOT - 12, language, resting=bool(resting))
    return svg.SVG(
        class_=["gantt"],
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, height),
        width=WIDTH,
        height=height,
        elements=elements,
    ).as_str()


def _resting(scale: Scale, calendar: Calendar, rows: int) -> Iterator[svg.Element]:
    """Yield the shade of the time in which nobody works: whole days, and nights where the axis shows hours."""
    for begins, ends in _rests(scale, calendar):
        left, right = scale.x(max(begins, scale.start)), scale.x(min(ends, scale.end))
        if right > left:
            yield svg.Rect(class_=["rest"], x=left, y=HEAD - 6, width=right - left, height=ROW * rows + 6)


def _rests(scale: Scale, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    day, zone = scale.start.date(), scale.start.tzinfo
    while not calendar.always and day <= scale.end.date():
        at, tomorrow = datetime.combine(day, time(), zone), datetime.combine(day + _DAY, time(), zone)
        worked = calendar.hours if calendar.works_on(day) and scale.in_hours else ()
        for hours in worked:
            yield at, datetime.combine(day, hours.start, zone)
            at = datetime.combine(day, hours.end, zone)
        if worked or not calendar.works_on(day):
            yield at, tomorrow
        day += _DAY


def _axis(scale: Scale, rows: int, language: Language) -> Iterator[svg.Element]:
    locale, foot = _LOCALES[language], HEAD + ROW * rows
    for tick in scale.ticks():
        x = scale.x(tick)
        told = f"{tick:%H:%M}" if scale.in_hours else format_skeleton("MMMd", tick, locale=locale)
        yield svg.Line(class_=["grid"], x1=x, y1=HEAD - 6, x2=x, y2=foot)
        yield svg.Text(class_=["tick"], x=x, y=HEAD - 12, text_anchor="middle", text=told)
    if scale.in_hours:
        days = [scale.start, *(day for day in scale.midnights() if day > scale.start)]
        for day in days:
            told = format_skeleton("MMMEd", day, locale=locale)
            yield svg.Text(class_=["tick", "head"], x=scale.x(day) + 2, y=HEAD - 30, text=told)
    yield svg.Line(class_=["grid"], x1=0, y1=foot, x2=WIDTH, y2=foot)


def _row(row: Bar, top: float, scale: Scale, language: Language) -> Iterator[svg.Element]:
    begins, ends = scale.x(row.start), scale.x(row.end)
    wide = max(ends - begins, LEAST_BAR)
    is_stage = row.kind == "stage"
    yield svg.Title(text=escape(_told(row, scale, language)))
    if is_stage:
        yield svg.Rect(class_=["band"], x=0, y=top + 1, width=WIDTH, height=ROW - 2)
    yield _label(row, top)
    height = 6 if is_stage else 12
    yield svg.Rect(class_=[row.kind], x=begins, y=top + (ROW - height) / 2, width=wide, height=height, rx=2)
    if row.verified:
        middle = top + ROW / 2
        yield svg.Circle(class_=["verified"], cx=begins + wide, cy=middle, r=4.5)


def _label(row: Bar, top: float) -> svg.Element:
    """Return the title of a row and who does it. A title that is too long ends in dots; its tooltip has it whole."""
    room = MOST_CELLS - (cell_len(row.who) + 1 if row.who else 0) - (0 if row.kind == "stage" else 2)
    title = row.title if cell_len(row.title) <= room else set_cell_size(row.title, room - 1).rstrip() + "…"
    parts: list[svg.Element] = [svg.TSpan(text=escape(title))]
    if row.who:
        parts.append(svg.TSpan(class_=["who"], dx=6, text=escape(row.who)))
    return svg.Text(
        class_=["head"] if row.kind == "stage" else ["label"],
        x=6 if row.kind == "stage" else 18,
        y=top + ROW / 2 + 4.5,
        elements=parts,
    )


def _told(row: Bar, scale: Scale, language: Language) -> str:
    """Say a row in words: title, who, from when to when."""
    times = [
        format_datetime(
            at, "yyyy-MM-dd HH:mm", tzinfo=ZoneInfo(str(scale.start.tzinfo)), locale=_LOCALES[language]
        )
        for at in (row.start, row.end)
    ]
    who = f" ({row.who})" if row.who else ""
    return f"{row.title}{who}: {' – '.join(dict.fromkeys(times))}"


def _no_return(rows: Sequence[Bar], scale: Scale) -> Iterator[svg.Element]:
    for n, row in enumerate(rows):
        if row.no_return:
            x = scale.x(row.end)
            yield svg.Line(class_=["no-return"], x1=x, y1=HEAD + n * ROW, x2=x, y2=HEAD + len(rows) * ROW)


def _legend(rows: Sequence[Bar], y: float, language: Language, *, resting: bool) -> Iterator[svg.Element]:
    """Yield what each mark means, of those that are drawn."""
    x = 6.0
    for mark in _marks(rows, resting=resting):
        told = WORDS[f"legend_{mark}"].in_language(language)
        yield _sample(mark, x, y - 4)
        yield svg.Text(class_=["tick"], x=x + 19, y=y, text=told)
        x += 19 + cell_len(told) * 6.0 + 16


def _marks(rows: Sequence[Bar], *, resting: bool) -> Iterator[str]:
    drawn = {row.kind for row in rows}
    yield from (kind for kind in ("stage", "task", "approval", "traffic", "observe") if kind in drawn)
    if any(row.verified for row in rows):
        yield "verified"
    if any(row.no_return for row in rows):
        yield "no_return"
    if resting:
        yield "rest"


def _sample(mark: str, x: float, middle: float) -> svg.Element:
    if mark == "verified":
        return svg.Circle(class_=["verified"], cx=x + 7, cy=middle, r=4.5)
    if mark == "no_return":
        return svg.Line(class_=["no-return"], x1=x + 7, y1=middle - 8, x2=x + 7, y2=middle + 8)
    height = 6 if mark == "stage" else 10
    return svg.Rect(class_=[mark], x=x, y=middle - height / 2, width=14, height=height, rx=2)
