"""Ways round what blocks a run: waivers of a check (豁免), and breaking the glass (破窗放行)."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from cli.connected import Connected, acting, connected
from cli.given import ApprovalId, Cursor, Limit, Reason, RunId, instant
from cli.language import _
from cli.proving import PasswordFile, proof_for
from cli.screen import plain, state, when
from cli.tables import Column, facts, listed, receipt, text

app = typer.Typer(
    name="waiver",
    help=_("Waivers: exceptions to a check that blocks, granted by another function, for a time (豁免)."),
    no_args_is_help=True,
)
WaiverId = Annotated[str, typer.Argument(metavar="WAIVER", help=_("Id of the waiver."))]
Comment = Annotated[str | None, typer.Option("--comment", "-c", help=_("What you say to it."))]


def register(main: typer.Typer) -> None:
    """Add what is not a subcommand of `waiver`."""
    main.command("break-glass", help=_("Grant an approval against its rules, in an emergency (破窗放行)."))(
        break_glass
    )


@app.command("list", help=_("List waivers; --mine those that wait for your decision."))
@connected
def list_waivers(
    golive: Connected,
    mine: Annotated[bool, typer.Option("--mine", help=_("Only those that wait for me."))] = False,
    run: Annotated[str | None, typer.Option(help=_("Only of this run."))] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List waivers."""
    answer = golive.get("/waivers", waiting_for="me" if mine else None, run=run, limit=limit, cursor=cursor)
    golive.tell(answer, listed(_WAIVERS, _("No waivers.")))


@app.command("show", help=_("Show a waiver with its reason, risk and mitigation."))
@connected
def show(golive: Connected, waiver: WaiverId) -> None:
    """Show a waiver."""
    golive.tell(golive.get(f"/waivers/{waiver}"), _page)


@app.command("request", help=_("Ask for an exception to a check that blocks."))
@acting
def request(
    golive: Connected,
    run: RunId,
    check: Annotated[
        str, typer.Option(metavar="STAGE/GATE.CHECK", help=_("The check, as the run shows it."))
    ],
    reason: Reason,
    risk: Annotated[str, typer.Option(help=_("What may go wrong for it."))],
    mitigation: Annotated[str, typer.Option(help=_("What is done about that."))],
    until: Annotated[
        str, typer.Option(metavar="TIME", help=_("Until then; after it the check blocks again."))
    ],
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("From then on, not from when it is granted."))
    ] = None,
) -> None:
    """Ask for a waiver."""
    times = {"starts_at": instant(since, "--since"), "ends_at": instant(until, "--until")}
    body = {"check": check, "reason": reason, "risk": risk, "mitigation": mitigation, **times}
    golive.tell(golive.post(f"/runs/{run}/waivers", body), _receipt)


@app.command("grant", help=_("Grant a waiver that somebody of another function asked for."))
@acting
def grant(golive: Connected, waiver: WaiverId, comment: Comment = None) -> None:
    """Grant a waiver."""
    body = {"decision": "approved", "comment": comment}
    golive.tell(golive.post(f"/waivers/{waiver}/decisions", body), _receipt)


@app.command("refuse", help=_("Refuse a waiver."))
@acting
def refuse(golive: Connected, waiver: WaiverId, reason: Reason) -> None:
    """Refuse a waiver."""
    body = {"decision": "rejected", "comment": reason}
    golive.tell(golive.post(f"/waivers/{waiver}/decisions", body), _receipt)


@acting
def break_glass(
    golive: Connected,
    approval: ApprovalId,
    reason: Reason,
    digest: Annotated[
        str, typer.Option("--digest", metavar="sha256:HEX", help=_("Of the subject that you looked at."))
    ],
    password_file: PasswordFile = None,
) -> None:
    """Grant an approval in an emergency."""
    run = golive.get(f"/approvals/{approval}").json()["run_id"]
    body = {"approval": approval, "digest": digest, "reason": reason}
    body |= proof_for(golive, approval, password_file)
    golive.tell(golive.post(f"/runs/{run}/break-glass", body), receipt)


def _receipt(answer: Any) -> Any:
    yield from receipt(answer)
    yield from _page(answer["waiver"])


def _page(waiver: Any) -> Any:
    yield Text(f"{plain(waiver.get('title'))}  ", style="bold").append_text(state(waiver.get("state")))
    yield facts(
        [
            (_("id"), waiver.get("id")),
            (_("run"), waiver.get("run_id")),
            (_("check"), waiver.get("check")),
            (_("build"), waiver.get("build")),
            (_("asked for by"), waiver.get("by")),
            (_("reason"), waiver.get("reason")),
            (_("risk"), waiver.get("risk")),
            (_("mitigation"), waiver.get("mitigation")),
            (_("from"), when(waiver.get("starts_at"))),
            (_("until"), when(waiver.get("ends_at"))),
            (_("waiting for"), waiver.get("waiting_for")),
            (_("decided by"), waiver.get("decided_by")),
            (_("comment"), waiver.get("comment")),
        ]
    )


_WAIVERS: list[Column] = [
    (_("ID"), text("id")),
    (_("CHECK"), text("title")),
    (_("STATE"), lambda waiver: state(waiver.get("state"))),
    (_("BY"), text("by")),
    (_("UNTIL"), lambda waiver: Text(when(waiver.get("ends_at")))),
    (_("WAITING FOR"), text("waiting_for")),
]
