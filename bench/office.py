"""An office at work: people, and runs that they bring forward, recorded as workflows would record them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from db import recording
from db.session import Database
from golive import rules
from golive.batches import take_batch
from golive.calendar import Calendar
from golive.commands import Actor, Body, Command, Comment, CompleteTask, Decide, StartTask, sign
from golive.engine import ENGINE
from golive.evidence import Remark
from golive.plan import Artifact, Plan, Release
from golive.recording import Start
from golive.signers import waiting_for
from golive.template import Due, Requirement, Stage, Task
from golive.template_approvals import Approval, Rule
from golive.vocabulary import Role
from golive.words import Text, Words
from settings import Settings
from workflows.go_live import PROCESSES

FUNCTIONS = ("product", "dev", "qa", "ops", "business")
EACH = 10
"""People of one function in the whole office."""
IN_ONE = 4
"""People of one function in one run."""
SERVICES = 10
TASKS = 30
AT_ONCE = 3
"""Tasks of one run that are open at the same time."""
ROLES: tuple[Role, ...] = ("assignee", "approver", "release_manager")
SIGN_OFF = "sign-off.go"

_SIGNED = Approval(
    key="go",
    title=Text(en="Go", zh="放行"),
    rules=tuple(Rule(function=function, mode="all") for function in ("product", "business")),
)

NAMES = tuple(f"{function}{n}" for function in FUNCTIONS for n in range(EACH))


def person(name: str) -> Actor:
    """Return somebody of the office as the API reads them."""
    return Actor(name=name, roles=ROLES, functions=(name.rstrip("0123456789"),))


def plan_of(n: int) -> Plan:
    """Return the plan of run number `n`: each function is filled by some of its people, in turn."""
    who = {f: tuple(f"{f}{(n + k) % EACH}" for k in range(IN_ONE)) for f in FUNCTIONS}
    preparing = Stage(
        id="acceptance",
        process="uat",
        title=Text(en="Acceptance", zh="验收"),
        tasks=tuple(_task(k) for k in range(TASKS)),
    )
    signing = Stage(
        id="sign-off",
        process="dual_sign_off",
        title=Text(en="Sign-off", zh="会签"),
        approvals=(_SIGNED,),
    )
    return Plan(
        template="bench",
        template_version=1,
        template_hash=f"sha256:{'0' * 64}",
        title=f"Invoices in two currencies, part {n}",
        template_title=Text(en="Benchmark", zh="基准测试"),
        release=Release(
            service=f"service-{n % SERVICES}",
            version=f"1.{n}.0",
            artifacts=(Artifact(name="a", digest=f"sha256:{'a' * 64}"),),
        ),
        release_manager=f"ops{n % EACH}",
        people=who,
        calendar=Calendar(time_zone="Asia/Shanghai"),
        stages=(preparing, signing),
    )


def _task(k: int) -> Task:
    return Task(
        key=f"case-{k:02}",
        title=Text(en=f"Check the export of invoices, case {k}", zh=f"核对发票导出，第 {k} 项"),
        function=FUNCTIONS[k % len(FUNCTIONS)],
        needs=(f"acceptance.case-{k - AT_ONCE:02}",) if k >= AT_ONCE else (),
        due=Due.model_validate(f"{1 + k % 5}d"),
        requires=(Requirement(type="remark"),),
    )


@dataclass
class AtWork:
    """A run that goes on by the rules and is recorded as its workflow would do it, without a workflow."""

    database: Database
    settings: Settings
    n: int
    run_id: str = field(default_factory=lambda: secrets.token_hex(8))
    acts: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin each run with another of the acts, so that all of them are done at any time."""
        self.acts = self.n

    async def start(self) -> None:
        """Start it."""
        unsigned = Start(
            run_id=self.run_id,
            plan=plan_of(self.n),
            actor=person(f"ops{self.n % EACH}"),
            engine=ENGINE,
            command_id=secrets.token_hex(32),
        )
        start = unsigned.model_copy(update={"signature": sign(unsigned, self.settings.keys("start")[0])})
        self.run = rules.begin(start, datetime.now(UTC))
        rules.advance(self.run, datetime.now(UTC), PROCESSES)
        await self._record(start)

    @property
    def seq(self) -> int:
        """The number of its last event."""
        return self.run.state.seq

    @property
    def task(self) -> str:
        """The task that its people are at."""
        return next(
            ref for ref, task in self.run.state.tasks.items() if task.state in ("open", "in_progress")
        )

    @property
    def approval(self) -> str:
        """What its signers are asked for."""
        return SIGN_OFF

    async def goes_on(self) -> None:
        """Let somebody do what comes next: take a task, say something of it, complete it, sign."""
        who, body = self._next()
        command = Command(id=secrets.token_hex(32), run_id=self.run_id, actor=person(who), body=body)
        rules.check(self.run, command, datetime.now(UTC))
        rules.apply(self.run, command, datetime.now(UTC), PROCESSES)
        await self._record()

    def _next(self) -> tuple[str, Body]:
        ref, self.acts = self.task, self.acts + 1
        function = FUNCTIONS[int(ref[-2:]) % len(FUNCTIONS)]
        task = self.run.state.tasks[ref]
        by = task.assignee or self.run.plan.people[function][self.acts % IN_ONE]
        state = self.run.state.approvals[SIGN_OFF]
        if self.acts % 4 == 0 and (asked := waiting_for(self.run, _SIGNED, state)):
            return asked[0], Decide(approval=SIGN_OFF, decision="approved", digest=state.digest or "")
        if task.state == "open":
            return by, StartTask(task=ref)
        if self.acts % 2:
            return by, Comment(about=ref, text=_words("Half of it is done."))
        return by, CompleteTask(task=ref, evidence=(Remark(text=_words("Checked, no difference found.")),))

    async def _record(self, start: Start | None = None) -> None:
        while (batch := take_batch(self.run, PROCESSES, start)) is not None:
            async with self.database.transaction() as sql:
                answer = await recording.record(sql, batch, self.settings.keys("start"))
            start = None
            rules.answered(self.run, answer, datetime.now(UTC), PROCESSES)


def _words(text: str) -> Words:
    return Words(text=text, salt=secrets.token_hex(16))
