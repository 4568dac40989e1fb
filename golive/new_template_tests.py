"""The tests of a new template: the happy path, a refusal, and a failure."""

from __future__ import annotations

from collections.abc import Iterator

from golive.analysis import OPPOSITE
from golive.gates import COMPARE
from golive.new_template_design import Design
from golive.new_template_yaml import scalar
from golive.rehearsal_values import passing
from golive.template_rollouts import Condition
from golive.words import N_, Translate


def tests_of(design: Design, note: Translate) -> Iterator[str]:
    """Yield the lines of the tests; `note` translates their names and comments."""
    yield "# " + note(N_("Played by `golive template test` in virtual time; nothing has to run."))
    yield "tests:"
    yield from _happy(note)
    yield ""
    yield from _refusal(design, note)
    yield ""
    yield from _bad_health(design, note) if design.is_watched else _no(design, note)


def _happy(note: Translate) -> Iterator[str]:
    yield from _steps(note(N_("everything goes well")))
    yield "      # " + note(
        N_("Everybody does what waits for them, and the time goes on, until nothing waits.")
    )
    yield "      - rest: done"
    yield "        expect: {run: completed}"


def _refusal(design: Design, note: Translate) -> Iterator[str]:
    yield from _steps(note(N_("who started the run does not sign")))
    yield _until_pending(design)
    yield f"      - approve: {design.signed.ref}"
    yield "        by: manager"
    yield "        refused: role_missing"


def _bad_health(design: Design, note: Translate) -> Iterator[str]:
    first = design.answers.watched[0]
    bad = _bad(first.good)
    weight = 5 if "grey-release" in design.stages else 100
    yield from _steps(note(N_("bad health brings all traffic back")))
    yield f"      - until: {{traffic: {weight}}}"
    yield f"      - measure: {{{scalar(first.metric)}: {bad!r}}}"
    yield "      - after: 10 minutes"
    yield "        expect: {run: rolling_back, traffic: 0}"
    yield "      - rest: done"
    yield "        expect: {run: aborted}"


def _no(design: Design, note: Translate) -> Iterator[str]:
    yield from _steps(note(N_("one no is enough")))
    yield _until_pending(design)
    yield f"      - reject: {design.signed.ref}"
    yield f"        expect: {{approvals: {{{design.signed.ref}: rejected}}}}"


def _steps(name: str) -> Iterator[str]:
    yield f"  - name: {scalar(name)}"
    yield "    steps:"


def _until_pending(design: Design) -> str:
    return f"      - until: {{approvals: {{{design.signed.ref}: pending}}}}"


def _bad(good: Condition) -> float:
    """Return a value that is not good: half or twice as much where that is enough."""
    near = (good.threshold / 2, good.threshold * 2)
    found = (value for value in near if not COMPARE[good.compare](value, good.threshold))
    return next(found, passing([(OPPOSITE[good.compare], good.threshold)]))
