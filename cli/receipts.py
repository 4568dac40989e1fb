"""Receipts: what an act left in the hands of who acted; kept in files, and verified without golive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from cli.connected import Connected, connected
from cli.failure import Failure
from cli.given import ApprovalId, RunId
from cli.language import _
from cli.saving import save
from cli.screen import named, plain, when
from cli.tables import actor, facts
from cli.verifying import proved, verify

app = typer.Typer(
    help=_("Receipts of acts: keep them, and verify them without golive."), no_args_is_help=True
)

Output = Annotated[Path, typer.Option("--output", "-o", help=_("Write it to this file."))]


def register(root: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(
        "verify", help=_("Verify a receipt or a bundle by an export of the journal, without golive.")
    )(verify)
    root.add_typer(app, name="receipt")


@app.command("show", help=_("Show what a receipt stands for, and whether its hash is the journal's."))
@connected
def show(
    golive: Connected,
    run: RunId,
    seq: Annotated[int, typer.Argument(metavar="NO", min=1, help=_("Number in the run's journal."))],
    expected: Annotated[str | None, typer.Option("--hash", help=_("The hash on the receipt."))] = None,
) -> None:
    """Show the journal row that a receipt names."""
    answer = golive.get(f"/runs/{run}/events", after=seq - 1, limit=1)
    found = [event for event in answer.json()["items"] if event["seq"] == seq]
    if not found:
        raise Failure(_("The journal of run {run} has no number {seq}.").format(run=run, seq=seq))
    golive.tell(answer, lambda _page: _row(found[0]))
    if expected and found[0].get("hash") != expected:
        sentence = _("The receipt says hash {expected}, the journal says {found}: one of them was changed.")
        raise Failure(sentence.format(expected=expected, found=found[0].get("hash")))
    if expected:
        golive.remark(_("The hash is that of the journal."))


@app.command("get", help=_("Save the receipt of a decision to a file."))
@connected
def get(
    golive: Connected,
    approval: ApprovalId,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help=_("Id of the decision."))],
    output: Output,
) -> None:
    """Save a receipt."""
    save_receipt(golive, approval, decision, output)


@app.command("bundle", help=_("Save who signed an approval, and what proves it, to one file."))
@connected
def bundle(golive: Connected, approval: ApprovalId, output: Output) -> None:
    """Save a bundle."""
    save_bundle(golive, approval, output)


def save_receipt(golive: Connected, approval: str, decision: str, output: Path) -> None:
    """Write the receipt of a decision to a file."""
    save(golive.get(f"/approvals/{approval}/receipts/{decision}").content, output)


def save_bundle(golive: Connected, approval: str, output: Path) -> Any:
    """Write the bundle of an approval to a file, once it is seen to prove it; return the approval. Raises Failure."""
    from golive.audit_export import lines_of
    from golive.decision_bundle import Bundle, check_bundle

    shown = golive.get(f"/approvals/{approval}").json()
    standing = [
        made["id"] for made in shown["decisions"] if not made["stale"] and made["decision"] == "approved"
    ]
    if shown["state"] != "approved" or not standing:
        sentence = _("“{title}” is {state}; only what people have approved can be proved.")
        raise Failure(sentence.format(title=plain(shown["title"]), state=named(shown["state"])))
    receipts = [golive.get(f"/approvals/{approval}/receipts/{each}").json() for each in standing]
    with proved():
        export = lines_of(golive.get("/audit/export", stream=shown["run_id"]).text)
        made = {"format": "golive-bundle/1", "receipts": receipts, "export": export}
        check_bundle(Bundle.model_validate(made))
    save((json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode(), output)
    return shown


def _row(event: Any) -> Iterator[RenderableType]:
    yield Text(plain(event.get("summary") or event.get("type")), style="bold")
    yield facts(
        [
            (_("number"), event.get("seq")),
            (_("time"), when(event.get("at"))),
            (_("by"), actor(event)),
            (_("type"), event.get("type")),
            (_("hash"), event.get("hash")),
        ]
    )
