"""Plays the tests of a template on the rules themselves: in memory, in virtual time, always with the same result.

read_script -> play -> outcomes     what is written wrong is told with file and line; the tests beside it are played;
                                    a test that fails says which step, what was expected and what was found
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from golive import rehearsal_steps as s
from golive.batches import run_change
from golive.errors import GoliveError
from golive.explain import all_waits, blocked_by
from golive.model import Fact
from golive.people import People
from golive.plan import Plan
from golive.planning import StartRequest, check_template, make_plan
from golive.problems import InvalidSource, unknown
from golive.rehearsal_acts import command_of, release_of
from golive.rehearsal_checks import problems_in
from golive.rehearsal_people import do_something
from golive.rehearsal_script import Head, Script, Test
from golive.rehearsal_steps import Expected
from golive.rehearsal_world import Setting, World
from golive.stages import Processes
from golive.template_approvals import Rule
from golive.template_checks import asked_beside_functions, roles_asked
from golive.template_source import Library
from golive.words import N_, Sentence, say

MONDAY = datetime(2026, 11, 23, 2, tzinfo=UTC)
"""When a test starts that does not say when: 10:00 in Shanghai."""
STANDING_IN = 4
"""People per function where a test names none: enough to do, to confirm and to sign."""
MOST_IDLE = 300
"""Moments in a row at which nothing but reminders happened; then only a person's choice helps."""
_REMINDERS = frozenset({"Reminded", "Escalated", "NotificationSent", "CheckChanged", "AlertRaised"})


class Failure(Fact):
    """Why a test failed: at which line and step, what was expected there, and what was found."""

    line: int
    step: str
    expected: Sentence
    found: Sentence


class Outcome(Fact):
    """How one test ended."""

    test: str
    line: int
    failure: Failure | None = None


class _Unexpected(Exception):
    """The run is not as the script expects."""

    def __init__(self, expected: Sentence, found: Sentence) -> None:
        super().__init__(str(expected), str(found))
        self.expected = expected
        self.found = found


def play(library: Library, script: Script, test: Test, processes: Processes) -> Outcome:
    """Play one test. Raises InvalidSource when it names what the plan does not have, or the template is at fault."""
    name, line = test.head.name, test.line
    if script.template not in library.templates:
        wrong = unknown("template", script.template, library.templates)
        raise InvalidSource([script.source.problem(("template",), wrong)])
    try:
        plan, people = _planned(library, script, test)
    except InvalidSource:
        raise
    except GoliveError as refused:
        if refused.code == test.head.refused:
            return Outcome(test=name, line=line)
        wanted = _starts(test.head.refused)
        return _failed(test, line, "start", _Unexpected(wanted, _refusal(refused)))
    if test.head.refused:
        return _failed(test, line, "start", _Unexpected(_starts(test.head.refused), _starts(None)))
    if problems := problems_in(script, test, plan, people):
        raise InvalidSource(problems)
    return _played(test, plan, people, processes)


def _starts(code: str | None) -> Sentence:
    return say(N_("the start is refused: {code}"), code=code) if code else say(N_("the run starts"))


def _refusal(refused: GoliveError) -> Sentence:
    return say(N_("refused: {code}: {why}"), code=refused.code, why=refused.sentence)


def _failed(test: Test, line: int, step: str, why: _Unexpected) -> Outcome:
    failure = Failure(line=line, step=step, expected=why.expected, found=why.found)
    return Outcome(test=test.head.name, line=test.line, failure=failure)


def _planned(library: Library, script: Script, test: Test) -> tuple[Plan, dict[str, tuple[str, ...]]]:
    """Return the plan of the test's run, and who has which function: the named people, else those who stand in."""
    head = test.head
    now = head.start or MONDAY
    request = StartRequest.model_validate(
        {
            "template": script.template,
            "parameters": head.parameters,
            "release": release_of(head.release),
            "go_live_at": head.go_live_at,
        }
    )

    def planned(people: dict[str, tuple[str, ...]]) -> Plan:
        return make_plan(
            library,
            request,
            People(members=people, found=_found(head, asked_beside_functions(stages))),
            version=1,
            release_manager=head.manager,
            metrics=head.metrics,
            now=now,
        )

    stages = check_template(library, script.template).stages
    everybody = {each: _standing_in(each) for each in roles_asked(stages)} | head.people
    return planned(everybody), everybody


def _standing_in(name: str) -> tuple[str, ...]:
    return tuple(f"{name}{n}" for n in range(1, STANDING_IN + 1))


def _found(head: Head, rules: Mapping[str, Rule]) -> dict[str, tuple[str, ...]]:
    """Return who belongs to what rules ask beside functions: those the test names, else those who stand in."""
    found: dict[str, tuple[str, ...]] = {}
    for source, rule in rules.items():
        if rule.group is not None:
            found[source] = head.groups.get(rule.group, _standing_in(rule.group))
        elif rule.manager_of is not None:
            found[source] = (head.managers.get(rule.manager_of, f"manager-of-{rule.manager_of}"),)
        elif rule.owner_of_service:
            found[source] = head.owners if head.owners is not None else _standing_in("owner")
        else:
            found[source] = rule.people
    return found


def _played(test: Test, plan: Plan, people: dict[str, tuple[str, ...]], processes: Processes) -> Outcome:
    """Play the steps. What is set before anything else is so from the start on."""
    setting = Setting()
    for placed in takewhile(lambda each: isinstance(each.step, _SETTING), test.steps):
        setting.change(placed.step)  # type: ignore[arg-type]  # takewhile has looked at its type
    world = World(plan, people, test.head.start or MONDAY, processes, setting)
    world.follow()
    player = _Player(test, world)
    for placed in test.steps:
        try:
            player.do(placed.step)
        except _Unexpected as why:
            return _failed(test, placed.line, placed.words, why)
    return Outcome(test=test.head.name, line=test.line)


