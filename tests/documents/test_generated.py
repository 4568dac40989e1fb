"""What pages are made of: the rows of a Gantt, their drawing, and the command tree."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from defusedxml.ElementTree import fromstring

from api.codes import CODES
from docs.generate import api_pages, library
from docs.generate.__main__ import generated, stage
from docs.generate.api_pages import Kinds
from docs.generate.command_page import commands, page
from docs.generate.gantt import Bar, bars
from docs.generate.gantt_svg import Scale, draw
from docs.generate.rendering import cell, code
from docs.generate.settings_page import described
from golive.calendar import Calendar
from golive.template_rollouts import SetWeight
from golive.words import Language
from tests.documents.reading import blocks

TEMPLATES = sorted(library.bundled().templates)
every_template = pytest.mark.parametrize("name", TEMPLATES)
every_language = pytest.mark.parametrize("language", ["en", "zh"])
MONDAY = datetime(2027, 3, 1, 9, tzinfo=UTC)


@every_template
@every_language
def test_the_gantt_shows_all_that_the_plan_foresees(name: str, language: Language) -> None:
    plan, foreseen = library.example(name)
    rows = bars(plan, foreseen, language)
    assert [row.title for row in rows if row.kind == "stage"] == [
        stage.title.in_language(language) for stage in plan.stages
    ]
    assert sum(row.kind == "task" for row in rows) == sum(len(stage.tasks) for stage in plan.stages)
    assert sum(row.kind == "approval" for row in rows) == sum(len(stage.approvals) for stage in plan.stages)
    weights = [
        step
        for stage in plan.stages
        if stage.rollout
        for step in stage.rollout.steps
        if isinstance(step, SetWeight)
    ]
    assert sum(row.kind == "traffic" for row in rows) >= len(weights)
    assert (min(row.start for row in rows), max(row.end for row in rows)) == (
        foreseen.start,
        foreseen.ends_at,
    )
    assert all(row.start <= row.end for row in rows)


@every_template
def test_what_happens_in_a_stage_lies_within_it(name: str) -> None:
    plan, foreseen = library.example(name)
    stage = None
    for row in bars(plan, foreseen, "en"):
        if row.kind == "stage":
            stage = row
        else:
            assert stage is not None
            assert stage.start <= row.start <= row.end <= stage.end


def test_traffic_waits_for_the_approval_before_it() -> None:
    plan, foreseen = library.example("grey-release")
    rows = bars(plan, foreseen, "en")
    (approval,) = (row for row in rows if row.kind == "approval")
    traffic = [row for row in rows if row.kind == "traffic"]
    assert traffic[0].start == approval.end
    assert [row.start for row in traffic[1:]] == [row.end for row in traffic[:-1]]


@every_template
@every_language
def test_the_drawing_is_well_formed_and_nothing_leaves_it(name: str, language: Language) -> None:
    plan, foreseen = library.example(name)
    rows = bars(plan, foreseen, language)
    drawn = fromstring(draw(rows, plan.calendar, "A <plan> & more", language))
    width, height = float(drawn.get("width", 0)), float(drawn.get("height", 0))
    assert "A <plan> & more" in "".join(drawn.itertext())
    boxes = [each for each in drawn.iter() if each.tag.endswith("}rect")]
    assert len(boxes) >= len(rows)
    for box in boxes:
        x, y, wide, high = (float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert wide > 0
        assert 0 <= x <= x + wide <= width + 0.2
        assert 0 <= y <= y + high <= height


def test_titles_do_not_reach_the_bars() -> None:
    row = Bar("task", "Ein " + "sehr " * 20 + "langer Titel", "business", MONDAY, MONDAY + timedelta(hours=1))
    drawn = draw([row], Calendar(always=True), "t", "en")
    assert "…" in drawn
    assert row.title in drawn  # the tooltip has it whole


@pytest.mark.parametrize(
    ("length", "ticks"),
    [
        (timedelta(hours=10), ["09:00", "12:00", "15:00", "18:00"]),
        (timedelta(days=2), ["12:00", "18:00", "00:00", "06:00", "12:00", "18:00", "00:00", "06:00"]),
    ],
)
def test_a_short_plan_is_read_in_hours(length: timedelta, ticks: list[str]) -> None:
    scale = Scale.around([Bar("task", "t", "qa", MONDAY, MONDAY + length)], ZoneInfo("UTC"))
    assert [f"{tick:%H:%M}" for tick in scale.ticks()] == ticks


def test_a_long_plan_is_read_in_days_then_in_weeks() -> None:
    week = Scale.around([Bar("task", "t", "qa", MONDAY, MONDAY + timedelta(days=6))], ZoneInfo("UTC"))
    assert [tick.day for tick in week.ticks()] == [1, 2, 3, 4, 5, 6, 7]
    month = Scale.around([Bar("task", "t", "qa", MONDAY, MONDAY + timedelta(days=27))], ZoneInfo("UTC"))
    assert [tick.day for tick in month.ticks()] == [1, 8, 15, 22]
    assert week.x(week.start) < week.x(MONDAY) < week.x(week.end)


def test_staging_again_touches_only_what_has_changed(tmp_path: Path) -> None:
    stage(tmp_path, "en")
    index, settings = tmp_path / "index.md", tmp_path / "operator" / "settings.md"
    assert "](operator/index.md)" in index.read_text(encoding="utf-8")
    (tmp_path / "gone.md").write_text("of an earlier version")
    index.write_text("changed by hand")
    before = settings.stat().st_mtime_ns
    stage(tmp_path, "en")
    assert not (tmp_path / "gone.md").exists()
    assert "changed by hand" not in index.read_text(encoding="utf-8")
    assert settings.stat().st_mtime_ns == before


def test_only_pages_of_templates_have_commands_to_run() -> None:
    """Those that test_pages.py runs."""
    assert {page.name for page in generated("en") if blocks(page.text)} == {
        f"templates/{name}.md" for name in TEMPLATES
    }


def test_every_command_is_on_the_page_with_its_options() -> None:
    told = page("en").text
    for path, command in commands():
        assert f"# {path}\n" in told, path
        for param in command.params:
            assert str(param.metavar or param.opts[0]) in told, (path, param.opts)


@every_language
def test_every_setting_says_what_it_may_be(language: Language) -> None:
    told = {each.name: each for each in described(language)}
    assert told["GOLIVE_TEMPORAL"].allowed == "`embedded`, `external`"
    assert told["GOLIVE_PORT"].allowed.endswith("≥ 1, ≤ 65535")
    assert all(each.allowed and each.meaning and each.default for each in told.values())


@every_language
def test_links_of_the_readmes_table_lead_on_from_the_page_of_settings(language: Language) -> None:
    told = {each.name: each.meaning for each in described(language)}
    assert "](monitoring.md)" in told["GOLIVE_PROMETHEUS_HOST"]
    assert "](postgresql.md)" in told["GOLIVE_DATABASE_URL"]


def test_a_route_says_who_may_what_to_send_what_comes_and_where_it_leads() -> None:
    (page,) = (page for page in api_pages.pages("en") if page.name == "reference/api/approvals.md")
    routes = {part.partition("\n")[0]: part for part in page.text.split("\n## ")}
    shown, decide = routes["GET /approvals/{approval_id}"], routes["POST /approvals/{approval_id}/decisions"]
    assert "Permission: `approver`." in decide
    sent, answered = re.findall(r"^```json\n(.*?)^```", decide, re.MULTILINE | re.DOTALL)
    assert json.loads(sent)["decision"] == "approved"
    assert json.loads(answered)["approval"]["id"]
    assert "`stale_subject`" in decide
    assert "- [`POST /approvals/{approval_id}/decisions`](#operation-decide" in shown


def test_every_problem_is_told_with_a_sentence() -> None:
    (page,) = (page for page in api_pages.pages("en") if page.name == "reference/api/problems.md")
    rows = set(re.findall(r"^\| (\d+) \| `(\w+)` \| \S", page.text, re.MULTILINE))
    assert rows == {(str(status), code) for status, known in CODES.items() for code in known}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"$ref": "#/components/schemas/RunShown"}, "[RunShown](#shape-runshown)"),
        ({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]}, "text (at most 9) or null"),
        ({"type": "array", "items": {"type": "integer", "minimum": 1}}, "list of whole number (at least 1)"),
        (
            {"type": "object", "additionalProperties": {"type": "boolean"}},
            "object of `true` or `false` by name",
        ),
        ({"enum": ["a", "b"]}, '`"a"`, `"b"`'),
        ({"type": "string", "format": "date-time"}, "time (RFC 3339)"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, object], told: str) -> None:
    assert Kinds("en").of(schema) == told


def test_a_cell_stays_one_cell() -> None:
    assert cell("a | b\nc") == "a \\| b c"
    assert code("a`b") == "``a`b``"
    assert code("") == ""
