"""A person's tasks: find them, take them, complete them with evidence, confirm those of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import evidence
from cli.connected import Connected, acting, connected
from cli.evidence import Offered
from cli.given import Cursor, Limit, Reason, TaskId
from cli.language import _
from cli.screen import plain, state
from cli.tables import TASKS, due, facts, listed, receipt, section
from cli.work import evidence_lines, item_lines, required_words
from golive.vocabulary import AWAITED

app = typer.Typer(help=_("Tasks: list, take, complete, verify."), no_args_is_help=True)

Files = Annotated[list[str], typer.Option("--file", metavar="FILE", help=_("A file as evidence."))]
Junit = Annotated[
    list[str], typer.Option("--junit", metavar="FILE", help=_("A JUnit XML file as test result."))
]
Links = Annotated[list[str], typer.Option("--link", metavar="URL", help=_("A page elsewhere as evidence."))]
Metrics = Annotated[
    list[str],
    typer.Option("--metric", metavar="NAME=VALUE", help=_("A value that you read; 'NAME=VALUE UNIT'.")),
]
Items = Annotated[
    list[str],
    typer.Option(
        "--item", "-i", metavar="ID=RESULT[:REMARK]", help=_("Result of an item: pass, fail or na.")
    ),
]
_FOR_ITEMS = _("Evidence of items")


def _of_item(option: str, metavar: str, meaning: str) -> Any:
    return typer.Option(f"--item-{option}", metavar=f"ID={metavar}", help=meaning, rich_help_panel=_FOR_ITEMS)


ItemFiles = Annotated[list[str], _of_item("file", "FILE", _("A file for the item ID."))]
ItemJunit = Annotated[list[str], _of_item("junit", "FILE", _("A JUnit XML file for the item ID."))]
ItemLinks = Annotated[list[str], _of_item("link", "URL", _("A page elsewhere for the item ID."))]
ItemMetrics = Annotated[list[str], _of_item("metric", "NAME=VALUE", _("A value for the item ID."))]


class Meaning(StrEnum):
    """What a signature under a task means."""

    responsible = "responsible"
    reviewed = "reviewed"
    approved = "approved"


class Verdict(StrEnum):
    """What a second person found."""

    passed = "pass"
    failed = "fail"


@app.command("list", help=_("List tasks; --mine those that you can do."))
@connected
def list_tasks(
    golive: Connected,
    mine: Annotated[
        bool, typer.Option("--mine", help=_("Mine, and those offered to a function of mine."))
    ] = False,
    state: Annotated[
        list[str],
        typer.Option(help=_("Only of this state: open, in_progress, to_verify, ... Again for more.")),
    ] = [],  # noqa: B006
    run: Annotated[str | None, typer.Option(help=_("Only of this run."))] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List tasks."""
    who = "me" if mine else None
    wanted = state or (list(AWAITED) if mine else None)
    answer = golive.get("/tasks", assignee=who, state=wanted, run=run, limit=limit, cursor=cursor)
    golive.tell(answer, listed(TASKS, _("No tasks.")))


@app.command("show", help=_("Show a task and the evidence that it requires."))
@connected
def show(golive: Connected, task: TaskId) -> None:
    """Show a task."""
    golive.tell(golive.get(f"/tasks/{task}"), task_page)


@app.command("start", help=_("Take a task; it becomes yours."))
@acting
def start(golive: Connected, task: TaskId) -> None:
    """Take a task."""
    golive.tell(golive.post(f"/tasks/{task}/start", {}), receipt)


