"""Decide: approve, reject, return. What you see is what you sign: a decision carries the digest shown."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.confirming import confirmed
from cli.connected import Connected, acting, connected
from cli.failure import Failure
from cli.given import ApprovalId, Cursor, Limit, Reason
from cli.language import _
from cli.proving import PasswordFile, proof_for
from cli.receipts import save_receipt
from cli.screen import named, plain, state, when
from cli.signed import signed_page
from cli.tables import APPROVALS, Column, Row, due, facts, listed, section, table, text
from cli.tables import receipt as receipt_lines

Shown = Annotated[
    str | None,
    typer.Option("--digest", metavar="sha256:HEX", help=_("Decide on exactly this subject, without asking.")),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=_("Decide on what is there now, without asking."))]
Kept = Annotated[
    Path | None,
    typer.Option("--receipt", metavar="FILE", help=_("Save the receipt of the decision to this file.")),
]
Comment = Annotated[str | None, typer.Option("--comment", "-c", help=_("What you say to it."))]


class Meaning(StrEnum):
    """What a signature means."""

    reviewed = "reviewed"
    approved = "approved"
    responsible = "responsible"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("approvals", help=_("List approvals; --mine those that wait for you."))(list_approvals)
    app.command("approval", help=_("Show an approval and what it is about."))(show)
    app.command("approve", help=_("Approve: shows the subject and asks first."))(approve)
    app.command("reject", help=_("Reject; this is a veto unless the template says otherwise."))(reject)
    app.command("return", help=_("Send back to one task (退回); after it you are asked again."))(send_back)


@connected
def list_approvals(
    golive: Connected,
    mine: Annotated[bool, typer.Option("--mine", help=_("Only those that wait for me."))] = False,
    run: Annotated[str | None, typer.Option(help=_("Only of this run."))] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> None:
    """List approvals."""
    answer = golive.get("/approvals", waiting_for="me" if mine else None, run=run, limit=limit, cursor=cursor)
    golive.tell(answer, listed(APPROVALS, _("No approvals.")))


@connected
def show(golive: Connected, approval: ApprovalId) -> None:
    """Show an approval."""
    golive.tell(golive.get(f"/approvals/{approval}"), approval_page)


@acting
def approve(
    golive: Connected,
    approval: ApprovalId,
    meaning: Annotated[Meaning, typer.Option(help=_("What your signature means."))] = Meaning.approved,
    comment: Comment = None,
    digest: Shown = None,
    yes: Yes = False,
    receipt: Kept = None,
    password_file: PasswordFile = None,
) -> None:
    """Approve exactly what is shown."""
    decision = {"decision": "approved", "meaning": meaning.value, "comment": comment}
    _decide(golive, approval, decision, digest, password_file, yes=yes, keep=receipt)


@acting
def reject(
    golive: Connected,
    approval: ApprovalId,
    reason: Reason,
    digest: Shown = None,
    yes: Yes = False,
    receipt: Kept = None,
    password_file: PasswordFile = None,
) -> None:
    """Reject with a reason."""
    decision = {"decision": "rejected", "meaning": "rejected", "comment": reason}
    _decide(golive, approval, decision, digest, password_file, yes=yes, keep=receipt)


@acting
def send_back(
    golive: Connected,
    approval: ApprovalId,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TASK",
            help=_("What is to be done again: a task's id, STAGE.TASK, or TASK."),
        ),
    ],
    reason: Reason,
    digest: Shown = None,
    yes: Yes = False,
    receipt: Kept = None,
    password_file: PasswordFile = None,
) -> None:
    """Return to a task with a reason."""
    run, stage, _key = approval.rsplit(".", 2) if approval.count(".") > 1 else ("", "", "")
    task = to if to.startswith(f"{run}.") else f"{run}.{to}" if "." in to else f"{run}.{stage}.{to}"
    decision = {"decision": "returned", "meaning": "reviewed", "comment": reason, "task": task}
    _decide(golive, approval, decision, digest, password_file, yes=yes, keep=receipt)


def _decide(
    golive: Connected,
    approval: str,
    decision: dict[str, Any],
    digest: str | None,
    password_file: Path | None,
    *,
    yes: bool,
    keep: Path | None,
) -> None:
    signed = digest or _shown_and_confirmed(golive, approval, decision["decision"], yes=yes)
    body = {name: value for name, value in decision.items() if value is not None} | {"digest": signed}
    body |= proof_for(golive, approval, password_file)
    answer = golive.post(f"/approvals/{approval}/decisions", body)
    golive.tell(answer, receipt_lines)
    if keep is not None:
        save_receipt(golive, approval, answer.json()["decision_id"], keep)


def _shown_and_confirmed(golive: Connected, approval: str, decision: str, *, yes: bool) -> str:
    """Show what would be signed, ask, and return its digest."""
    seen = golive.get(f"/approvals/{approval}").json()
    _expect_pending(seen)
    return confirmed(approval_page(seen), seen["digest"], decision, yes=yes)


def _expect_pending(approval: Row) -> None:
    """Raise Failure unless a decision is awaited: nobody reads a long subject to learn that it is closed."""
    if approval.get("state") == "pending":
        return
    if approval.get("digest"):
        sentence = _("“{title}” is {state}; nobody is asked now.")
    else:
        sentence = _("“{title}” is {state}: there is nothing to decide on yet.")
    raise Failure(sentence.format(title=plain(approval.get("title")), state=named(approval.get("state"))))


def approval_page(approval: Any) -> Iterator[RenderableType]:
    """Show an approval: its rules, who decided, and everything that its digest covers."""
    yield Text(f"{plain(approval.get('title'))}  ", style="bold").append_text(state(approval.get("state")))
    yield facts(
        [
            (_("id"), approval.get("id")),
            (_("run"), approval.get("run_id")),
            (_("stage"), approval.get("stage")),
            (_("waiting for"), approval.get("waiting_for")),
            (_("due"), due(approval)),
            (_("expires"), when(approval.get("expires_at"))),
            (_("digest"), approval.get("digest")),
            (
                _("proof"),
                _("whoever signs proves again who they are") if approval.get("reauthenticate") else None,
            ),
        ]
    )
    yield from _glass(approval)
    for handed in approval.get("delegations") or []:
        if handed.get("stands") != "over":
            yield Text(_handed(handed))
    if informed := approval.get("informed"):
        yield Text(_("Kept informed: {people}.").format(people=", ".join(informed)))
    rules = approval.get("rules") or []
    if applied := approval.get("applied"):
        yield Text(_("Decided by table: {why}.").format(why=plain(applied["why"])))
    yield from section(_("Rules"), table(_RULES, rules))
    if decisions := approval.get("decisions"):
        yield from section(_("Decisions"), table(_DECISIONS, decisions))
    if signed := approval.get("signed"):
        yield from signed_page(signed)


def _glass(approval: Row) -> Iterator[Text]:
    """Say who granted it against its rules, when and why, and who has looked at that."""
    if (glass := approval.get("broken_glass")) is None:
        return
    told = {"who": plain(glass["by"]), "when": when(glass["at"])}
    broke = _("{who} broke the glass on {when}: it was granted against its rules, in an emergency.")
    yield Text(broke.format(**told), style="bold red")
    yield Text(_("Reason: {reason}").format(reason=plain(glass["reason"] or _("(erased)"))))
    if glass["reviewed_by"]:
        sentence = _("{who} reviewed it on {when}.")
        told = {"who": plain(glass["reviewed_by"]), "when": when(glass["reviewed_at"])}
        yield Text(sentence.format(**told))
    else:
        yield Text(
            _("Nobody else has reviewed it yet: golive action list {run}").format(run=approval["run_id"])
        )


def _handed(handed: Row) -> str:
    told = {"by": plain(handed.get("by")), "to": plain(handed.get("to"))}
    since, until = when(handed.get("since")), when(handed.get("until"))
    return _("{to} decides for {by} from {since} until {until}.").format(since=since, until=until, **told)


def _asked(rule: Row) -> Text:
    """Return whom a rule asks, and for whom a signer added, who did."""
    if not rule.get("added_by"):
        return Text(plain(rule.get("asks")))
    people = ", ".join(map(plain, rule.get("people") or []))
    return Text(_("{people}, added by {who}").format(people=people, who=plain(rule.get("added_by"))))


def _decider(made: Row) -> Text:
    who = plain(made.get("by"))
    behalf = made.get("on_behalf_of")
    return Text(_("{who} for {other}").format(who=who, other=plain(behalf)) if behalf else who)


def _stands(made: Row) -> Text:
    if made.get("withdrawn"):
        return Text(_("withdrawn"), style="yellow")
    return state("stale" if made.get("stale") else "")


def _proved(made: Row) -> Text:
    """Return how a decider proved again who they are."""
    proof = made.get("authenticated") or {}
    return Text(named(proof["method"]) if proof else "")


_RULES: list[Column] = [
    (_("WHO"), _asked),
    (_("MODE"), text("mode")),
    (_("MIN"), text("min")),
    (_("EXPIRES"), lambda rule: Text(when(rule.get("expires_at")))),
    (_("MET"), lambda rule: Text("✓" if rule.get("met") else "·", style="green" if rule.get("met") else "")),
]
_DECISIONS: list[Column] = [
    (_("BY"), _decider),
    (_("DECISION"), lambda made: state(made.get("decision"))),
    (_("MEANING"), lambda made: Text(named(made.get("meaning")))),
    (_("TIME"), lambda made: Text(when(made.get("at")))),
    (_("PROVED BY"), _proved),
    (_("COMMENT"), text("comment")),
    (_("STALE"), _stands),
    (_("DIGEST"), text("digest")),
]
