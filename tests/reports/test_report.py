"""What a report says, and that it says the same in every language and format."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from typing_extensions import override

from activities.report.composing import compose
from activities.report.document import Document, Paragraph, Section, Table
from activities.report.formats import escape_markdown
from activities.report.rendering import FORMATS, LANGUAGES, render
from activities.report.times import spent_on, stage_spans
from activities.report.told import Told
from activities.report.waits import waits_of
from activities.reporting import Reporting
from db.measurements import add_measurement
from db.reports import get_report
from db.session import Database
from db.story import Story, story_of
from golive import commands as c
from golive import rules
from golive.canonical import digest
from golive.effects import WriteReport
from golive.errors import NotFound
from golive.words import Sentence
from tests.reports.played import HOSTILE, begun, completed, keep, plan, rolled_back
from tests.rules.plans import make_plan, task
from tests.rules.world import World, words
from workflows.go_live import PROCESSES


async def story(world: World, database: Database) -> Story:
    await keep(world, database)
    async with database.reading() as session:
        return await story_of(session, "r1")


def section(document: Document, key: str) -> Section:
    return next(part for part in document.sections if part.key == key)


def rows(document: Document, key: str, caption: str) -> list[dict[str, object]]:
    """Return a table as dicts by column; sentences in English."""
    blocks = section(document, key).blocks
    found = next(block for block in blocks if isinstance(block, Table) and str(block.caption) == caption)
    names = [str(column) for column in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


async def test_a_report_tells_the_run(database: Database) -> None:
    document = compose(await story(completed(), database), "draft", None)

    stages = rows(document, "times", "Stages")
    assert [row["opened"] is not None for row in stages] == [True] * 4
    assert stages[0]["actual length"] == timedelta(hours=33, minutes=20)

    decisions = rows(document, "decisions", "Decisions")
    assert [row["who"] for row in decisions] == ["ops1", "ops1", "qa3"]
    assert [str(row["stands"]) for row in decisions] == ["no, stale", "yes", "yes"]
    assert decisions[0]["on digest"] != decisions[1]["on digest"] == decisions[2]["on digest"]
    assert decisions[2]["after"] == timedelta(days=2, hours=3)
    assert decisions[0]["comment"] == HOSTILE
    assert len(rows(document, "decisions", "Decisions that became stale")) == 1

    (check,) = rows(document, "gates", "Checks")
    assert (check["value"], check["wanted"]) == (1.0, ">= 0.95")
    changes = [row["value"] for row in rows(document, "gates", "How they changed")]
    assert [value for value in changes if value is not None] == [0.8, 0.99, 1.0]
    (alert,) = rows(document, "alerts", "Alerts")
    assert str(alert["why"]) == "0.8 is not >= 0.95"

    moves = rows(document, "traffic", "Traffic")
    assert [row["new version, %"] for row in moves if row["new version, %"] is not None] == [5, 50, 100]
    (promoted,) = [row for row in moves if str(row["what"]) == "promoted"]
    assert (promoted["who"], promoted["why"]) == ("rm", "looks good")

    builds = rows(document, "release", "Builds")
    assert [(row["version"], row["reason"]) for row in builds] == [("1.0.0", None), ("1.0.1", "a late fix")]
    (hold,) = rows(document, "interruptions", "Holds")
    assert (hold["length"], hold["why"]) == (timedelta(hours=1), "the road is icy")
    assert all(
        row["delivery"] is not None for row in rows(document, "interruptions", "Reminders and escalations")
    )
    (action,) = rows(document, "lessons", "Action items")
    assert (action["owner"], action["action"]) == ("dev2", "automate the road")
    assert "back-out" not in {part.key for part in document.sections}


async def test_every_moment_of_a_stage_counts_once(database: Database) -> None:
    its = await story(completed(), database)
    told = Told(its, "draft", None)
    waits = waits_of(its.run, its.events, told.until)
    for stage, spans in stage_spans(told).items():
        whole = sum((end - start for start, end in spans), timedelta())
        spent = dict(spent_on([wait for wait in waits if wait.stage in (stage, None)], spans))
        assert sum(spent.values(), timedelta()) <= whole
        if stage == "sign-off":
            assert spent["hold"] == timedelta(hours=1)
            assert spent["approval"] == whole - spent["hold"]
        if stage == "grey":
            assert spent["promote"] == timedelta(minutes=15)
            assert spent["clock"] == timedelta(minutes=10)


async def test_a_rollback_is_told_with_its_cause_and_its_length(database: Database) -> None:
    document = compose(await story(rolled_back(), database), "final", "aborted")
    said = [str(block.said) for block in section(document, "outcome").blocks if isinstance(block, Paragraph)]
    assert said[0].startswith("The run was aborted: Grey release is unhealthy")
    way = rows(document, "back-out", "The way back")
    assert [str(row["what"]) for row in way] == [
        "rollback started",
        "traffic returned to stable",
        "stable read back once more",
    ]
    (back_out,) = rows(document, "back-out", "Back-out tasks")
    assert back_out["done by"] == "dev1"
    assert [row["opened"] is None for row in rows(document, "times", "Stages")] == [False, False, False, True]


async def test_a_rollout_without_metrics_says_so(database: Database) -> None:
    bare = {
        "id": "grey",
        "process": "grey_release",
        "title": "Grey release",
        "rollout": {"steps": [{"do": "set_weight", "weight": 100}, {"do": "pause"}], "metrics": False},
    }
    document = compose(await story(begun(make_plan(bare)), database), "draft", None)
    assert any(
        isinstance(block, Paragraph) and block.tone == "warning" and "without metrics" in str(block.said)
        for block in section(document, "outcome").blocks
    )


async def test_four_documents_are_kept_under_one_digest(database: Database) -> None:
    world = completed()
    await keep(world, database)
    order = WriteReport(key="k", run_id="r1", stage="draft")
    written = await Reporting(database).write_report(order)
    again = await Reporting(database).write_report(order)
    assert written == again
    async with database.reading() as session:
        kept = {
            f"{language}.{form}": (await get_report(session, "r1", language=language, format=form)).digest
            for language in LANGUAGES
            for form in FORMATS
        }
    assert written.digest == digest(kept)
    assert len(set(kept.values())) == 4


async def test_the_final_report_takes_the_place_of_the_draft(database: Database) -> None:
    world = completed()
    await keep(world, database)
    reporting = Reporting(database)
    await reporting.write_report(WriteReport(key="k1", run_id="r1", stage="draft"))
    world.act(c.CompleteTask(task="review.lessons", remark=words("read")), "dev1")
    await keep(world, database)
    await reporting.write_report(WriteReport(key="k2", run_id="r1", stage="final", outcome="completed"))
    async with database.reading() as session:
        shown = await get_report(session, "r1", language="en", format="md")
    assert shown.kind == "final"
    assert "The release is live: the run completed." in shown.content


async def test_an_unknown_run_has_no_report(database: Database) -> None:
    with pytest.raises(NotFound, match="There is no run r9"):
        await Reporting(database).write_report(WriteReport(key="k", run_id="r9", stage="draft"))


class Page(HTMLParser):
    """Collects what a browser would act on, and whether tags are closed in order."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.stack: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in self.VOID:
            self.stack.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