@app.command("complete", help=_("Complete a task, with its evidence."))
@acting
def complete(
    golive: Connected,
    task: TaskId,
    remark: Annotated[str | None, typer.Option("--remark", "-m", help=_("What you observed."))] = None,
    file: Files = [],  # noqa: B006 - Typer's way to say "none"
    junit: Junit = [],  # noqa: B006
    link: Links = [],  # noqa: B006
    metric: Metrics = [],  # noqa: B006
    item: Items = [],  # noqa: B006
    item_file: ItemFiles = [],  # noqa: B006
    item_junit: ItemJunit = [],  # noqa: B006
    item_link: ItemLinks = [],  # noqa: B006
    item_metric: ItemMetrics = [],  # noqa: B006
    sign: Annotated[Meaning | None, typer.Option(help=_("Sign what you did."))] = None,
) -> None:
    """Complete a task: files are stored first, then everything is sent in one act."""
    offered = Offered(file, junit, link, metric, sign.value if sign else None)
    of_items = evidence.by_item(item_file, item_junit, item_link, item_metric)
    body: dict[str, Any] = {"remark": remark} if remark is not None else {}
    if pieces := offered.pieces(golive):
        body["evidence"] = pieces
    if items := evidence.item_results(golive, item, of_items):
        body["items"] = items
    golive.tell(golive.post(f"/tasks/{task}/complete", body), receipt)


@app.command("verify", help=_("Confirm what another person did, or send it back."))
@acting
def verify(
    golive: Connected,
    task: TaskId,
    result: Annotated[Verdict, typer.Argument(help=_("pass or fail."))],
    remark: Annotated[str | None, typer.Option("--remark", "-m", help=_("What you observed."))] = None,
) -> None:
    """Verify a task."""
    body = {"result": result.value} | ({"remark": remark} if remark is not None else {})
    golive.tell(golive.post(f"/tasks/{task}/verify", body), receipt)


def _with_reason(act: str) -> Callable[..., None]:
    """Return the command that sends an act on a task that needs nothing but its reason."""

    @acting
    def command(golive: Connected, task: TaskId, reason: Reason) -> None:
        golive.tell(golive.post(f"/tasks/{task}/{act}", {"reason": reason}), receipt)

    return command


app.command("block", help=_("Say that a task cannot go on, and why."))(_with_reason("block"))
app.command("reopen", help=_("Open a finished or blocked task again."))(_with_reason("reopen"))
app.command("not-applicable", help=_("Say that a task does not apply to this release."))(
    _with_reason("not-applicable")
)


@app.command("reassign", help=_("Give a task to somebody, or offer it to its function again."))
@acting
def reassign(
    golive: Connected,
    task: TaskId,
    to: Annotated[
        str | None, typer.Option(metavar="USER", help=_("To whom; left out: to the function."))
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", "-r", help=_("Why; kept in the journal."))] = None,
) -> None:
    """Reassign a task."""
    body = {"to": to} | ({"reason": reason} if reason is not None else {})
    golive.tell(golive.post(f"/tasks/{task}/reassign", body), receipt)


@app.command("comment", help=_("Say something about a task."))
@acting
def comment(
    golive: Connected,
    task: TaskId,
    said: Annotated[str, typer.Argument(metavar="TEXT", help=_("What you say."))],
) -> None:
    """Comment on a task."""
    golive.tell(golive.post(f"/tasks/{task}/comments", {"text": said}), receipt)


def task_page(task: Any) -> Iterator[RenderableType]:
    """Show a task: whose it is, until when, what it requires, its items and the evidence given."""
    yield Text(f"{plain(task.get('title'))}  ", style="bold").append_text(state(task.get("state")))
    if task.get("description"):
        yield Text(plain(task["description"]))
    yield facts(
        [
            (_("id"), task.get("id")),
            (_("stage"), task.get("stage")),
            (_("function"), task.get("function")),
            (_("assignee"), task.get("assignee")),
            (_("people"), task.get("people")),
            (_("priority"), task.get("priority")),
            (_("due"), due(task)),
            (_("after"), task.get("depends_on")),
            (_("verified by another person"), _("yes") if task.get("verify") else ""),
            (_("requires"), required_words(task)),
            (_("done by"), task.get("done_by")),
            (_("verified by"), task.get("verified_by")),
            (_("reason"), task.get("reason")),
        ]
    )
    if items := task.get("items"):
        yield from section(_("Items"), *item_lines(items))
    if given := task.get("evidence"):
        yield from section(_("Evidence"), *evidence_lines(given))
