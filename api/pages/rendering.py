"""From a template to a page: what every template can say, in the reader's language and time zone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_timedelta
from babel.units import format_unit
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.pages.assets import asset
from api.pages.visiting import Visit
from golive.words import Language, Sentence, Translate
from language import name_of, translator, whole

_TEMPLATES = Path(__file__).parents[2] / "templates" / "pages"
_LOCALES = {"en": "en_GB", "zh": "zh_CN"}
_MARKS: dict[Language, dict[str, str]] = {
    "en": {"colon": ": ", "comma": ", ", "between": ", ", "stop": "."},
    "zh": {"colon": "：", "comma": "，", "between": "、", "stop": "。"},
}
"""What stands between parts of a line, and between names."""
_DAY = "yMMMEd"
_SECONDS = 24 * 3600
_MOMENTS = ("at", "since")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
"""How sentences hold a moment (`golive.plan.moment`), and in which places; people's own words are in others."""


_NONE = Markup('<span class="none">–</span>')


@lru_cache(maxsize=4096)
def _day(skeleton: str, day: date, language: Language) -> str:
    return format_skeleton(skeleton, datetime.combine(day, time()), locale=_LOCALES[language])


@dataclass(frozen=True)
class Voice:
    """How a reader is spoken to: language, and the zone and moment in which times are told."""

    language: Language
    zone: ZoneInfo
    now: datetime

    def when(self, at: datetime | None, exactly: bool = False) -> Markup:  # noqa: FBT001, FBT002 - for templates
        """Return a time as the reader's clock has it, `exactly` with its seconds; a dash for none."""
        if at is None:
            return _NONE
        local = at.astimezone(self.zone)
        day = _day(_DAY, local.date(), self.language)
        clock = f"{local:%H:%M:%S}" if exactly else f"{local:%H:%M}"
        told = f"{day} {clock}" if self.language == "zh" else f"{day}, {clock}"
        return self._time(local, told)

    def brief(self, at: datetime | None) -> Markup:
        """Return a time in few words: the clock for today, else the day with it."""
        if at is None:
            return _NONE
        local = at.astimezone(self.zone)
        today = local.date() == self.now.astimezone(self.zone).date()
        day = "" if today else _day("MMMd", local.date(), self.language) + " "
        return self._time(local, f"{day}{local:%H:%M}")

    def clock(self, at: datetime) -> Markup:
        """Return the time of day on the reader's clock, to the second."""
        local = at.astimezone(self.zone)
        return self._time(local, f"{local:%H:%M:%S}")

    def day(self, at: datetime) -> str:
        """Return the day of a time on the reader's clock."""
        return _day("yMMMMEEEEd", at.astimezone(self.zone).date(), self.language)

    def ago(self, at: datetime | None) -> Markup:
        """Return how far away a time is, as in “in 2 hours”; the script keeps it true."""
        if at is None:
            return _NONE
        told = format_timedelta(at - self.now, add_direction=True, locale=_LOCALES[self.language])
        return self._time(at.astimezone(self.zone), told, " data-relative")

    def _time(self, local: datetime, told: str, more: str = "") -> Markup:
        exact = f"{local.isoformat(' ', 'seconds')} {self.zone.key}"
        element = f'<time{more} datetime="{local.isoformat()}" title="{exact}">{told}</time>'
        return Markup(element)  # noqa: S704 - made of numbers, and of words of Babel's and of the zone's

    def number(self, value: float) -> str:
        """Return a measured number without digits that say nothing."""
        return f"{value:,.6g}"

    def length(self, seconds: int | None) -> str:
        """Return a length of time in words, to the second; a dash for none."""
        if seconds is None:
            return "–"
        hours, rest = divmod(seconds % _SECONDS, 3600)
        parts = {"day": seconds // _SECONDS, "hour": hours, "minute": rest // 60, "second": rest % 60}
        named = {unit: n for unit, n in parts.items() if n} or {"second": 0}
        locale = _LOCALES[self.language]
        return " ".join(
            format_unit(n, f"duration-{unit}", "short", locale=locale) for unit, n in named.items()
        )

    def sentence(self, sentence: Sentence) -> str:
        """Return what golive says, its moments as the reader's clock has them."""
        return whole(self._local(sentence), self.language)

    def _local(self, sentence: Sentence) -> Sentence:
        places = {name: self._place(name, value) for name, value in sentence.args.items()}
        return sentence.model_copy(update={"args": places})

    def _place(self, name: str, value: Any) -> Any:
        if isinstance(value, Sentence):
            return self._local(value)
        if name in _MOMENTS and isinstance(value, str) and _MOMENT.fullmatch(value):
            local = datetime.strptime(value, "%Y-%m-%d %H:%M %Z").replace(tzinfo=UTC).astimezone(self.zone)
            return f"{_day('MMMd', local.date(), self.language)} {local:%H:%M}"
        return value

    def name(self, word: str) -> str:
        """Return a word of a closed list, such as a state, as it is read."""
        return name_of(word, self.language)

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return "zh-CN" if self.language == "zh" else "en"


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return the page that `template` makes of `values` for the reader."""
    response = fragment(visit, template, status=status, **values)
    if visit.request.method == "POST":
        response.headers["HX-Push-Url"] = "false"  # nobody can go back to what was only sent
    visit.keep(response)
    return response


def fragment(visit: Visit, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return what a page fetches by itself. Nobody has done anything: the session's idle limit runs on."""
    voice = voice_of(visit)
    headers = {"Content-Language": voice.tag, "Cache-Control": "no-store"}
    return HTMLResponse(part(voice, template, visit=visit, **values), status, headers)


def part(voice: Voice, template: str, **values: Any) -> str:
    """Return what `template` makes of `values`: a page, or the part of one that several readers share."""
    return _environment(voice.language).get_template(template).render(voice=voice, **values)


def voice_of(visit: Visit) -> Voice:
    """Return how the reader is spoken to."""
    return Voice(visit.language, visit.zone, visit.now)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    told = translator(language)
    environment.install_gettext_callables(told, _plural(told), newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(asset=asset, new_key=lambda: secrets.token_hex(16), **_MARKS[language])
    environment.filters.update(lines=lines, size=size)
    return environment


def _plural(told: Translate) -> Callable[[str, str, int], str]:
    """Return the choice between one and several. Chinese has one form, looked up by the sentence of several."""
    return lambda one, several, n: told(one) if n == 1 else told(several)


def lines(text: str) -> Markup:
    """Return what a person wrote with its line breaks."""
    return Markup("<br>").join(text.splitlines())


def size(count: int) -> str:
    """Return a number of bytes as it is read: `640 B`, `3.2 KiB`, `20 MiB`."""
    for unit, bytes_of_it in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if count >= bytes_of_it:
            return f"{round(count / bytes_of_it, 1):g} {unit}"
    return f"{count} B"
