"""How the command line speaks with the API when all is not well: once per key, patiently, in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from tests.cli.faulty import Said, serving
from tests.cli.processes import free_ports

RECEIPT = {"run_id": "r1", "command_id": "c", "seq": 7, "hash": "abc", "state": "held"}
AWAY = Said(503, {"detail": "The engine did not answer in time."}, {"Retry-After": "0"})
REFUSED = Said(409, {"detail": "Run r1 is completed.", "code": "run_ended"})


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOLIVE_HOME", str(tmp_path))
    monkeypatch.setenv("GOLIVE_TOKEN", "t")
    monkeypatch.delenv("GOLIVE_URL", raising=False)
    monkeypatch.setattr("cli.client.BETWEEN_TRIES", 0.01)


def golive(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_an_act_is_sent_again_with_its_key_until_its_outcome_is_known() -> None:
    with serving(AWAY, Said(0), Said(200, RECEIPT)) as api:
        done = golive("hold", "r1", "--reason", "wait", "--url", api.url)
    assert done.exit_code == 0, done.stderr
    assert "Recorded as no. 7" in done.stdout
    assert len(api.asked) == 3
    assert len(api.keys) == 1
    assert None not in api.keys
    assert "did not answer in time. Trying again in 1 s, with the same key." in one_line(done.stderr)
    assert "The connection was lost" in one_line(done.stderr)


def test_an_act_whose_outcome_stays_unknown_says_how_to_go_on() -> None:
    with serving(AWAY) as api:
        done = golive("hold", "r1", "-r", "wait", "--url", api.url, "--key", "k1", "--patience", "0.05")
    assert done.exit_code == 1
    assert "Try again later with --key k1 added to the same command" in one_line(done.stderr)
    assert api.keys == {"k1"}
    assert done.stdout == ""


def test_two_acts_have_two_keys() -> None:
    with serving(Said(200, RECEIPT)) as api:
        golive("hold", "r1", "-r", "a", "--url", api.url)
        golive("hold", "r1", "-r", "a", "--url", api.url)
    assert len(api.keys) == 2


def test_a_refusal_is_its_sentence_and_is_not_sent_again() -> None:
    with serving(REFUSED) as api:
        done = golive("resume", "r1", "-r", "on", "--url", api.url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert one_line(done.stderr) == "Run r1 is completed."
    assert len(api.asked) == 1


def test_the_places_of_a_wrong_template_are_lines_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: x")
    error = {"file": "mine.yaml", "line": 3, "path": "stages[0]", "message": "unknown key “task”"}
    other = {**error, "line": 9, "path": "stages[1]"}
    with serving(Said(422, {"detail": "Wrong.", "errors": [error, other]})) as api:
        done = golive("template", "publish", str(file), "--url", api.url)
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "Wrong.",
        "  mine.yaml:3: stages[0]: unknown key “task”",
        "  mine.yaml:9: stages[1]: unknown key “task”",
    ]
    assert json.loads(api.asked[0].body) == {"source": "name: x", "file": "mine.yaml"}


REPLACING = {"name": "uat", "kind": "template", "version": 2, "changed": True}


@pytest.mark.parametrize(
    ("words", "answer", "told"),
    [
        (["template"], REPLACING, ["a template “uat”: version 2, just published, is the next version of it"]),
        (["template"], {**REPLACING, "changed": False}, []),
        (["template"], {**REPLACING, "name": "mine"}, []),
        (
            ["checklist"],
            {**REPLACING, "name": "way-back", "kind": "checklist"},
            ["a checklist “way-back”: version 2, just published, is the next version of it"],
        ),
        (
            ["template", "--json"],
            {"items": [REPLACING, {**REPLACING, "name": "mine"}, {**REPLACING, "name": "review-facts"}]},
            ["a template “uat”"],
        ),
    ],
)
def test_who_replaces_what_golive_comes_with_is_warned_beside_the_answer(
    tmp_path: Path, words: list[str], answer: dict[str, Any], told: list[str]
) -> None:
    (tmp_path / "a.yaml").write_text("name: uat")
    kind, *options = words
    with serving(Said(201, answer)) as api:
        where = tmp_path if "items" in answer else tmp_path / "a.yaml"
        done = golive(kind, "publish", str(where), "--url", api.url, *options)
    assert done.exit_code == 0, done.stderr
    assert "comes with" not in done.stdout
    warnings = done.stderr.splitlines()
    assert len(warnings) == len(told)
    for line, sentence in zip(warnings, told, strict=True):
        assert line.startswith("golive comes with " + sentence)


def test_one_thing_that_is_wrong_is_told_once() -> None:
    with serving(Said(422, {"detail": "Wrong.", "errors": [{"message": "Wrong."}]})) as api:
        assert golive("list", "--url", api.url).stderr.splitlines() == ["Wrong."]


@pytest.mark.parametrize("words", [["list"], ["hold", "r1", "-r", "x"]])
def test_nobody_listens(words: list[str]) -> None:
    (port,) = free_ports(1)
    done = golive(*words, "--url", f"http://127.0.0.1:{port}")
    assert done.exit_code == 1
    assert f"golive does not answer at http://127.0.0.1:{port}" in one_line(done.stderr)
    assert "`make up`" in done.stderr


def test_something_else_listens() -> None:
    with serving(Said(404, "<html>nginx</html>")) as other:
        done = golive("list", "--url", other.url)
    assert done.exit_code == 1
    assert "answered 404 and not with a problem document; is golive at this address?" in one_line(done.stderr)


@pytest.mark.parametrize("url", ["ftp://x", "http://[", "nonsense"])
def test_an_address_that_is_none(url: str) -> None:
    done = golive("list", "--url", url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert url in done.stderr
    assert "Traceback" not in done.stderr


def test_json_is_exactly_what_the_api_wrote() -> None:
    written = '{"items":[{"id":"r1","title":"[red]灰度\\u001b"}],  "next_cursor":null}'
    with serving(Said(200, written)) as api:
        done = golive("list", "--json", "--url", api.url)
    assert done.stdout == written + "\n"


def test_what_people_wrote_cannot_steer_the_terminal() -> None:
    run = {"id": "r1", "title": "[red]灰度\x1b[2J\x07", "state": "running", "service": "s", "version": "1"}
    with serving(Said(200, {"items": [run], "next_cursor": "c2"})) as api:
        done = golive("list", "--url", api.url)
    assert "[red]灰度[2J" in done.stdout
    assert "\x1b" not in done.stdout
    assert "--cursor c2" in done.stdout


@pytest.mark.parametrize("written", ["灰度", "two words", "line\nbreak"])
def test_what_can_be_no_token_is_refused_before_anything_is_sent(written: str) -> None:
    done = golive("list", "--url", "http://127.0.0.1:1", "--token", written)
    assert done.exit_code == 1
    assert "--token holds is no token" in done.stderr


def test_whose_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other, kept = tmp_path / "ann", tmp_path / "admin.token"
    other.write_text("ann-token\n")
    kept.write_text("admin-token\n")

    def sent(*words: str) -> tuple[str, str]:
        with serving(Said(200, {"items": [], "next_cursor": None})) as api:
            done = golive("list", "--url", api.url, *words)
        assert done.exit_code == 0
        return api.asked[0].headers["authorization"], done.stderr

    assert sent("--token", "given")[0] == "Bearer given"
    assert sent("--as", str(other)) == ("Bearer ann-token", "")
    assert sent() == ("Bearer t", "")
    monkeypatch.delenv("GOLIVE_TOKEN")
    bearer, said = sent()
    assert bearer == "Bearer admin-token"
    assert "Acting with the token of" in said
    kept.unlink()
    done = golive("list", "--url", "http://127.0.0.1:1")
    assert done.exit_code == 1
    assert "No token: set GOLIVE_TOKEN" in done.stderr


def test_doctor_names_the_remedy_of_what_is_away() -> None:
    (port,) = free_ports(1)
    away = golive("doctor", "--url", f"http://127.0.0.1:{port}")
    assert away.exit_code == 1
    assert "✗  api" in away.stdout
    assert "`make up`" in away.stdout
    up, down = {"state": "up", "detail": None}, {"state": "down", "detail": "nobody asks for work"}
    ended = {"state": "down", "detail": "it has ended"}
    parts = {"database": up, "engine": up, "worker": down, "news": ended}
    with serving(Said(200, {"state": "degraded", **parts})) as api:
        done = golive("health", "--url", api.url)
    assert done.exit_code == 1
    assert "✓  engine" in done.stdout
    assert "✗  worker    nobody asks for work" in done.stdout
    assert "worker.log" in done.stdout
    assert "✗  news      it has ended" in done.stdout
    assert "until the API is started again" in " ".join(done.stdout.split())


def test_wrong_use_is_exit_code_2() -> None:
    for words in (["hold", "r1"], ["nonsense"], ["task", "verify", "t1", "maybe"], ["list", "--limit", "x"]):
        assert golive(*words).exit_code == 2
