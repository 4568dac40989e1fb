"""User acceptance testing: business and QA try the very build that is to go live.

opens      the test tasks; results come as evidence, JUnit XML among it
new build  tests and what depends on them are done again, gates are not run
passes     when the tasks are done and the gate over the test results passes
"""

from __future__ import annotations

from temporalio import workflow

from workflows.shell import Outcome, Shell

with workflow.unsafe.imports_passed_through():
    from golive.process import Process
    from golive.recording import Start
    from golive.state import RunState


class UatProcess(Process):
    """Tasks, approvals and gates alone; those `per_build` are done again for each build."""

    name = "uat"


@workflow.defn(name="Uat")
class Uat(Shell):
    """A UAT that runs alone."""

    processes = {UatProcess.name: UatProcess()}

    @workflow.init
    def __init__(self, start: Start, carried: RunState | None = None) -> None:
        super().__init__(start, carried)

    @workflow.run
    async def run(self, start: Start, carried: RunState | None = None) -> Outcome:
        """Live until the run ends."""
        return await self.live()
