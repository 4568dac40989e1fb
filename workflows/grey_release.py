"""Grey release (灰度发布): a small share of the traffic first, and more only while it is healthy.

opens        claims the service; compares the signed digest once more right before traffic first moves
each step    sets a weight, pauses, bakes under analysis, checks, or asks for an approval
unhealthy    traffic returns by itself (or the run stops, where the template says so)
inconclusive stops for a person, who promotes, retries or aborts
passes       after the last step
"""

from __future__ import annotations

from temporalio import workflow

from workflows.rolling import RollingProcess
from workflows.shell import Outcome, Shell

with workflow.unsafe.imports_passed_through():
    from golive.recording import Start
    from golive.state import RunState


class GreyReleaseProcess(RollingProcess):
    """A rollout that ends before, or at, the whole traffic."""

    name = "grey_release"


@workflow.defn(name="GreyRelease")
class GreyRelease(Shell):
    """A grey release that runs alone."""

    processes = {GreyReleaseProcess.name: GreyReleaseProcess()}

    @workflow.init
    def __init__(self, start: Start, carried: RunState | None = None) -> None:
        super().__init__(start, carried)

    @workflow.run
    async def run(self, start: Start, carried: RunState | None = None) -> Outcome:
        """Live until the run ends."""
        return await self.live()
