"""What people made of it: lessons, action items, comments; and how to check all this against the journal."""

from __future__ import annotations

from activities.report.document import Block, Cell, Code, Facts, Paragraph, Quote, Section, State, table
from activities.report.told import Told
from golive.words import N_, say


def lessons(told: Told) -> Section:
    """Tell what this run taught, what was agreed on, and what earlier runs had taught."""
    blocks: list[Block] = [Quote(lesson.text, lesson.by, lesson.at) for lesson in told.story.lessons]
    if not blocks:
        blocks.append(Paragraph(say(N_("No lesson was added."))))
    blocks.append(_actions(told))
    if told.run.plan.lessons:
        blocks.append(_shown(told))
    return Section("lessons", say(N_("Lessons and actions")), tuple(blocks))


def _actions(told: Told) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (
            action.text if action.text is not None else say(N_("(erased)")),
            action.owner,
            action.due_at,
            State("done" if action.closed_at else "open"),
            action.closed_by,
            action.closed_at,
        )
        for action in told.story.actions
    ]
    columns = (
        say(N_("action")),
        say(N_("owner")),
        say(N_("due")),
        say(N_("state")),
        say(N_("closed by")),
        say(N_("closed")),
    )
    return table(say(N_("Action items")), columns, rows, none=say(N_("No action was agreed on.")))


def _shown(told: Told) -> Block:
    rows: list[tuple[Cell, ...]] = [
        (lesson.text, lesson.by, lesson.at, Code(lesson.run_id)) for lesson in told.run.plan.lessons
    ]
    columns = (say(N_("lesson")), say(N_("by")), say(N_("time")), say(N_("run")))
    caption = say(N_("Lessons of earlier runs that were shown at the start"))
    return table(caption, columns, rows, none=caption)


def comments(told: Told) -> Section | None:
    """Tell what people said on the way; None where nobody did."""
    said = tuple(
        Quote(comment.text, comment.by, comment.at, told.title(comment.about) if comment.about else None)
        for comment in told.story.comments
    )
    return Section("comments", say(N_("Comments")), said) if said else None


def journal(told: Told) -> Section:
    """Tell up to which row of the journal this report goes, so that it can be checked."""
    events = told.story.events
    last = events[-1] if events else None
    facts = Facts(
        (
            (say(N_("rows")), len(events)),
            (say(N_("last row")), last.seq if last else None),
            (say(N_("its hash")), Code(last.hash) if last else None),
        )
    )
    how = say(N_("This report goes up to a row of the run's journal; golive audit verify checks its chain."))
    return Section("journal", say(N_("Journal")), (Paragraph(how), facts))