async def test_html_stands_alone_and_peoples_text_is_only_text(database: Database, language: str) -> None:
    document = compose(await story(completed(), database), "draft", None)
    page = Page()
    page.feed(written := render(document, "zh" if language == "zh" else "en", "html"))
    assert page.stack == []
    assert not page.tags & {"script", "link", "img", "iframe", "form", "object", "b"}
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert all(link.startswith(("#", "https://wiki.example/")) for link in page.links)
    assert HOSTILE in page.text
    assert "49" not in re.findall(r"cell (\S+)", page.text)
    assert written.count("<caption>") == written.count("<table>")
    assert '<th scope="col">' in written


@pytest.mark.parametrize("language", LANGUAGES)
async def test_markdown_shows_peoples_text_letter_by_letter(database: Database, language: str) -> None:
    document = compose(await story(completed(), database), "draft", None)
    shown = (
        MarkdownIt("commonmark")
        .enable("table")
        .render(render(document, "zh" if language == "zh" else "en", "md"))
    )
    page = Page()
    page.feed(shown.replace("<br>", " ").replace("&lt;br&gt;", " "))
    assert not page.tags & {"script", "a", "img", "strong", "em", "b"}
    assert HOSTILE in page.text
    headings = page.text.count("heading")
    assert headings == HOSTILE.count("heading") * page.text.count("**bold**")
    tables = sum(isinstance(block, Table) for part in document.sections for block in part.blocks)
    assert shown.count("<table>") == tables


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1. first", "1\\. first"),
        ("- a", "\\- a"),
        ("1.0.1", "1.0.1"),
        ("---", "\\---"),
        ("a_b*c", "a\\_b\\*c"),
        ("x\u202ey", "xy"),
    ],
)
def test_markdown_is_escaped_no_more_than_needed(text: str, written: str) -> None:
    assert escape_markdown(text) == written


async def test_every_sentence_of_a_report_can_be_told_in_chinese(database: Database) -> None:
    document = compose(await story(completed(), database), "final", "completed")
    english, chinese = render(document, "en", "md"), render(document, "zh", "md")
    for part in document.sections:
        assert isinstance(part.title, Sentence)
        assert f"## {part.title}\n" in english
        assert f"## {part.title}\n" not in chinese
    assert english.count("\n") == chinese.count("\n")


async def test_a_run_of_a_thousand_tasks_is_told_whole(database: Database) -> None:
    tasks = [task(f"t{n}", needs=[f"uat.t{n - 1}"] if n % 10 else []) for n in range(1000)]
    stage = {"id": "uat", "process": "uat", "title": "UAT", "tasks": tasks}
    world = begun(make_plan(stage, calendar=plan().calendar))
    for n in range(1000):
        done = world.command(c.CompleteTask(task=f"uat.t{n}", remark=words(f"done {n}")), "qa1")
        rules.apply(world.run, done, world.now, PROCESSES)
        world.now += timedelta(minutes=1)
    world.follow()
    await keep(world, database)
    await Reporting(database).write_report(WriteReport(key="k", run_id="r1", stage="draft"))
    async with database.reading() as session:
        shown = await get_report(session, "r1", language="en", format="md")
    assert shown.content.count("done 9") == 111


async def test_measurements_are_told_by_step_and_attempt(database: Database) -> None:
    world = completed()
    await keep(world, database)
    async with database.transaction() as session:
        for n, (step, value) in enumerate([(1, 0.991), (3, 0.97), (3, 0.999)]):
            await add_measurement(
                session,
                key=f"r1/grey/0/{step}",
                metric="success_rate",
                n=n,
                value=value,
                outcome="failed" if value < 0.99 else "successful",
                at=world.now,
            )
    document = compose(await story(world, database), "draft", None)
    first, second = rows(document, "traffic", "Measurements")
    assert (str(first["step"]), first["measured"], first["failed"]) == (
        "step 2: pause until a person promotes",
        1,
        0,
    )
    assert (second["measured"], second["failed"], second["lowest"], second["last"]) == (2, 1, 0.97, 0.999)
