"""Templates are begun, described and tested on the command line alone: no API, no network, nothing overwritten."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from cli.app import app
from cli.language import ROOT
from golive.yaml_reader import read_yaml

AWAY = {"GOLIVE_URL": "http://127.0.0.1:1", "GOLIVE_TOKEN": None}


def golive(*words: str) -> Result:
    return CliRunner().invoke(app, ["template", *words], env=AWAY)


def told(done: Result) -> str:
    assert "Traceback" not in done.output
    return " ".join(done.stderr.split())


def test_a_new_template_with_its_tests_and_its_schema(tmp_path: Path) -> None:
    done = golive(
        "new", "shop", "--title", "Shop", "--title-zh", "商城", "--schema", "--folder", str(tmp_path)
    )
    assert done.exit_code == 0, done.output
    text = (tmp_path / "shop.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=template.schema.json\n")
    assert 'title: {en: "Shop", zh: "商城"}' in text
    schema = json.loads((tmp_path / "template.schema.json").read_text(encoding="utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(read_yaml("shop.yaml", text).content))
    played = golive("test", str(tmp_path))
    assert (played.exit_code, "3 passed, 0 failed, 0 files with mistakes" in played.stdout) == (0, True)
    again = golive("new", "cart", "--schema", "--folder", str(tmp_path))
    assert (again.exit_code, (tmp_path / "cart.yaml").exists()) == (0, True), "the same schema may stay"


def test_every_question_has_an_option(tmp_path: Path) -> None:
    words = [
        "--stage",
        "uat",
        "--stage",
        "full-release",
        "--function",
        "team",
        "--signer",
        "a",
        "--signer",
        "b",
    ]
    done = golive(
        "new", "x", *words, "--watch", "errors < 5", "--watch", "p99 <= 0.3", "--folder", str(tmp_path)
    )
    assert done.exit_code == 0, done.output
    text = (tmp_path / "x.yaml").read_text(encoding="utf-8")
    assert "$schema" not in text
    for wanted in ("function: team", "{function: a", "{function: b", 'success: "< 5"', 'success: "<= 0.3"'):
        assert wanted in text
    assert golive("test", str(tmp_path / "x.yaml")).exit_code == 0
    none = golive("new", "y", "--stage", "grey-release", "--watch", "none", "--folder", str(tmp_path))
    assert none.exit_code == 0
    assert "do: pause" in (tmp_path / "y.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("there", ["x.yaml", "x.test.yaml", "template.schema.json"])
def test_no_file_is_overwritten_and_none_is_left_behind(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    done = golive("new", "x", "--schema", "--folder", str(tmp_path))
    assert done.exit_code == 1
    assert told(done) == f"{tmp_path / there} is there already; choose another name or remove it."
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["No Name"], "the name needs lower case letters"),
        (["x", "--stage", "uta"], "choose stages among preparation"),
        (["x", "--signer", "ops"], "two functions sign"),
        (["x", "--signer", "ops", "--signer", "ops"], "two different functions sign"),
        (["x", "--function", "Q A"], "a function is written in lower case"),
        (["x", "--watch", "fast"], "such as success_rate >= 0.99"),
        (["x", "--watch", "a > 1", "--watch", "a > 1"], "each metric is watched once"),
        (["x", "--title", ""], "the title is one line"),
        (["x", "--folder", "{tmp}/away"], "cannot be written"),
    ],
)
def test_a_wrong_answer_gets_one_sentence_and_writes_nothing(
    tmp_path: Path, words: list[str], said: str
) -> None:
    where = [] if "--folder" in words else ["--folder", str(tmp_path)]
    done = golive("new", *[word.format(tmp=tmp_path) for word in words], *where)
    assert done.exit_code == 1
    assert said in told(done)
    assert list(tmp_path.iterdir()) == []


QUESTIONS = [b"Name", b"English", b"Chinese", b"Stages", b"work", b"sign", b"watched"]


def asked(folder: Path, dialogue: list[tuple[bytes, bytes]]) -> bytes:
    """Answer each question on a terminal once it stands there; return all that was said."""
    master, slave = pty.openpty()
    env = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "en", "TERM": "dumb"}
    command = [sys.executable, "-m", "cli", "template", "new", "--folder", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    whole = said = b""
    for question, answer in [*dialogue, (b".test.yaml", b"")]:
        end = time.monotonic() + 60
        while question not in said:
            assert time.monotonic() < end, said
            said += os.read(master, 1024)
        whole, said = whole + said, b""
        os.write(master, answer + b"\n")
    assert process.wait(30) == 0
    os.close(master)
    return whole


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    answers = [b"asked", b"Asked for", "问过".encode(), b"uat, sign-off", b"", b"", b"none"]
    asked(tmp_path, list(zip(QUESTIONS, answers, strict=True)))
    text = (tmp_path / "asked.yaml").read_text(encoding="utf-8")
    assert 'title: {en: "Asked for", zh: "问过"}' in text
    assert text.count("- id: ") == 2


def test_an_answer_that_does_not_fit_is_asked_again_at_once_with_the_reason(tmp_path: Path) -> None:
    dialogue = [
        (b"Name", b"Bad Name"),
        (b"Name [my-go-live]", b"good"),
        *((question, b"") for question in QUESTIONS[1:3]),
        (b"Stages", b"uta"),
        (b"Stages", b"uat"),
        (b"work", b""),
        (b"sign", b"ops"),
        (b"sign [", b"ops, dev"),
        (b"watched", b"fast"),
        (b"watched, or", b"none"),
    ]
    said = asked(tmp_path, dialogue)
    for reason in (
        b"the name needs lower case",
        b"choose stages among",
        b"two functions sign, each",
        b"such as succ",
    ):
        assert said.count(reason) == 1, reason
    assert "{function: dev" in (tmp_path / "good.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("again", "kept"), [(b"mine", "mine"), (b"", "uat")])
def test_who_answers_with_the_name_of_a_bundled_template_is_asked_again(
    tmp_path: Path, again: bytes, kept: str
) -> None:
    dialogue = [(b"Name [my-go-live]", b"uat"), (b"Name [uat]", again)]
    said = asked(tmp_path, [*dialogue, *((question, b"") for question in QUESTIONS[1:])])
    assert said.count("golive comes with a template “uat”".encode()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{kept}.test.yaml", f"{kept}.yaml"]


def test_a_name_of_a_bundled_template_that_was_given_is_warned_of_and_kept(tmp_path: Path) -> None:
    done = golive("new", "dual-sign-off", "--folder", str(tmp_path))
    assert done.exit_code == 0
    assert done.stderr.startswith(
        "golive comes with a template “dual-sign-off”: publishing yours makes the next version of it, which "
        "replaces it for new runs; choose another name to keep both."
    )
    assert (tmp_path / "dual-sign-off.yaml").exists()
    assert "comes with" not in golive("new", "mine", "--folder", str(tmp_path)).stderr


@pytest.mark.parametrize("kind", ["template", "checklist"])
def test_the_schema_is_printed(kind: str) -> None:
    done = golive("schema", *(["--checklist"] if kind == "checklist" else []))
    assert done.exit_code == 0
    schema = json.loads(done.stdout)
    Draft202012Validator.check_schema(schema)
    assert ("stages" in schema["properties"]) is (kind == "template")


def results(*words: str) -> tuple[int, dict[str, Any]]:
    done = golive("test", *words, "--json")
    read: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, read


def test_a_failing_test_names_its_place_and_exits_with_1(tmp_path: Path) -> None:
    golive("new", "x", "--folder", str(tmp_path))
    script = tmp_path / "x.test.yaml"
    script.write_text(
        script.read_text(encoding="utf-8").replace("run: completed", "run: held"), encoding="utf-8"
    )
    done = golive("test", str(script))
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"✗ {script}:6: everything goes well: rest: done")
    assert [line.strip() for line in lines[1:3]] == ["expected: run: held", "found:    run: completed"]
    code, read = results(str(script))
    assert (code, read["passed"], read["failed"], read["errors"]) == (1, 2, 1, [])
    failed = next(test for test in read["tests"] if not test["passed"])
    assert failed["failure"] == {
        "line": 6,
        "step": "rest: done",
        "expected": "run: held",
        "found": "run: completed",
    }
    assert (failed["file"], failed["template"], failed["line"]) == (str(script), "x", 3)


def test_a_script_with_mistakes_does_not_keep_the_others_from_being_played(tmp_path: Path) -> None:
    golive("new", "x", "--folder", str(tmp_path))
    (tmp_path / "y.test.yaml").write_text("tests:\n- name: a\n  steps:\n  - zzz: 1\n", encoding="utf-8")
    (tmp_path / "z.test.yaml").write_text("tests:\n- name: a\n  steps:\n  - rest: done\n", encoding="utf-8")
    code, read = results(str(tmp_path))
    assert (code, read["passed"], read["failed"]) == (1, 3, 0)
    assert [(Path(e["file"]).name, e["line"]) for e in read["errors"]] == [
        ("y.test.yaml", 4),
        ("z.test.yaml", 1),
    ]
    assert "there is no template “z”" in read["errors"][1]["message"]


def test_a_test_with_a_mistake_does_not_keep_those_beside_it_from_being_played(tmp_path: Path) -> None:
    golive("new", "x", "--folder", str(tmp_path))
    wrong = (
        "  - {name: of form, steps: [{zzz: 1}]}\n  - {name: of meaning, steps: [{complete: uat.nothing}]}\n"
    )
    with (tmp_path / "x.test.yaml").open("a", encoding="utf-8") as script:
        script.write(wrong)
    code, read = results(str(tmp_path))
    assert (code, read["passed"], read["failed"]) == (1, 3, 0)
    assert [error["message"].partition(" ")[0] for error in read["errors"]] == ["a", "there"]
    assert golive("test", str(tmp_path)).stdout.endswith("3 passed, 0 failed, 1 file with mistakes\n")


def test_what_has_no_tests_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a", encoding="utf-8")
    assert "There are no tests" in told(golive("test", str(tmp_path)))
    assert "a.yaml has no tests; write them in" in told(golive("test", str(tmp_path / "a.yaml")))


@pytest.mark.parametrize("path", ["no.yaml", "no.test.yaml", "no"])
def test_a_path_that_is_not_there_is_named_as_it_was_given(tmp_path: Path, path: str) -> None:
    done = golive("test", str(tmp_path / path))
    assert done.exit_code == 1
    assert told(done) == (
        f"There is no {tmp_path / path}; name a template, its tests (*.test.yaml), or a folder that holds some."
    )


def test_a_template_of_the_folder_uses_the_checklists_beside_it(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "own.yaml").write_text(
        "{name: own, title: Own, items: [{id: a, text: A}]}", encoding="utf-8"
    )
    (tmp_path / "t.yaml").write_text(
        "{name: t, title: T, description: d, stages: [{id: s, process: uat, title: S, "
        "tasks: [{key: k, title: K, function: qa, checklist: own}]}]}",
        encoding="utf-8",
    )
    (tmp_path / "compose.yaml").write_text("services: {}", encoding="utf-8")
    steps = "  - {complete: s.k, leave_out: [a], refused: item_open}\n  - {complete: s.k, expect: {run: completed}}\n"
    (tmp_path / "t.test.yaml").write_text(f"tests:\n- name: one\n  steps:\n{steps}", encoding="utf-8")
    assert golive("test", str(tmp_path)).exit_code == 0
