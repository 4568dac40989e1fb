"""Post-launch review (上线回顾): what happened, what it taught, and what is to be done about it.

opens      a draft of the report is written from the facts, and people review it
meanwhile  people add lessons and action items with owner and date
passes     when the draft is written and the review tasks are done; the final report closes the run
"""

from __future__ import annotations

from temporalio import workflow
from typing_extensions import override

from workflows.shell import Outcome, Shell

with workflow.unsafe.imports_passed_through():
    from golive.effects import ReportWritten, WriteReport
    from golive.process import Process
    from golive.recording import Start
    from golive.run import Run
    from golive.state import RunState
    from golive.template import Stage


class PostLaunchReviewProcess(Process):
    """A review over a report that golive writes."""

    name = "post_launch_review"

    @override
    def enter(self, run: Run, stage: Stage) -> None:
        """Ask for the draft."""
        run.stage(stage.id).report = "asked"
        key = f"{run.state.run_id}/report/draft/{stage.id}/{run.state.seq}"
        run.ask(WriteReport(key=key, run_id=run.state.run_id, stage="draft"))

    @override
    def reported(self, run: Run, stage: Stage, effect: WriteReport, result: ReportWritten) -> None:
        """Note that the draft is there."""
        run.stage(stage.id).report = "written"

    @override
    def finished(self, run: Run, stage: Stage) -> bool:
        """Tell whether the draft was there to be reviewed."""
        return run.stage(stage.id).report == "written"


@workflow.defn(name="PostLaunchReview")
class PostLaunchReview(Shell):
    """A review that runs alone."""

    processes = {PostLaunchReviewProcess.name: PostLaunchReviewProcess()}

    @workflow.init
    def __init__(self, start: Start, carried: RunState | None = None) -> None:
        super().__init__(start, carried)

    @workflow.run
    async def run(self, start: Start, carried: RunState | None = None) -> Outcome:
        """Live until the run ends."""
        return await self.live()
