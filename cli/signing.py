"""Around decisions: take one back, hand it over, have others sign as well, remind, inform."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.connected import Connected, acting
from cli.given import ApprovalId, Reason, instant
from cli.language import _
from cli.proving import PasswordFile, proof_for
from cli.tables import receipt

People = Annotated[list[str], typer.Option("--person", metavar="NAME", help=_("A user; may be given again."))]


class Place(StrEnum):
    """When an added signer is asked."""

    before = "before"
    after = "after"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("withdraw", help=_("Take back your decision while the gate is still closed (撤回)."))(
        withdraw
    )
    app.command("delegate", help=_("Have somebody else decide for you for a time (转交)."))(delegate)
    app.command("add-signer", help=_("Have others sign as well, before you or after (加签)."))(add_signer)
    app.command("remind", help=_("Remind those whose decision is awaited (催办)."))(remind)
    app.command("inform", help=_("Tell people what becomes of an approval, without a vote (抄送)."))(inform)


@acting
def withdraw(
    golive: Connected, approval: ApprovalId, reason: Reason, password_file: PasswordFile = None
) -> None:
    """Take back one's own decision."""
    body = {"reason": reason, **proof_for(golive, approval, password_file)}
    golive.tell(golive.post(f"/approvals/{approval}/withdraw", body), receipt)


@acting
def delegate(
    golive: Connected,
    approval: ApprovalId,
    reason: Reason,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="NAME", help=_("Who decides: of your function, not asked yet.")),
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help=_("Until then."))] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help=_("From then on, not from now."))] = None,
    back: Annotated[bool, typer.Option("--back", help=_("Take back what you handed over."))] = False,
) -> None:
    """Hand one's seat over, or take it back."""
    if back == (to is not None):
        raise typer.BadParameter(
            _("name who decides with --to, or take it back with --back"), param_hint="--to"
        )
    body = {
        "to": to,
        "since": instant(since, "--since"),
        "until": instant(until, "--until"),
        "reason": reason,
    }
    golive.tell(golive.post(f"/approvals/{approval}/delegate", body), receipt)


@acting
def add_signer(
    golive: Connected,
    approval: ApprovalId,
    person: People,
    reason: Reason,
    place: Annotated[Place, typer.Option(help=_("Whether they sign before you or after."))] = Place.before,
) -> None:
    """Have more people sign."""
    body = {"people": person, "place": place.value, "reason": reason}
    golive.tell(golive.post(f"/approvals/{approval}/add-signer", body), receipt)


@acting
def remind(golive: Connected, approval: ApprovalId) -> None:
    """Remind those who are awaited."""
    golive.tell(golive.post(f"/approvals/{approval}/remind", {}), receipt)


@acting
def inform(
    golive: Connected,
    approval: ApprovalId,
    person: People,
    comment: Annotated[str | None, typer.Option("--comment", "-c", help=_("What you say to it."))] = None,
) -> None:
    """Keep people informed."""
    golive.tell(golive.post(f"/approvals/{approval}/inform", {"people": person, "comment": comment}), receipt)
