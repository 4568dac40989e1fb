"""Pages speak of forms and pages: nobody who sees one is told of keys, bodies, methods and formats."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request

from api.attempts import attempt_of
from api.invalid import TIME, TIME_ZONE
from api.pages.visiting import Visit
from api.pages.wording import problem_of
from api.problems import unexpected_error
from api.refusals import body_too_large, busy, database_unavailable, engine_unavailable
from golive.commands import Actor
from golive.errors import GoliveError, Invalid, NotFound
from golive.words import Language
from tests.api.client import Client
from tests.api.team import Team
from tests.pages.approvals import asked
from tests.pages.reader import reading

OF_PROGRAMS = ("Idempotency-Key", "POST", "GET", "JSON", "RFC", "he body", "ASCII", "T14:05", "正文", "请求")
SPOKEN = [
    unexpected_error(),
    engine_unavailable(),
    busy(),
    database_unavailable(),
    body_too_large(1024 * 1024),
    NotFound("no_such_address", "There is nothing at {where}.", where="GET /runs/x"),
    Invalid("unknown_attachment", "upload the file with POST /attachments", id="x"),
    Invalid("idempotency_key_reused", "The Idempotency-Key {key} was used with another body.", key="x"),
    Invalid("invalid", TIME, field="due_at"),
    Invalid("invalid", TIME_ZONE, field="due_at"),
]


def visit(admin: Client, language: Language = "en") -> Visit:
    """Look at a page of a run, in Shanghai."""
    request = Request(
        {"type": "http", "method": "POST", "path": "/runs/x/hold", "headers": [], "query_string": b""}
    )
    return Visit(
        request=request,
        house=admin.app.state.house,
        language=language,
        zone=ZoneInfo("Asia/Shanghai"),
        now=datetime(2026, 11, 22, tzinfo=UTC),
        secret="none",
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("error", SPOKEN, ids=lambda error: str(error.code))
async def test_what_only_programs_see_is_not_spoken_of(
    admin: Client, error: GoliveError, language: Language
) -> None:
    told = problem_of(visit(admin, language), error)["detail"]
    assert [word for word in OF_PROGRAMS if word in told] == []
    assert "{" not in told


async def test_a_key_that_a_page_did_not_draw(admin: Client) -> None:
    here = visit(admin)
    with pytest.raises(Invalid) as refused:
        attempt_of(here.request, Actor(name="ann"), "", "")
    assert "Load it again" in problem_of(here, refused.value)["detail"]


async def test_moments_and_words_of_lists_are_those_of_the_reader(admin: Client) -> None:
    late = Invalid("start_time_invalid", "it lies in the past ({at})", at="2026-11-22T14:05:00+00:00")
    assert problem_of(visit(admin), late)["detail"] == "It lies in the past (2026-11-22 22:05)."
    state = Invalid(
        "invalid", "“{field}” must be one of: {expected}.", field="state", expected="held, running"
    )
    assert problem_of(visit(admin, "zh"), state)["detail"].endswith("已挂起、进行中。")


async def test_between_chinese_words_stand_chinese_marks(team: Team) -> None:
    go = await asked(team)
    places = ("/", "/runs?state=running", f"/runs/{go.run}", f"/runs/{go.run}/tasks", go.path, "/start/small")
    async with reading(team.admin.app, team.manager.token, "zh") as reader:
        for path in places:
            shown = await reader.look(path)
            words = shown.html.find("main")
            assert words is not None
            assert re.findall(r".{0,20}[\u4e00-\u9fff”）] ?[,:;] .{0,20}", words.get_text("")) == [], path
