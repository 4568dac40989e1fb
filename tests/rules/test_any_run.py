"""No sequence of acts and clock ticks reaches a state that the semantics forbid."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from golive import commands as c
from golive import rules
from golive.errors import GoliveError
from golive.evidence import Remark
from golive.signers import barred
from golive.subject import part_digests, subject_of, whole_digest
from tests.rules.plans import GREY, REVIEW, SIGNED, UAT, make_plan, release, task
from tests.rules.world import World, run_of, words
from workflows.go_live import PROCESSES

EVERYBODY = ("rm", "dev1", "dev2", "qa1", "qa2", "qa3", "ops1", "ops2", "ops3", "nobody")
TASKS = ("uat.run", "uat.read", "docs.write", "grey.tell", "grey.close", "review.lessons", "no.such")
APPROVALS = ("sign-off.sign", "grey.go")
PLAN = make_plan(
    {
        **UAT,
        "tasks": [*UAT["tasks"], task("check", function="dev", verify=True, due="1d")],
        "gates": [
            {
                "key": "rate",
                "title": "Rate",
                "checks": [
                    {
                        "key": "errors",
                        "title": "Errors",
                        "source": {"metric": "errors"},
                        "compare": "<=",
                        "threshold": 1,
                        "max_age": "30d",
                    }
                ],
            }
        ],
    },
    {"id": "docs", "process": "preparation", "title": "Documents", "tasks": [task("write", function="dev")]},
    {**SIGNED, "needs": ["uat", "docs"]},
    {
        **GREY,
        "approvals": [{"key": "go", "title": "Go on", "rules": [{"function": "ops"}], "expires_in": "1d"}],
        "rollout": {
            **GREY["rollout"],
            "steps": [
                *GREY["rollout"]["steps"][:2],
                {"do": "approval", "approval": "go"},
                *GREY["rollout"]["steps"][2:],
            ],
        },
        "on_rollback": [
            task("tell", function="dev", due="1d"),
            task("close", function="dev", needs=["grey.tell"]),
        ],
    },
    REVIEW,
    shift_timeout=5,
)
people = st.sampled_from(EVERYBODY)
refs = st.sampled_from((*TASKS, "uat.check"))


class AnyRun(RuleBasedStateMachine):
    """People act as they like, effects report as they like, the clock jumps as it likes."""

    @initialize()
    def start(self) -> None:
        self.world = World(PLAN)
        self.world.setting.measured["errors"] = 0.0
        self.world.follow()
        self.builds = self.seen = 0
        self.approved_on: dict[str, str] = {}

    def attempt(self, body: Any, by: str) -> None:
        """Act; a refusal is as good, but says why and changes nothing (the world checks that)."""
        with suppress(GoliveError):
            self.world.act(body, by)

    @rule(by=people, ref=refs)
    def take(self, by: str, ref: str) -> None:
        self.attempt(c.StartTask(task=ref), by)

    @rule(by=people, ref=refs, said=st.booleans())
    def complete(self, by: str, ref: str, said: bool) -> None:
        evidence = (Remark(text=words()),) if said else ()
        self.attempt(c.CompleteTask(task=ref, evidence=evidence), by)

    @rule(by=people, ref=refs, result=st.sampled_from(("pass", "fail")))
    def verify(self, by: str, ref: str, result: Any) -> None:
        self.attempt(c.VerifyTask(task=ref, result=result, remark=words()), by)

    @rule(by=people, ref=refs, which=st.integers(0, 2))
    def disturb(self, by: str, ref: str, which: int) -> None:
        acts = (c.BlockTask, c.ReopenTask, c.SetNotApplicable)
        self.attempt(acts[which](task=ref, reason=words()), by)

    @rule(
        by=people,
        approval=st.sampled_from(APPROVALS),
        decision=st.sampled_from(("approved", "approved", "approved", "rejected", "returned")),
        back_to=refs,
        right=st.booleans(),
    )
    def decide(self, by: str, approval: str, decision: Any, back_to: str, right: bool) -> None:
        shown = self.world.run.state.approvals[approval].digest if right else None
        act = c.Decide(
            approval=approval,
            decision=decision,
            digest=shown or "sha256:" + "0" * 64,
            comment=words(),
            task=back_to,
        )
        self.attempt(act, by)

    @rule()
    def bring_to_traffic(self) -> None:
        """Do what a diligent team would, so that rollouts are reached often."""
        for ref, by in (
            ("uat.run", "qa1"),
            ("uat.read", "qa1"),
            ("uat.check", "dev1"),
            ("docs.write", "dev1"),
        ):
            self.attempt(c.CompleteTask(task=ref, evidence=(Remark(text=words()),)), by)
        self.attempt(c.VerifyTask(task="uat.check", result="pass"), "dev2")
        for by in ("ops1", "qa2"):
            shown = self.world.run.state.approvals["sign-off.sign"].digest
            if shown:
                self.attempt(c.Decide(approval="sign-off.sign", decision="approved", digest=shown), by)

    @rule(by=st.sampled_from(("rm", "rm", "qa1")), which=st.integers(0, 4))
    def steer(self, by: str, which: int) -> None:
        acts = (c.Hold, c.Resume, c.Promote, c.PromoteFull, c.RetryRollout)
        self.attempt(acts[which](reason=words()), by)

    @rule(which=st.integers(0, 9))
    def end(self, which: int) -> None:
        if which < 2:
            self.attempt((c.Abort, c.Rollback)[which](reason=words()), "rm")

    @rule()
    def new_build(self) -> None:
        self.builds += 1
        self.attempt(c.NewBuild(release=release(f"1.0.{self.builds}"), reason=words()), "rm")

    @rule(errors=st.sampled_from((0.0, 5.0, None, float("nan"))))
    def errors_change(self, errors: float | None) -> None:
        self.world.setting.measured["errors"] = errors

    @rule(broken=st.booleans(), foreign=st.booleans())
    def surroundings_change(self, broken: bool, foreign: bool) -> None:
        self.world.setting.broken = broken
        if self.world.lock_holder in (None, "other"):
            self.world.lock_holder = "other" if foreign else None

    @precondition(lambda self: self.world.watches)
    @rule(verdict=st.sampled_from(("healthy", "healthy", "unhealthy", "inconclusive")))
    def watch_reports(self, verdict: Any) -> None:
        self.world.verdict(verdict)

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours: int) -> None:
        self.world.tick(timedelta(hours=hours))

    @precondition(lambda self: rules.next_due(self.world.run, PROCESSES) is not None)
    @rule()
    def next_moment(self) -> None:
        self.world.tick()

    @rule()
    def continue_as_new(self) -> None:
        """Carry the state over; nothing may depend on what is not in it."""
        before = self.world.run.state
        self.world.run = run_of(self.world)
        assert self.world.run.state == before

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        assert [event.seq for event in self.world.journal] == list(range(1, len(self.world.journal) + 1))

    @invariant()
    def an_approval_stands_on_distinct_able_persons_and_the_present_subject(self) -> None:
        world, state = self.world, self.world.run.state
        approval = state.approvals["sign-off.sign"]
        if approval.state != "approved":
            return
        stage, plan = world.run.index.approvals["sign-off.sign"]
        standing = [d for d in approval.decisions if not d.stale and d.decision == "approved"]
        assert len({d.by for d in standing}) == len(standing) >= 2
        for decision in standing:
            assert decision.digest == approval.digest
            assert any(
                decision.by in world.run.plan.members(r.source)
                and decision.by not in barred(world.run, r.exclude_doers_of)
                for r in plan.rules
            )
        functions = {f for d in standing for f in d.functions}
        assert functions == {"ops", "qa"}
        if state.shifted is None and state.ending is None and not state.ended:
            assert approval.digest == whole_digest(part_digests(subject_of(world.run, stage, plan)))

    @invariant()
    def traffic_moves_only_under_a_sign_off_and_the_lock(self) -> None:
        state = self.world.run.state
        if self.world.traffic:
            assert state.approvals["sign-off.sign"].state == "approved"
            grey = state.stages["grey"]
            assert state.lock.held or grey.state == "passed"

    @invariant()
    def the_clock_rests(self) -> None:
        """What is due is done: a moment that stays due would let the timer ring for ever."""
        due = rules.next_due(self.world.run, PROCESSES)
        if due is not None and due <= self.world.now:
            self.world.tick(timedelta())  # opened when it was due already: the timer rings at once, and once
            due = rules.next_due(self.world.run, PROCESSES)
        assert due is None or due > self.world.now

    @invariant()
    def nothing_moves_before_what_it_needs(self) -> None:
        """No rollout step begins, and no approval is asked for, while a stage before is open again."""
        world = self.world
        before = self.seen
        self.seen = len(world.journal)
        state = world.run.state
        for event in world.journal[before:]:
            if event.type in ("RolloutStepStarted", "ApprovalRequested") and not (
                state.ending or state.ended
            ):
                stage = event.object.partition(":")[2].partition(".")[0]
                standing = {state.stages[need].state for need in world.run.index.before[stage]}
                assert standing <= {"passed", "skipped"}, event

    @invariant()
    def stages_keep_their_order(self) -> None:
        state = self.world.run.state
        for stage in self.world.run.plan.stages:
            if state.stages[stage.id].state == "passed" and not state.ending and not state.ended:
                assert state.stages[stage.id].remaining == 0
                tasks = [state.tasks[f"{stage.id}.{t.key}"].state for t in stage.tasks]
                assert set(tasks) <= {"done", "not_applicable"}
            counted = sum(
                state.tasks[f"{stage.id}.{t.key}"].state not in ("done", "not_applicable")
                for t in stage.tasks
            )
            if not state.ending and not state.ended:
                assert state.stages[stage.id].remaining == counted

    @invariant()
    def a_held_run_does_not_move(self) -> None:
        state = self.world.run.state
        assert (state.hold is not None) == (state.state == "held")

    @invariant()
    def an_ended_run_is_at_rest(self) -> None:
        state = self.world.run.state
        if state.state == "aborted":
            assert self.world.traffic == 0
        if state.ended:
            assert self.world.lock_holder != "r1"
            assert rules.next_due(self.world.run, PROCESSES) is None
            assert self.world.journal[-1].type in ("RunCompleted", "RunAborted")

    @invariant()
    def waiting_is_never_silent(self) -> None:
        """A run that goes on says what it waits for."""
        state = self.world.run.state
        if not state.ended and not state.closing:
            change = self.world.batches[-1].run
            assert change is not None
            assert change.blocked_by is not None, state

    @invariant()
    def an_expired_or_rejected_approval_never_passes_a_stage(self) -> None:
        state = self.world.run.state
        if state.approvals["sign-off.sign"].state != "approved":
            assert state.stages["sign-off"].state != "passed" or state.ending is not None or state.ended


TestAnyRun = AnyRun.TestCase
TestAnyRun.settings = settings(max_examples=60, stateful_step_count=40)
