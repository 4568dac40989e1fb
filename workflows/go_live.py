"""A go-live: the stages of its plan, each a process, in the order of their needs.

With the bundled `saas-standard` that is: preparation, UAT, dual sign-off, grey release, full release, hypercare,
post-launch review.
"""

from __future__ import annotations

from temporalio import workflow

from workflows.dual_sign_off import DualSignOffProcess
from workflows.full_release import FullReleaseProcess
from workflows.grey_release import GreyReleaseProcess
from workflows.hypercare import HypercareProcess
from workflows.post_launch_review import PostLaunchReviewProcess
from workflows.preparation import PreparationProcess
from workflows.shell import Outcome, Shell
from workflows.uat import UatProcess

with workflow.unsafe.imports_passed_through():
    from golive.process import Process
    from golive.recording import Start
    from golive.state import RunState

_ALL: tuple[Process, ...] = (
    PreparationProcess(),
    UatProcess(),
    DualSignOffProcess(),
    GreyReleaseProcess(),
    FullReleaseProcess(),
    HypercareProcess(),
    PostLaunchReviewProcess(),
)
PROCESSES: dict[str, Process] = {process.name: process for process in _ALL}


@workflow.defn(name="GoLive")
class GoLive(Shell):
    """A composed run."""

    processes = PROCESSES

    @workflow.init
    def __init__(self, start: Start, carried: RunState | None = None) -> None:
        super().__init__(start, carried)

    @workflow.run
    async def run(self, start: Start, carried: RunState | None = None) -> Outcome:
        """Live until the run ends."""
        return await self.live()
