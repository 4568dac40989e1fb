"""Runs to measure: plans of any size, and a run that is driven by Updates alone, as the API drives it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle

from golive.calendar import Calendar
from golive.commands import Actor, Body, Command, CompleteTask, Receipt, sign
from golive.engine import ENGINE
from golive.evidence import Remark
from golive.names import COMMAND, STATE, workflow_id
from golive.plan import Artifact, Plan, Release
from golive.recording import Start
from golive.state import RunState
from golive.template import Stage
from golive.vocabulary import Role
from golive.words import Text, Words
from settings import Settings

STAGE = "acceptance"
PATIENCE = timedelta(seconds=60)
PEOPLE: dict[str, tuple[str, ...]] = {"dev": ("dev1", "dev2"), "qa": ("qa1", "qa2"), "ops": ("ops1", "ops2")}
FUNCTIONS = ("dev", "qa")
ROLES: tuple[Role, ...] = ("assignee", "approver")
REMARK = "Checked against the ledger, no difference found; 与总账核对无误。"


def plan_of(tasks: int, *, apart: int = 0, in_a_row: bool = False) -> Plan:
    """Return a plan of one stage with so many tasks, written as teams write them.

    Every third task needs the one before it, save among the first and the last `apart` tasks, which stand for
    themselves so that doing the one is the same work as doing the other. `in_a_row` each needs the one before.
    """
    middle = range(apart + 1, tasks - apart)
    tied = [n > 0 if in_a_row else n in middle and n % 3 == 1 for n in range(tasks)]
    stage = {
        "id": STAGE,
        "process": "uat",
        "title": {"en": "Acceptance", "zh": "验收"},
        "tasks": [_task(n, needs_last=tied[n]) for n in range(tasks)],
    }
    release = Release(
        service="bench", version="1.0.0", artifacts=(Artifact(name="a", digest=f"sha256:{'a' * 64}"),)
    )
    return Plan(
        template="bench",
        template_version=1,
        template_hash=f"sha256:{'0' * 64}",
        title=f"A run of {tasks} tasks",
        template_title=Text(en="Benchmark", zh="基准测试"),
        release=release,
        release_manager="rm",
        people=PEOPLE,
        calendar=Calendar(time_zone="Asia/Shanghai"),
        stages=(Stage.model_validate(stage),),
    )


def _task(n: int, *, needs_last: bool) -> dict[str, Any]:
    return {
        "key": f"case-{n:04}",
        "title": {
            "en": f"Check the export of customer invoices against the ledger, case {n}",
            "zh": f"核对客户发票导出与总账，第 {n} 项",
        },
        "function": FUNCTIONS[n % 2],
        "needs": [f"{STAGE}.case-{n - 1:04}"] if needs_last else [],
        "due": f"{1 + n % 5}d",
        "requires": [{"type": "remark"}],
    }


def in_order(plan: Plan, *, apart: int = 0) -> list[str]:
    """Return the tasks: those that need nothing, those that need others, and at the end the last `apart`."""
    every = [(f"{STAGE}.{task.key}", bool(task.needs)) for task in plan.stages[0].tasks]
    body, end = every[: len(every) - apart], every[len(every) - apart :]
    free = [ref for ref, tied in body if not tied]
    return [*free, *(ref for ref, tied in body if tied), *(ref for ref, _ in end)]


def said() -> Words:
    """Return what a person says on completing a task."""
    return Words(text=REMARK, salt=secrets.token_hex(16))


@dataclass(frozen=True)
class Direct:
    """A run that is driven by Updates alone, signed as the API signs them."""

    client: Client
    settings: Settings
    plan: Plan
    run_id: str

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The latest execution of its workflow."""
        return self.client.get_workflow_handle(workflow_id(self.run_id))

    def signed_start(self) -> Start:
        """Return the input of its workflow."""
        start = Start(
            run_id=self.run_id,
            plan=self.plan,
            actor=Actor(name="rm", roles=("release_manager",)),
            engine=ENGINE,
            command_id=secrets.token_hex(32),
        )
        return start.model_copy(update={"signature": sign(start, self.settings.keys("start")[0])})

    def doer(self, ref: str) -> str:
        """Return who does a task."""
        return f"{self._function(ref)}1"

    def completing(self, ref: str) -> Command:
        """Return the signed act that completes a task."""
        function = self._function(ref)
        actor = Actor(name=self.doer(ref), roles=ROLES, functions=(function,))
        return self._signed(actor, CompleteTask(task=ref, evidence=(Remark(text=said()),)))

    def _function(self, ref: str) -> str:
        return FUNCTIONS[int(ref.rpartition("-")[2]) % 2]

    def _signed(self, actor: Actor, body: Body) -> Command:
        command = Command(id=secrets.token_hex(32), run_id=self.run_id, actor=actor, body=body)
        return command.model_copy(update={"signature": sign(command, self.settings.keys("command")[0])})

    async def send(self, command: Command) -> Receipt:
        """Send an act, as the API does, and return its receipt."""
        receipt: Receipt = await self.handle.execute_update(
            COMMAND, command, id=command.id, result_type=Receipt, rpc_timeout=PATIENCE
        )
        return receipt

    async def complete(self, ref: str) -> Receipt:
        """Complete a task."""
        return await self.send(self.completing(ref))

    async def state_bytes(self) -> int:
        """Return how many bytes the state has now, as it is carried through continue-as-new."""
        state: RunState = await self.handle.query(STATE, result_type=RunState)
        return len(state.model_dump_json().encode())

    async def executions(self) -> int:
        """Return how many executions the run has had: one more than it has continued as new."""
        found, run_id = 0, (await self.handle.describe()).run_id
        while run_id:
            found += 1
            handle = self.client.get_workflow_handle(workflow_id(self.run_id), run_id=run_id)
            first = await anext(handle.fetch_history_events(page_size=1))
            run_id = first.workflow_execution_started_event_attributes.continued_execution_run_id
        return found


def sending(run: Direct, refs: Sequence[str]) -> list[Command]:
    """Return the signed acts that complete tasks, made beforehand so that signing is not measured."""
    return [run.completing(ref) for ref in refs]
