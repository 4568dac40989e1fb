"""Dual sign-off: operations and QA, distinct persons, on one exact digest.

opens      asks everybody whose decision counts, on the subject as it now is
new build  what was decided on the former subject is stale, and asked again
rejection  back to the task that the template names, or held for the release manager
passes     when the maximum matching of persons to slots fills every slot
"""

from __future__ import annotations

from temporalio import workflow

from workflows.shell import Outcome, Shell

with workflow.unsafe.imports_passed_through():
    from golive.process import Process
    from golive.recording import Start
    from golive.state import RunState


class DualSignOffProcess(Process):
    """Approvals are every stage's; this stage has little else."""

    name = "dual_sign_off"


@workflow.defn(name="DualSignOff")
class DualSignOff(Shell):
    """A sign-off that runs alone."""

    processes = {DualSignOffProcess.name: DualSignOffProcess()}

    @workflow.init
    def __init__(self, start: Start, carried: RunState | None = None) -> None:
        super().__init__(start, carried)

    @workflow.run
    async def run(self, start: Start, carried: RunState | None = None) -> Outcome:
        """Live until the run ends."""
        return await self.live()
