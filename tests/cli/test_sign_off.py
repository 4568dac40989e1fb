"""`golive sign-off`: two people sign a file; nobody is exempt from any rule, and what is written proves it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cli.language import ROOT
from tests.cli.profile import both_sign, links_in, profile_at
from tests.cli.terminal import at_a_terminal
from tests.cli.whole import Person, Whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]

FACTS = [
    *("--item", "open-faults-told=pass:none", "--item", "risks-told=pass:late payments"),
    *("--item", "people-reachable=pass", "--item-link", "people-reachable=https://example.com/duty"),
    *("--item", "no-other-change=pass"),
]


class Asking:
    """A `golive sign-off` that runs, and what it has said so far."""

    def __init__(self, whole: Whole, folder: Path, *words: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "sign-off", *words, *FACTS],
            cwd=folder,
            env={**whole.env, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self._guard = threading.Timer(120, self.process.kill)
        self._guard.start()

    def waits(self) -> str:
        """Return what was said until it waits for the signers."""
        while "Waiting for both" not in self.said:
            self._hears()
        return self.said

    def ends(self) -> int:
        """Return the exit code, once it has ended."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        self.process.stdout.close()
        self._guard.cancel()
        return self.process.wait()

    def _hears(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.said
        self.said += line


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder with a file that was built."""
    (tmp_path / "shop.tar").write_bytes(b"what was built")
    return tmp_path


def verified(whole: Whole, folder: Path, *more: str) -> dict[str, Any]:
    done = whole.golive("receipt", "verify", str(folder / "shop.tar.decision.json"), "--json", *more)
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(whole: Whole, folder: Path, *more: str) -> str:
    done = whole.golive("receipt", "verify", str(folder / "shop.tar.decision.json"), *more)
    assert done.exit_code == 1, done.stdout
    return " ".join(done.stderr.split())


def test_two_people_sign_a_file_and_anybody_verifies_it(whole: Whole, built: Path) -> None:
    asking = Asking(whole, built, "shop.tar", "--ops", "sof-ann", "--qa", "sof-bo")
    both_sign(whole.url, asking.waits())
    assert asking.ends() == 0, asking.said
    assert "shop.tar is approved by sof-ann (ops), sof-bo (qa)." in asking.said
    key = whole.answer("audit", "key")["public_key"]
    found = verified(whole, built, "--artifact", str(built / "shop.tar"), "--public-key", key)
    assert [(each["by"], each["decision"]) for each in found["receipts"]] == [
        ("sof-ann", "approved"),
        ("sof-bo", "approved"),
    ]
    assert [each["name"] for each in found["artifacts"]] == ["shop.tar"]
    (built / "key").write_text(f"{key}\n")
    assert verified(whole, built, "--public-key", str(built / "key"))["public_key"] == key
    other = f"ed25519:{'0' * 64}"
    assert "is signed with the key" in refused(whole, built, "--public-key", other)
    (built / "shop.tar").write_bytes(b"something else")
    told = refused(whole, built, "--artifact", str(built / "shop.tar"))
    assert "is not what sof-ann signed" in told
    told = " ".join(whole.golive("user", "list").stdout.split())
    assert "sof-ann approver ops" in told


def test_a_rejection_ends_the_waiting_and_writes_nothing(whole: Whole, built: Path) -> None:
    asking = Asking(whole, built, "shop.tar", "--ops", "sof-cleo", "--qa", "sof-dan")
    link, _, page, _ = links_in(asking.waits())
    with profile_at(whole.url) as profile:
        profile.enrols(link)
        profile.decides(page, "reject", comment="the risk is not acceptable")
    assert asking.ends() == 1
    assert "It was not approved" in asking.said
    assert not (built / "shop.tar.decision.json").exists()


def test_who_cannot_be_asked_so_is_told_before_anything_is_started(whole: Whole, built: Path) -> None:
    runs = len(whole.answer("list", "--service", "shop.tar")["items"])
    file = str(built / "shop.tar")
    for words, code, told in (
        (("--ops", "sof-ann", "--qa", "sof-ann"), 2, "two different people sign"),
        (("--ops", "admin", "--qa", "sof-bo"), 2, "who asks does not sign"),
        (("--ops", "sof-ann"), 2, "--qa"),
    ):
        done = whole.golive("sign-off", file, *words)
        assert (done.exit_code, told in " ".join(done.stderr.split())) == (code, True), done.stderr
    assert whole.golive("sign-off", str(built / "none"), "--ops", "a", "--qa", "b").exit_code == 2
    manager = Person(whole, "sof-manager", "release_manager")
    said = manager.is_refused("sign-off", file, "--ops", "sof-ann", "--qa", "sof-bo")
    assert "sof-manager lacks assignee, release; an administrator gives it" in said
    both = Person(whole, "sof-both", "release_manager", "assignee", function="release")
    said = both.is_refused("sign-off", file, "--ops", "sof-nobody", "--qa", "sof-bo", *FACTS)
    assert "There is no user sof-nobody" in said
    assert len(whole.answer("list", "--service", "shop.tar")["items"]) == runs


def open_runs(whole: Whole) -> list[str]:
    return [
        str(run["id"]) for run in whole.answer("list", "--service", "shop.tar", "--state", "running")["items"]
    ]


def test_where_nobody_can_answer_links_and_all_that_is_missing_are_told_and_it_goes_on(
    whole: Whole, built: Path
) -> None:
    """The first call has no terminal, the second no facts either, the third has them and goes on with the same run."""
    words = ("sign-off", str(built / "shop.tar"), "--ops", "sof-eve", "--qa", "sof-fin")
    before = set(open_runs(whole))
    first = whole.golive(*words, "--item", "risks-told=pass", *FACTS[:2])
    (run,) = set(open_runs(whole)) - before
    assert first.exit_code == 1
    assert len(links_in(first.stderr)) == 2, first.stderr
    assert "sof-eve chooses a password here" in first.stderr
    lacking = [line.strip() for line in first.stderr.splitlines() if line.strip().startswith("--item")]
    assert lacking == [
        "--item 'risks-told=pass:REMARK'",
        "--item people-reachable=pass --item-link people-reachable=URL",
        "--item no-other-change=pass",
    ]
    assert first.stderr.endswith("\n")
    again = " ".join(whole.golive(*words).stderr.split())
    assert f"Going on with run {run}, which asks the same people about the same file." in again
    assert "--item 'open-faults-told=pass:REMARK'" in again
    asking = Asking(whole, built, "shop.tar", "--ops", "sof-eve", "--qa", "sof-fin")
    said = " ".join(asking.waits().split())
    assert f"/approvals/{run}.sign-off.go" in said
    assert "If sof-eve cannot sign in, an administrator prints a link" in said
    assert "golive user enrol sof-eve" in said
    used = Asking(whole, built, "shop.tar", "--ops", "sof-eve", "--qa", "sof-fin")
    assert "what --item says now is not used" in used.waits()
    assert set(open_runs(whole)) - before == {run}
    both_sign(whole.url, first.stderr + "\n".join(links_in(asking.said)))
    assert (asking.ends(), used.ends()) == (0, 0), asking.said + used.said
    assert whole.golive(*words).exit_code == 1
    assert run not in open_runs(whole), "a finished one is followed by another"


def test_another_run_is_started_where_that_is_said_or_the_people_differ(whole: Whole, built: Path) -> None:
    words = ("sign-off", str(built / "shop.tar"), "--ops", "sof-ida", "--qa")
    before = set(open_runs(whole))
    for more, runs in ((("sof-jo",), 1), (("sof-jo",), 1), (("sof-jo", "--new"), 2), (("sof-kim",), 3)):
        assert whole.golive(*words, *more).exit_code == 1
        assert len(set(open_runs(whole)) - before) == runs, more


def test_a_held_run_is_named_and_nothing_is_started(whole: Whole, built: Path) -> None:
    words = ("sign-off", str(built / "shop.tar"), "--ops", "sof-lea", "--qa", "sof-max")
    before = set(open_runs(whole))
    whole.golive(*words)
    (run,) = set(open_runs(whole)) - before
    whole.answer("hold", run, "--reason", "wait")
    done = whole.golive(*words)
    said = " ".join(done.stderr.split())
    assert (done.exit_code, f"Run {run} asks the same people about the same file" in said) == (1, True), said
    assert f"See golive show {run}, or start another with --new." in said
    assert set(open_runs(whole)) == before


def test_who_leaves_at_a_question_is_told_how_to_go_on(whole: Whole, built: Path) -> None:
    command = [sys.executable, "-m", "cli", "sign-off", "shop.tar", "--ops", "sof-ned", "--qa", "sof-oda"]
    env = {**whole.env, "PYTHONPATH": str(ROOT)}
    heard: list[str] = []
    done = at_a_terminal(
        command,
        built,
        env,
        {"pass, fail or na [pass]:": ["\x04"]},
        once="pass, fail or na",
        then=heard.append,
    )
    assert done.code == 1, done.said
    assert len(links_in(heard[0])) == 2, "the links are there before anything is asked"
    assert "The same command goes on with it" in done.said
    assert "--item-link people-reachable=URL" in done.said
    assert done.said.endswith("\n")


def test_what_golive_does_not_take_is_asked_again(whole: Whole, built: Path) -> None:
    """The facts are asked at a terminal; a link that is none is refused by golive, and all is asked once more."""
    command = [
        sys.executable,
        "-m",
        "cli",
        "sign-off",
        "shop.tar",
        "--ops",
        "sof-gus",
        "--qa",
        "sof-hal",
        *FACTS[:4],
    ]
    answers = {
        "pass, fail or na [pass]:": ["maybe", ""],
        "A link, https://...:": ["the wall", "https://example.com/duty"],
    }
    env = {**whole.env, "PYTHONPATH": str(ROOT)}
    done = at_a_terminal(
        command, built, env, answers, once="Waiting for both", then=lambda said: both_sign(whole.url, said)
    )
    assert done.code == 0, done.said
    assert "“maybe” is not a result: pass, fail or na" in done.said
    assert done.said.count("Link the duty roster") == 2
    assert "Your answer" not in done.said, "what was given by option is not asked"
