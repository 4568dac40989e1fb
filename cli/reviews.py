"""The post-launch review: the report, lessons and action items."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli import given
from cli.connected import Connected, acting, connected
from cli.given import RunId
from cli.language import _
from cli.saving import save
from cli.screen import plain, when
from cli.tables import Column, listed, receipt, text

actions = typer.Typer(help=_("Action items of a review."), no_args_is_help=True)


class Format(StrEnum):
    """How a report is written."""

    md = "md"
    html = "html"


class Language(StrEnum):
    """In which language a report is written."""

    en = "en"
    zh = "zh"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("report", help=_("Print or save the review report of a run."))(report)
    app.command("lesson", help=_("Say what a go-live taught; later runs of the service are shown it."))(
        lesson
    )
    app.add_typer(actions, name="action")


@connected
def report(
    golive: Connected,
    run: RunId,
    written: Annotated[Format, typer.Option("--format", help=_("Markdown or HTML."))] = Format.md,
    language: Annotated[Language | None, typer.Option(help=_("English or Chinese; default: yours."))] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help=_("Write it to this file."))] = None,
) -> None:
    """Print a report, or save it."""
    tongue = language.value if language else None
    answer = golive.get(f"/runs/{run}/report", format=written.value, lang=tongue)
    if golive.as_json:
        kept = {"content_type": answer.headers.get("content-type"), "content": answer.text}
        sys.stdout.write(json.dumps(kept, ensure_ascii=False) + "\n")
    elif output is None:
        sys.stdout.write(answer.text.rstrip("\n") + "\n")
    else:
        save(answer.content, output)


@acting
def lesson(
    golive: Connected, run: RunId, said: Annotated[str, typer.Argument(metavar="TEXT", help=_("The lesson."))]
) -> None:
    """Add a lesson."""
    golive.tell(golive.post(f"/runs/{run}/lessons", {"text": said}), receipt)


@actions.command("list", help=_("List the action items of a run."))
@connected
def list_actions(golive: Connected, run: RunId) -> None:
    """List action items."""
    golive.tell(golive.get(f"/runs/{run}/actions"), listed(_ACTIONS, _("No action items.")))


@actions.command("add", help=_("Agree on an improvement with an owner and a date."))
@acting
def add_action(
    golive: Connected,
    run: RunId,
    said: Annotated[str, typer.Argument(metavar="TEXT", help=_("What is to be done."))],
    owner: Annotated[str, typer.Option(metavar="USER", help=_("Who does it."))],
    due: Annotated[str, typer.Option(metavar="TIME", help=_("Until when, such as 2026-12-15T18:00."))],
) -> None:
    """Add an action item."""
    body = {"text": said, "owner": owner, "due_at": given.instant(due, "--due")}
    golive.tell(golive.post(f"/runs/{run}/actions", body), receipt)


@actions.command("close", help=_("Say that an action item is done."))
@acting
def close_action(
    golive: Connected,
    run: RunId,
    action: Annotated[str, typer.Argument(metavar="ACTION", help=_("Id of the action item."))],
    remark: Annotated[str | None, typer.Option("--remark", "-m", help=_("What came of it."))] = None,
) -> None:
    """Close an action item."""
    body = {"remark": remark} if remark is not None else {}
    golive.tell(golive.post(f"/runs/{run}/actions/{action}/close", body), receipt)


_ACTIONS: list[Column] = [
    (_("ID"), text("id")),
    (_("ACTION"), text("text")),
    (_("OWNER"), text("owner")),
    (_("DUE"), lambda action: Text(when(action.get("due_at")))),
    (
        _("CLOSED"),
        lambda action: Text(f"{when(action.get('closed_at'))} {plain(action.get('closed_by'))}".strip()),
    ),
]
