"""Each effect of the rules is one activity, and what it reports goes back to the rules."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.notifying import Notifying
    from activities.reporting import Reporting
    from activities.superseding import Superseding
    from activities.traffic import Traffic
    from activities.watching import Watching
    from golive import rules
    from golive.effects import (
        Measure,
        Notify,
        ReturnTraffic,
        Shifted,
        ShiftTraffic,
        Supersede,
        Verdict,
        Watch,
        WriteReport,
    )
    from golive.names import WATCH_QUEUE
    from golive.run import Effect, Run
    from golive.stages import Processes
    from golive.words import N_, Sentence, say
    from workflows import options

Work = Coroutine[Any, Any, None]


async def perform(run: Run, effect: Effect, processes: Processes) -> None:
    """Carry out an effect and tell the rules what came of it."""
    match effect:
        case Notify():
            await _notify(run, effect)
        case ShiftTraffic():
            rules.shifted(run, effect, await _shift(run, effect), workflow.now(), processes)
        case ReturnTraffic():
            rules.returned(run, effect, await _return(effect), workflow.now(), processes)
        case Measure():
            measured = await workflow.execute_activity_method(
                Watching.measure, effect, summary=f"measure {effect.metric}", **options.MEASURE
            )
            rules.measured(run, effect, measured, workflow.now(), processes)
        case WriteReport():
            written = await workflow.execute_activity_method(
                Reporting.write_report, effect, summary=f"write the {effect.stage} report", **options.REPORT
            )
            rules.reported(run, effect, written, workflow.now(), processes)
        case Supersede():
            await workflow.execute_activity_method(
                Superseding.supersede, effect, summary=f"supersede run {effect.holder}", **options.SUPERSEDE
            )
        case Watch():
            raise AssertionError("a watch is started by `watch`")


async def _notify(run: Run, effect: Notify) -> None:
    """Tell people. A message that cannot be delivered never blocks a process: it is shown."""
    try:
        outcome = await workflow.execute_activity_method(
            Notifying.notify,
            effect,
            summary=f"tell {', '.join(effect.to)[:80]}: {effect.sentence}"[:200],
            **options.NOTIFY,
        )
    except ActivityError as failed:
        outcome = f"failed: {failed.cause}"
    rules.told(run, effect, outcome, workflow.now())


async def _shift(run: Run, effect: ShiftTraffic) -> Shifted:
    words = f"{effect.weight} % of {effect.service} to {effect.version}"
    try:
        return await workflow.execute_activity_method(
            Traffic.shift_traffic, effect, summary=words, **options.shift(run.plan.shift_timeout)
        )
    except ActivityError as failed:
        return Shifted(weight=run.state.weight, error=_cause(failed))


async def _return(effect: ReturnTraffic) -> Shifted:
    act = Traffic.confirm_stable if effect.confirm else Traffic.return_traffic
    words = f"{'confirm' if effect.confirm else 'return'} all traffic of {effect.service} on stable"
    return await workflow.execute_activity_method(act, effect, summary=words, **options.RETURN)


async def watch(run: Run, effect: Watch, processes: Processes) -> None:
    """Watch until a verdict; a watch that breaks is inconclusive, never healthy."""
    metrics = ", ".join(analysis.metric for analysis in effect.analyses)
    try:
        verdict = await workflow.execute_activity_method(
            Watching.watch_health,
            effect,
            task_queue=WATCH_QUEUE,
            summary=f"watch {metrics} of {effect.version}",
            **options.WATCH,
        )
    except ActivityError as failed:
        if is_cancelled_exception(failed):
            return
        verdict = Verdict(verdict="inconclusive", cause=_cause(failed))
    rules.watched(run, effect, verdict, workflow.now(), processes)


def _cause(failed: ActivityError) -> Sentence:
    return say(
        N_("{activity} failed: {cause}"), activity=failed.activity_type, cause=str(failed.cause or failed)
    )
