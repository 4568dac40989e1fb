"""What stops a run for its release manager, because the rules cannot go on by themselves."""

from __future__ import annotations

from golive.run import Run
from golive.state import HoldState
from golive.words import N_, Sentence, say


def hold_for_manager(run: Run, cause: Sentence) -> None:
    """Stop the run for the release manager, who resumes, replaces the build, rolls back or aborts."""
    if run.state.state == "running":
        run.state.state = "held"
        run.state.hold = HoldState(by="golive", at=run.now, cause=cause)
        run.emit("RunHeld", cause=cause)
        told = say(N_("The run is held: {cause}."), cause=cause)
        run.tell((run.plan.release_manager,), told, f"/runs/{run.state.run_id}")
