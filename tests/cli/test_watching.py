"""A run is followed by its stream: nothing is asked until there is news, and what breaks off is taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from tests.cli.faulty import Faulty, Said, serving

RUNNING, COMPLETED = (
    Said(200, {"id": "r1", "state": "running"}),
    Said(200, {"id": "r1", "state": "completed"}),
)
NOBODY = Said(404, {"detail": "There is no run r1.", "code": "unknown_run"})


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOLIVE_HOME", str(tmp_path))
    monkeypatch.setenv("GOLIVE_TOKEN", "t")
    monkeypatch.setattr("cli.watching.AGAIN", 0.01)


def events(*seqs: int) -> Said:
    items: list[Any] = [{"seq": seq, "type": "TaskOpened", "summary": f"no. {seq}"} for seq in seqs]
    return Said(200, {"items": items, "next_cursor": None})


def stream(*seqs: int) -> Said:
    told = "".join(f"event: journal\nid: {seq}\ndata: {{}}\n\n" for seq in seqs)
    return Said(200, ": alive\n\n" + told, {"Content-Type": "text/event-stream"})


def watched(api: Faulty) -> tuple[Result, list[int], list[str]]:
    """Follow the run; return what came of it, the numbers that were told, and the paths that were asked for."""
    done = CliRunner().invoke(app, ["watch", "r1", "--json", "--url", api.url])
    told = [json.loads(line)["seq"] for line in done.stdout.splitlines()]
    return done, told, [asked.path.removeprefix("/api/v1/runs/r1") for asked in api.asked]


def test_the_stream_wakes_and_what_was_read_already_wakes_nobody() -> None:
    with serving(RUNNING, RUNNING, events(1), stream(1, 2), COMPLETED, events(2)) as api:
        done, told, asked = watched(api)
    assert (done.exit_code, told) == (0, [1, 2]), done.stderr
    assert asked == ["", "", "/events?after=0", "/stream?after=1", "", "/events?after=1"]


def test_a_run_that_ends_between_two_reads_is_read_again() -> None:
    """The run is read before its events: so its end may be among these while it was still running when it was read."""
    end = Said(200, {"items": [{"seq": 2, "type": "RunCompleted", "summary": "over"}], "next_cursor": None})
    with serving(RUNNING, RUNNING, end, COMPLETED, events()) as api:
        done, told, asked = watched(api)
    assert (done.exit_code, told) == (0, [2]), done.stderr
    assert asked == ["", "", "/events?after=0", "", "/events?after=2"], (
        "no news would wake who waited for them"
    )


@pytest.mark.parametrize("broken", [Said(0), Said(503, {"detail": "Nobody hears of news."}), stream()])
def test_a_stream_that_breaks_off_is_taken_up_again(broken: Said) -> None:
    with serving(RUNNING, RUNNING, events(1), broken, COMPLETED, events(2)) as api:
        done, told, _asked = watched(api)
    assert (done.exit_code, told) == (0, [1, 2]), done.stderr


def test_a_golive_that_is_away_is_told_of_once_and_waited_for() -> None:
    away = Said(503, {"detail": "The database did not answer in time."})
    with serving(RUNNING, away, away, away, away, COMPLETED, events(1)) as api:
        done, told, _asked = watched(api)
    assert (done.exit_code, told) == (0, [1])
    assert done.stderr.count("did not answer in time") == 1


def test_a_run_that_nobody_knows_is_not_waited_for() -> None:
    with serving(NOBODY) as api:
        done, told, asked = watched(api)
    assert (done.exit_code, told, asked) == (1, [], [""])
    assert "There is no run r1." in done.stderr
