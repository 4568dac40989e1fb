"""Each template that golive comes with is played to its end on a whole golive, by people who know none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.language import ROOT
from demo.acts import connection
from demo.people import Cast, Playing, administrator, invite
from tests.cli.processes import environment
from tests.cli.whole import Whole, up
from tests.several.test_several import RELEASE

pytestmark = [pytest.mark.e2e, pytest.mark.proof, pytest.mark.timeout(400), pytest.mark.xdist_group("up")]

TEMPLATES = sorted(
    file.stem
    for file in (ROOT / "templates" / "processes").glob("*.yaml")
    if not file.name.endswith(".test.yaml")
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with up(environment(tmp_path_factory.mktemp("templates") / "home")) as running:
        yield running


def test_these_are_all_that_golive_comes_with(whole: Whole) -> None:
    assert len(TEMPLATES) == 9
    assert [each["name"] for each in whole.answer("template", "list")["items"]] == TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
async def test_a_template_is_played_to_its_end(name: str, whole: Whole) -> None:
    async with connection(whole.url) as http:
        admin = administrator(http, (Path(whole.env["GOLIVE_HOME"]) / "admin.token").read_text().strip())
        cast = await invite(admin)
        run = await Playing(cast, await started(cast, name)).to_the_end(within=300)
        assert run["state"] == "completed"
        assert {stage["state"] for stage in run["stages"]} == {"passed"}
        assert {task["state"] for task in run["tasks"]} <= {"done", "locked"}, "what rolls back stays locked"
        assert {approval["state"] for approval in run["approvals"]} <= {"approved"}
        report = await cast.manager.read(f"/runs/{run['id']}/report")
        assert f"{name} 1.4.0" in report.text
        seqs = [event["seq"] async for event in admin.items(f"/runs/{run['id']}/events")]
        assert seqs == list(range(seqs[0], run["seq"] + 1)), "the journal has each event once, to the last"
        assert (await admin.get("/audit/verify"))["ok"]


async def started(cast: Cast, name: str) -> str:
    """Start a run of a template, at the pace of a demo, for a service of its own."""
    body = {
        "template": name,
        "release": {**RELEASE, "service": name},
        "people": cast.functions,
        "parameters": {"pace": "demo"},
    }
    return str((await cast.manager.act("/runs", body))["id"])
