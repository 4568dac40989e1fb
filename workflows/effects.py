"""Each effect of the rules is one activity, and what it reports goes back to the rules."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.looking_up import LookingUp
    from activities.notifying import Notifying
    from activities.reporting import Reporting
    from activities.superseding import Superseding
    from activities.traffic import Traffic
    from activities.watching import Watching
    from golive import rules
    from golive.effects import (
        LookUp,
        Measure,
        Measured,
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
    from workflows.display import brief

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
            rules.measured(run, effect, await _measure(effect), workflow.now(), processes)
        case LookUp():
            found = await workflow.execute_activity_method(
                LookingUp.look_up,
                effect,
                summary=brief(f"look up who can sign {effect.approval}: {_WHY[effect.why]}"),
                **options.LOOK_UP,
            )
            rules.looked(run, effect, found, workflow.now(), processes)
        case WriteReport():
            written = await workflow.execute_activity_method(
                Reporting.write_report,
                effect,
                summary=brief(f"write the {effect.stage} report"),
                **options.REPORT,
            )
            rules.reported(run, effect, written, workflow.now(), processes)
        case Supersede():
            await workflow.execute_activity_method(
                Superseding.supersede,
                effect,
                summary=brief(f"supersede run {effect.holder}"),
                **options.SUPERSEDE,
            )
        case Watch():
            raise AssertionError("a watch is started by `watch`")


_WHY = {
    "ask": "decisions are asked for now",
    "again": "decisions are awaited for some time",
    "open": "it would let the run go on now",
}


async def _notify(run: Run, effect: Notify) -> None:
    """Tell people. A message that cannot be delivered never blocks a process: it is shown.

    Nothing is done with one that was taken back before it was sent.
    """
    if not (effect.to or effect.quietly):
        return
    try:
        outcome = await workflow.execute_activity_method(
            Notifying.notify,
            effect,
            summary=brief(f"tell {', '.join(effect.to)[:80]}: {effect.sentence}"),
            **options.NOTIFY,
        )
    except ActivityError as failed:
        outcome = f"failed: {failed.cause}"
    rules.told(run, effect, outcome, workflow.now())


async def _shift(run: Run, effect: ShiftTraffic) -> Shifted:
    words = f"{effect.weight} % of {effect.service} to {effect.version}"
    try:
        return await workflow.execute_activity_method(
            Traffic.shift_traffic, effect, summary=brief(words), **options.shift(run.plan.shift_timeout)
        )
    except ActivityError as failed:
        return Shifted(weight=run.state.weight, error=_cause(failed))


async def _return(effect: ReturnTraffic) -> Shifted:
    act = Traffic.confirm_stable if effect.confirm else Traffic.return_traffic
    words = f"{'confirm' if effect.confirm else 'return'} all traffic of {effect.service} on stable"
    return await workflow.execute_activity_method(act, effect, summary=brief(words), **options.RETURN)


async def _measure(effect: Measure) -> Measured:
    """Measure for a gate. A measurement that breaks is an error of its check, which is then measured again."""
    try:
        return await workflow.execute_activity_method(
            Watching.measure, effect, summary=brief(f"measure {effect.metric}"), **options.MEASURE
        )
    except ActivityError as failed:
        return Measured(at=workflow.now(), error=_cause(failed))


async def watch(run: Run, effect: Watch, processes: Processes) -> None:
    """Watch until a verdict; a watch that breaks is inconclusive, never healthy."""
    metrics = ", ".join(analysis.metric for analysis in effect.analyses)
    try:
        verdict = await workflow.execute_activity_method(
            Watching.watch_health,
            effect,
            task_queue=WATCH_QUEUE,
            summary=brief(f"watch {metrics} of {effect.version}"),
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
