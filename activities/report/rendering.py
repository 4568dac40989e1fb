"""Writing a document down: in a language, as HTML or as Markdown.

What people wrote reaches a template only as the value of a variable, and every variable is escaped for its
format unless `formats` has just made it. The templates are golive's own, and sandboxed all the same.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from activities.report import formats
from activities.report.document import Document
from activities.report.voice import Voice
from db.reports import Format
from golive.words import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")
FORMATS: tuple[Format, ...] = ("html", "md")

_TEMPLATES = Path(__file__).parents[2] / "templates" / "reports"


def render(document: Document, language: Language, format_: Format) -> str:
    """Return the document as a person reads it."""
    voice = Voice(language, document.time_zone)
    template = _environment(format_).get_template(f"report.{format_}")
    written = template.render(document=document, language=language, voice=voice, _=voice.say)
    return written.rstrip("\n") + "\n"


@cache
def _environment(format_: Format) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=format_ == "html",
        finalize=formats.escape_markdown if format_ == "md" else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["told"] = formats.html if format_ == "html" else formats.markdown
    environment.tests["figure"] = formats.is_figure
    environment.filters["paragraph"] = formats.paragraph
    environment.filters["quoted"] = formats.quoted
    environment.filters["kind"] = lambda block: type(block).__name__
    return environment
