"""Amendments of a running run's plan (变更): foreseen, asked for, and decided on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli import given
from cli.approvals import Shown, Yes
from cli.confirming import confirmed
from cli.connected import Connected, acting, connected
from cli.given import Cursor, Limit, Reason, RunId
from cli.language import _
from cli.runs import Params, People
from cli.screen import named, plain, state, when
from cli.tables import Column, Row, facts, listed, receipt, section, table, text

app = typer.Typer(
    name="amendment",
    help=_("Amendments: changes of the plan of a running run, approved by those who sign in it (变更)."),
    no_args_is_help=True,
)
AmendmentId = Annotated[str, typer.Argument(metavar="AMENDMENT", help=_("Id of the amendment."))]


def register(main: typer.Typer) -> None:
    """Add what is not a subcommand of `amendment`."""
    main.command("amend", help=_("Change the plan of a running run; --preview shows what that would do."))(
        amend
    )


@acting
def amend(
    golive: Connected,
    run: RunId,
    param: Params = [],  # noqa: B006 - Typer's way to say "none"
    person: People = [],  # noqa: B006
    go_live_at: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("Planned go-live, from which tasks count back."))
    ] = None,
    template_version: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=_("A later version of the run's own template."))
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", "-r", help=_("Why; kept in the journal."))] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help=_("Show what it would change and do; nothing happens."))
    ] = False,
) -> None:
    """Change the plan of a running run."""
    asked = {
        "parameters": given.parameters(param),
        "people": given.people(person),
        "go_live_at": given.instant(go_live_at, "--go-live-at"),
        "template_version": template_version,
    }
    changes = {name: value for name, value in asked.items() if value}
    if preview:
        golive.tell(golive.post(f"/runs/{run}/amend/preview", changes), _foreseen)
        return
    if reason is None:
        raise typer.BadParameter(
            _("say why, or add --preview to see what it would do"), param_hint="--reason"
        )
    golive.tell(golive.post(f"/runs/{run}/amend", changes | {"reason": reason}), _receipt)


@app.command("list", help=_("List amendments; --mine those that wait for your decision."))
@connected
def list_amendments(
    golive: Connected,
    mine: Annotated[bool, typer.Option("--mine", help=_("Only those that wait for me."))] = False,
    run: Annotated[str | None, typer.Option(help=_("Only of this run."))] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List amendments."""
    answer = golive.get(
        "/amendments", waiting_for="me" if mine else None, run=run, limit=limit, cursor=cursor
    )
    golive.tell(answer, listed(_AMENDMENTS, _("No amendments.")))


@app.command("show", help=_("Show an amendment: what it changes and does, and what was decided."))
@connected
def show(golive: Connected, amendment: AmendmentId) -> None:
    """Show an amendment."""
    golive.tell(golive.get(f"/amendments/{amendment}"), _page)


@app.command("approve", help=_("Approve exactly the amendment that is shown."))
@acting
def approve(
    golive: Connected,
    amendment: AmendmentId,
    comment: Annotated[str | None, typer.Option("--comment", "-c", help=_("What you say to it."))] = None,
    digest: Shown = None,
    yes: Yes = False,
) -> None:
    """Approve an amendment."""
    _decide(golive, amendment, "approved", comment, digest, yes=yes)


@app.command("reject", help=_("Reject an amendment, with a reason; that closes it."))
@acting
def reject(
    golive: Connected, amendment: AmendmentId, reason: Reason, digest: Shown = None, yes: Yes = False
) -> None:
    """Reject an amendment."""
    _decide(golive, amendment, "rejected", reason, digest, yes=yes)


@app.command("withdraw", help=_("Take back an amendment that you asked for and that is not decided."))
@acting
def withdraw(golive: Connected, amendment: AmendmentId, reason: Reason) -> None:
    """Withdraw an amendment."""
    golive.tell(golive.post(f"/amendments/{amendment}/withdraw", {"reason": reason}), _receipt)