_SETTING = (s.Measure, s.Service, s.Traffic)


# -- steps ---------------------------------------------------------------------------------------------------


@dataclass
class _Player:
    test: Test
    world: World

    def do(self, step: s.AnyStep) -> None:
        """Do one step, and see that the run stands as it says. Raises _Unexpected."""
        match step:
            case s.Act():
                self._act(step)
            case s.Rest():
                self._rest(lambda: False)
            case s.Until():
                if not self._rest(lambda: not list(_differences(self.world, step.until))):
                    self._look(step.until)
            case s.After():
                self.world.go_to(self.world.now + step.after.on_the_clock)
            case s.Measure() | s.Service() | s.Traffic():
                self.world.change(step)
            case s.Expect():
                pass
        if step.expect is not None:
            self._look(step.expect)

    def _act(self, step: s.Act) -> None:
        body, able = command_of(self.world, self.test.head.release, step)
        by = step.by or next(iter(able), self.world.plan.release_manager)
        try:
            self.world.act(body, by)
        except GoliveError as refused:
            if refused.code == step.refused:
                return
            raise _Unexpected(self._accepted(step, by), _refusal(refused)) from refused
        if step.refused:
            raise _Unexpected(self._accepted(step, by), say(N_("it was done by {who}"), who=by))

    def _accepted(self, step: s.Act, by: str) -> Sentence:
        if step.refused:
            return say(N_("{who} is refused: {code}"), who=by, code=step.refused)
        if step.by is None:
            return say(N_("{who} may do this; the step names nobody (by:), so {who} acts"), who=by)
        return say(N_("{who} may do this"), who=by)

    def _rest(self, enough: Callable[[], bool]) -> bool:
        """Let everybody act and the time go on until `enough`; tell whether it came to that."""
        idle, looked_at = 0, -1
        while not enough():
            seq = self.world.run.state.seq
            if seq != looked_at and not self.world.run.state.ended and do_something(self.world):
                idle = 0
                continue
            looked_at = seq
            at = self.world.next_moment()
            if at is None or idle > MOST_IDLE or self._is_held():
                return False
            before = _telling(self.world)
            if not self.world.step(at):
                return False
            idle = idle + 1 if _telling(self.world) == before else 0
        return True

    def _is_held(self) -> bool:
        state = self.world.run.state
        return state.hold is not None and state.ending is None

    def _look(self, expected: Expected) -> None:
        difference = next(_differences(self.world, expected), None)
        if difference is None:
            return
        wanted, found = difference
        why = blocked_by(self.world.run, self.world.processes)
        if why is not None and why.render() not in found:
            raise _Unexpected(_plain(wanted), say(N_("{found} ({why})"), found=_plain(found), why=why))
        raise _Unexpected(_plain(wanted), _plain(found))


def _plain(text: str) -> Sentence:
    return say(N_("{what}"), what=text)


def _telling(world: World) -> int:
    """Return how much has happened besides reminders; a measurement under way counts, since it comes to an end."""
    told = sum(times for kind, times in world.happened.items() if kind not in _REMINDERS)
    return told + world.measurements


# -- expectations --------------------------------------------------------------------------------------------


def _differences(world: World, expected: Expected) -> Iterator[tuple[str, str]]:
    """Yield what was expected and what was found, as the script would write them, where the two differ."""
    for name, wanted, found in _compared(world, expected):
        if wanted != found:
            yield f"{name}: {wanted}", f"{name}: {found}"
    why = str(blocked_by(world.run, world.processes) or "—")
    for part in expected.blocked_by:
        if part not in why:
            yield f"blocked_by: {part}", f"blocked_by: {why}"
    yield from _people(world, expected)
    for kind in expected.happened:
        if kind not in world.happened:
            yield f"happened: {kind}", f"happened: {', '.join(world.happened)}"


def _compared(world: World, expected: Expected) -> Iterator[tuple[str, object, object]]:
    state = world.run.state
    if expected.run is not None:
        yield "run", expected.run, state.state
    for stage, wanted in expected.stages.items():
        yield f"stages.{stage}", wanted, state.stages[stage].state
    for task, stands in expected.tasks.items():
        yield f"tasks.{task}", stands, state.tasks[task].state
    for task in expected.overdue:
        yield f"overdue.{task}", True, state.tasks[task].overdue
    for approval, decided in expected.approvals.items():
        yield f"approvals.{approval}", decided, state.approvals[approval].state
    gates = _gates(world) if expected.gates else {}
    for gate, judged in expected.gates.items():
        yield f"gates.{gate}", judged, gates[gate]
    if expected.traffic is not None:
        yield "traffic", expected.traffic, world.traffic


def _gates(world: World) -> dict[str, str]:
    stages = run_change(world.run, world.processes).stages
    return {f"{stage.id}.{gate.key}": gate.state for stage in stages for gate in stage.gates}


def _people(world: World, expected: Expected) -> Iterator[tuple[str, str]]:
    if not expected.awaited and not expected.not_awaited:
        return
    awaited = {name for wait in all_waits(world.run, world.processes) for name in wait.who}
    shown = f"awaited: {', '.join(sorted(awaited)) or '—'}"
    for name in expected.awaited:
        if name not in awaited:
            yield f"awaited: {name}", shown
    for name in expected.not_awaited:
        if name in awaited:
            yield f"not_awaited: {name}", shown
