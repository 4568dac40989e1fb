"""Values that pass: what people hand in and connectors read in a rehearsal as long as its script says nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import ceil

from golive.analysis import OPPOSITE
from golive.evidence import (
    Evidence,
    File,
    Link,
    Metric,
    Remark,
    Signature,
    TestFacts,
    TestResult,
)
from golive.gates import COMPARE
from golive.plan import Plan
from golive.template import FactSource, Requirement
from golive.template_rollouts import Analysis
from golive.vocabulary import Compare
from golive.words import Words

Condition = tuple[Compare, float]
_STEP: Mapping[Compare, float] = {">": 1, "<": -1, "!=": 1}
_DIGEST = f"sha256:{'e' * 64}"
REMARK = "Done and looked at twice."


def passing(conditions: Iterable[Condition]) -> float:
    """Return a value that all conditions hold for: at a threshold, beside it, or between two; else the first's."""
    wanted = list(conditions)
    found = (value for value in _candidates(wanted) if all(COMPARE[c](value, t) for c, t in wanted))
    return next(found, next(_candidates(wanted)))


def _candidates(wanted: list[Condition]) -> Iterator[float]:
    thresholds = [threshold for _, threshold in wanted] or [0.0]
    yield from (threshold + _STEP.get(compare, 0) for compare, threshold in wanted)
    yield from thresholds
    yield from ((low + high) / 2 for low in thresholds for high in thresholds)
    yield from (threshold + step for threshold in thresholds for step in (1, -1))


def healthy(analysis: Analysis) -> float:
    """Return a value that the analysis of a rollout takes for healthy."""
    wanted = [] if analysis.success is None else [(analysis.success.compare, analysis.success.threshold)]
    if analysis.failure is not None:
        wanted.append((OPPOSITE[analysis.failure.compare], analysis.failure.threshold))
    return passing(wanted)


def conditions_on(plan: Plan, task: str) -> dict[str, list[Condition]]:
    """Return what the gates ask of each fact that a task brings."""
    found: dict[str, list[Condition]] = {}
    for check in (check for stage in plan.stages for gate in stage.gates for check in gate.checks):
        if isinstance(check.source, FactSource) and check.source.task == task:
            found.setdefault(check.source.fact, []).append((check.compare, check.threshold))
    return found


def tests_passing(conditions: Mapping[str, list[Condition]]) -> TestFacts:
    """Return the counts of a report in which as many tests as the gates ask for ran, and none failed."""
    wanted = [t for fact in ("tests", "passed") for _, t in conditions.get(fact, ())]
    return TestFacts(tests=max(1, *(ceil(t) + 1 for t in wanted), 1), failures=0, errors=0, skipped=0)


def shown_for(
    need: Requirement,
    conditions: Mapping[str, list[Condition]],
    facts: Mapping[str, float],
    tests: TestFacts | None,
    remark: Words,
) -> Evidence:
    """Return one piece of evidence of the kind that is required; `facts` and `tests` are what a script says."""
    match need.type:
        case "remark":
            return Remark(text=remark)
        case "file":
            return File(attachment_id="file", sha256=_DIGEST)
        case "link":
            return Link(url="https://example.com/evidence")
        case "metric":
            name = need.name or "value"
            return Metric(name=name, value=facts.get(name, _metric(need, conditions.get(name, []))))
        case "test_result":
            found = tests or tests_passing(conditions)
            return TestResult(attachment_id="report", sha256=_DIGEST, facts=found)
        case "signature":
            return Signature()


def _metric(need: Requirement, conditions: list[Condition]) -> float:
    """Return the template's example where it passes, else a value that does."""
    example = need.example
    if isinstance(example, int | float) and all(COMPARE[c](example, t) for c, t in conditions):
        return float(example)
    return passing(conditions)
