"""What a release manager does with a run: promote, hold, resume, abort, roll back; and comments on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from cli.connected import Connected, acting
from cli.given import Reason, RunId
from cli.language import _
from cli.tables import receipt

ACTS: list[tuple[str, str, str]] = [
    ("promote", "rollout/promote", _("Go on to the next step of the rollout.")),
    (
        "promote-full",
        "rollout/promote-full",
        _("Skip the remaining steps of the rollout, not its health checks."),
    ),
    ("retry", "rollout/retry", _("Start the rollout over, from its first step.")),
    ("hold", "hold", _("Stop new steps and every clock of people's waits.")),
    ("resume", "resume", _("Go on after a hold; ask again what was rejected or has expired.")),
    ("abort", "abort", _("End the run; traffic returns to stable at once.")),
    ("rollback", "rollback", _("Return traffic to stable, do the back-out tasks, and end the run.")),
]
"""Name of the command, path of the act under its run, what it does."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for name, path, meaning in ACTS:
        app.command(name, help=meaning)(_act(path))
    app.command("comment", help=_("Say something about a run."))(comment)


def _act(path: str) -> Callable[..., None]:
    """Return the command that sends the act at `path`."""

    @acting
    def act(golive: Connected, run: RunId, reason: Reason) -> None:
        golive.tell(golive.post(f"/runs/{run}/{path}", {"reason": reason}), receipt)

    return act


@acting
def comment(
    golive: Connected,
    run: RunId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=_("What you say."))],
) -> None:
    """Comment on a run."""
    golive.tell(golive.post(f"/runs/{run}/comments", {"text": text}), receipt)