def _decide(
    golive: Connected, amendment: str, decision: str, comment: str | None, digest: str | None, *, yes: bool
) -> None:
    if digest is None:
        seen = golive.get(f"/amendments/{amendment}").json()
        digest = confirmed(_page(seen), str(seen["digest"]), decision, yes=yes)
    body = {"decision": decision, "comment": comment, "digest": digest}
    golive.tell(golive.post(f"/amendments/{amendment}/decisions", body), _receipt)


def _receipt(answer: Any) -> Iterator[RenderableType]:
    yield from receipt(answer)
    yield from _page(answer["amendment"])


def _foreseen(seen: Any) -> Iterator[RenderableType]:
    """Show what an amendment would be, before it is asked for."""
    yield Text(_KINDS[seen["kind"]])
    if seen["kind"] == "major":
        yield facts([(_("functions"), seen["functions"]), (_("who can approve"), seen["asked"])])
    yield from _changes(seen)


_KINDS = {
    "minor": _("Minor: people, dates and words. It is in force as soon as you ask for it."),
    "major": _(
        "Major: it is in force once one person of each function that signs in the run has approved it."
    ),
}


def _page(amendment: Any) -> Iterator[RenderableType]:
    title = _("Amendment of version {n} of the plan").format(n=amendment.get("base"))
    yield Text(f"{title}  ", style="bold").append_text(state(amendment.get("state")))
    yield facts(
        [
            (_("id"), amendment.get("id")),
            (_("run"), amendment.get("run_id")),
            (_("class"), named(amendment.get("kind"))),
            (_("asked for by"), amendment.get("by")),
            (_("reason"), amendment.get("reason")),
            (_("digest"), amendment.get("digest")),
            (_("waiting for"), amendment.get("waiting_for")),
            (_("until"), when(amendment.get("expires_at"))),
            (_("comment"), amendment.get("comment")),
        ]
    )
    yield from _changes(amendment)
    if decisions := amendment.get("decisions"):
        yield from section(_("Decisions"), table(_DECISIONS, decisions))


def _changes(told: Row) -> Iterator[RenderableType]:
    yield from section(_("What changes"), *(Text(f"• {plain(each)}") for each in told["changes"]))
    rows = [Text(row) for row in _impact(told["impact"])]
    yield from section(_("What it does"), *(rows or [Text(_("Nothing opens again, and no date moves."))]))


def _impact(impact: Row) -> Iterator[str]:
    """Yield what an amendment touches, a line each."""
    for part, meaning in _IMPACT.items():
        for each in impact[part]:
            people = f" ({', '.join(each['people'])})" if each["people"] else ""
            yield f"• {meaning}: {plain(each['title'])}{people}"
    for each in impact["dates"]:
        title = plain(each["title"]) if each["title"] else _("planned go-live")
        yield f"• {title}: {when(each['before']) or '—'} → {when(each['now']) or '—'}"


_IMPACT = {
    "new_stages": _("new stage"),
    "gone_stages": _("stage gone"),
    "reopened_stages": _("stage open again"),
    "new_tasks": _("new task"),
    "gone_tasks": _("task gone"),
    "reopened_tasks": _("task open again"),
    "gates": _("gate judged again"),
    "new_approvals": _("new approval"),
    "gone_approvals": _("approval gone"),
    "asked_again": _("approval asked again"),
}
_AMENDMENTS: list[Column] = [
    (_("ID"), text("id")),
    (_("STATE"), lambda amendment: state(amendment.get("state"))),
    (_("CLASS"), lambda amendment: Text(named(amendment.get("kind")))),
    (_("BY"), text("by")),
    (_("REASON"), text("reason")),
    (_("WAITING FOR"), text("waiting_for")),
]
_DECISIONS: list[Column] = [
    (_("BY"), text("by")),
    (_("DECISION"), lambda made: state(made.get("decision"))),
    (_("TIME"), lambda made: Text(when(made.get("at")))),
    (_("COMMENT"), text("comment")),
]
