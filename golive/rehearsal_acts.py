"""The acts of a test's script as commands, each with those who could give it, first who does where nobody is named."""

from __future__ import annotations

from golive import commands as c
from golive import rehearsal_steps as s
from golive.plan import Release
from golive.rehearsal_people import completed, decision, doers, signers, verifiers
from golive.rehearsal_script import Going
from golive.rehearsal_values import REMARK
from golive.rehearsal_world import World, words

Given = tuple[c.Body, list[str]]


def command_of(world: World, going: Going, step: s.Act) -> Given:
    """Return the command of an act, and who could give it, the first of whom does where nobody is named."""
    given = _on_task(world, step) or _on_approval(world, step)
    return given or (_of_the_manager(world, going, step), [world.plan.release_manager])


def _on_task(world: World, step: s.Act) -> Given | None:
    match step:
        case s.Complete():
            return completed(world, step), doers(world, step.complete)
        case s.Start():
            return c.StartTask(task=step.start), doers(world, step.start)
        case s.Verify():
            remark = words(step.reason)
            body = c.VerifyTask(task=step.verify, result=step.result, remark=remark)
            return body, verifiers(world, step.verify)
        case s.Block():
            return c.BlockTask(task=step.block, reason=words(step.reason)), doers(world, step.block)
        case s.NotApplicable():
            task = step.not_applicable
            return c.SetNotApplicable(task=task, reason=words(step.reason)), doers(world, task)
        case _:
            return None


def _on_approval(world: World, step: s.Act) -> Given | None:
    match step:
        case s.Approve():
            return decision(world, step.approve, "approved", step.comment), signers(world, step.approve)
        case s.Reject():
            return decision(world, step.reject, "rejected", step.comment), signers(world, step.reject)
        case s.SendBack():
            body = decision(world, step.send_back, "returned", step.comment, step.to)
            return body, signers(world, step.send_back)
        case _:
            return None


def _of_the_manager(world: World, going: Going, step: s.Act) -> c.Body:
    match step:
        case s.Reopen():
            return c.ReopenTask(task=step.reopen, reason=words(step.reason))
        case s.Reassign():
            to = world.actor(step.to) if step.to else None
            return c.ReassignTask(task=step.reassign, to=to, reason=words(REMARK))
        case s.Build():
            release = release_of(going, step.build, step.authors)
            return c.NewBuild(release=release, reason=words(step.reason))
        case s.Lesson():
            return c.AddLesson(text=words(step.lesson))
        case s.Hold():
            return c.Hold(reason=words(step.hold))
        case _:
            return _of_the_run(step)


def _of_the_run(step: s.Act) -> c.Body:
    match step:
        case s.Promote():
            return c.Promote(reason=words(step.promote))
        case s.PromoteFull():
            return c.PromoteFull(reason=words(step.promote_full))
        case s.Retry():
            return c.RetryRollout(reason=words(step.retry))
        case s.Resume():
            return c.Resume(reason=words(step.resume))
        case s.Abort():
            return c.Abort(reason=words(step.abort))
        case s.Rollback():
            return c.Rollback(reason=words(step.rollback))
        case _:
            raise AssertionError(f"no command for {type(step).__name__}")


def release_of(going: Going, version: str | None = None, authors: tuple[str, ...] | None = None) -> Release:
    """Return the release that goes live in a test, or another build of it."""
    named = version or going.version
    return Release.model_validate(
        {
            "service": going.service,
            "version": named,
            "environment": going.environment,
            "artifacts": [{"name": going.service, "digest": f"sha256:{named.encode().hex()[:64]:0<64}"}],
            "authors": going.authors if authors is None else authors,
        }
    )
