"""The commands against a whole golive: a sign-off from its start to its end, as people type it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import httpx
import pytest

from tests.cli.whole import Person, Whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]

ITEMS = [
    *("--item", "open-faults-told=pass:none", "--item", "risks-told=pass:latency: p99 rises first"),
    *("--item", "people-reachable=pass", "--item-link", "people-reachable=https://example.com/roster"),
    *("--item", "no-other-change=pass"),
]


@pytest.fixture(scope="module")
def manager(whole: Whole) -> Person:
    return Person(whole, "cli-manager", "release_manager")


@pytest.fixture(scope="module")
def worker(whole: Whole) -> Person:
    return Person(whole, "cli-release", "assignee", function="release")


@pytest.fixture(scope="module")
def signers(whole: Whole) -> list[Person]:
    return [Person(whole, f"cli-{f}", "assignee", "approver", function=f) for f in ("ops", "qa")]


def test_a_sign_off_from_its_start_to_its_report(
    whole: Whole, manager: Person, worker: Person, signers: list[Person], tmp_path: Path
) -> None:
    run = _start(manager, worker, signers, tmp_path)
    _a_run_is_shown_with_what_it_waits_for(run, manager)
    _a_task_is_found_and_completed_with_evidence(run, worker, manager, tmp_path)
    _what_is_shown_is_what_is_signed(run, signers)
    _it_is_followed_to_its_end_and_its_journal_holds(run, manager, whole)
    _the_report_is_printed_or_saved(run, manager, tmp_path)


def _start(manager: Person, worker: Person, signers: list[Person], tmp_path: Path) -> str:
    """Start a sign-off of a built file."""
    artifact = tmp_path / "checkout.tar"
    artifact.write_bytes(b"built")
    started = manager.reads(
        *(
            "start",
            "dual-sign-off",
            "--service",
            "checkout",
            "--version",
            "1.4.0",
            "--artifact",
            str(artifact),
        ),
        *("--param", "pace=demo", "--ref", "jira=REL-42", "--author", worker.name),
        *(word for person in (worker, *signers) for word in ("--person", f"{person.name[4:]}={person.name}")),
    )
    release = started["release"]
    assert isinstance(release, dict)
    digest = f"sha256:{hashlib.sha256(b'built').hexdigest()}"
    assert release["artifacts"] == [{"name": "checkout.tar", "digest": digest}]
    assert release["external_refs"] == [{"system": "jira", "id": "REL-42", "url": None}]
    return str(started["id"])


def _a_run_is_shown_with_what_it_waits_for(run: str, manager: Person) -> None:
    shown = manager.does("show", run)
    for told in ("checkout 1.4.0  running", "Awaited", "cli-release", "Stages", "Tasks: 0 of 1 done"):
        assert told in shown
    assert run in manager.does("list", "--service", "checkout", "--state", "running")
    assert "No runs." in manager.does("list", "--service", "nothing")


def _a_task_is_found_and_completed_with_evidence(
    run: str, worker: Person, manager: Person, tmp_path: Path
) -> None:
    task = f"{run}.sign-off.put-facts-together"
    assert task in worker.does("task", "list", "--mine", "--run", run)
    assert "people-reachable" in worker.does("task", "show", task)
    assert "release_manager" in manager.is_refused("task", "start", task)
    assert "Recorded as no." in worker.does("task", "start", task)
    assert "open-faults-told" in worker.is_refused("task", "complete", task, "--remark", "done")

    (tmp_path / "facts.md").write_text("# Facts")
    evidence = ["--file", str(tmp_path / "facts.md"), "--metric", "errors=0.5 %", "--sign", "responsible"]
    once = worker.does("task", "complete", task, "--remark", "done", *ITEMS, *evidence, "--key", "k1")
    assert worker.does("task", "complete", task, "--remark", "done", *ITEMS, *evidence, "--key", "k1") == once
    seen = worker.does("task", "show", task)
    for told in ("done", "errors = 0.5 %", "responsible", "latency: p99 rises first", "example.com/roster"):
        assert told in seen
    _the_file_is_fetched(run, worker, task, tmp_path)


def _the_file_is_fetched(run: str, worker: Person, task: str, tmp_path: Path) -> None:
    evidence = worker.reads("task", "show", task)["evidence"]
    assert isinstance(evidence, list)
    (file,) = (piece for piece in evidence if piece["type"] == "file")
    assert file["sha256"] in worker.does("task", "show", task)
    worker.does("attachment", file["attachment_id"], "-o", str(tmp_path / "seen.md"))
    assert (tmp_path / "seen.md").read_text() == "# Facts"
    assert "no attachment" in worker.is_refused("attachment", run, "-o", str(tmp_path / "not.md"))
    assert not (tmp_path / "not.md").exists()


def _what_is_shown_is_what_is_signed(run: str, signers: list[Person]) -> None:
    ops, qa = signers
    approval = f"{run}.sign-off.go"
    digest = str(ops.reads("approval", approval)["digest"])
    assert approval in ops.does("approvals", "--mine")

    asked = ops.types("approve", approval, stdin="")
    assert asked.exit_code == 1
    assert digest in asked.stderr
    for told in ("checkout.tar", "cli-release", "latency: p99 rises first", "errors = 0.5 %"):
        assert told in asked.stderr
    assert "https://example.com/roster" in asked.stderr
    assert "Nobody is there to confirm" in asked.stderr
    assert "never shown with this digest" in ops.is_refused(
        "approve", approval, "--digest", "sha256:" + "0" * 64
    )

    assert "Recorded as no." in ops.does("approve", approval, "--digest", digest)
    assert "No approvals." in ops.does("approvals", "--mine", "--run", run)
    done = qa.types("approve", approval, "--yes", "--comment", "looks good")
    assert done.exit_code == 0, done.stderr
    assert "approved" in done.stdout
    closed = qa.is_refused("approve", approval, "--yes")
    assert "is approved; nobody is asked now" in closed
    assert "checkout.tar" not in closed


def _it_is_followed_to_its_end_and_its_journal_holds(run: str, manager: Person, whole: Whole) -> None:
    followed = manager.does("watch", run)
    assert "cli-manager started “checkout 1.4.0”" in followed
    assert "cli-ops decided" in followed
    events = [json.loads(line) for line in manager.does("events", run, "--follow", "--json").splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))

    first = events[0]
    assert (
        "The hash is that of the journal."
        in manager.types("receipt", "show", run, "1", "--hash", first["hash"]).stderr
    )
    assert manager.types("receipt", "show", run, "1", "--hash", "other").exit_code == 1
    assert "has no number 9999" in manager.is_refused("receipt", "show", run, "9999")

    verified = whole.golive("audit", "verify")
    assert (verified.exit_code, "holds" in verified.stdout) == (0, True)
    assert run in whole.golive("audit", "list").stdout
    assert "role" in manager.is_refused("audit", "verify")


def _the_report_is_printed_or_saved(run: str, manager: Person, tmp_path: Path) -> None:
    assert "checkout" in manager.does("report", run)
    saved = tmp_path / "report.html"
    manager.does("report", run, "--format", "html", "--language", "zh", "--output", str(saved))
    assert "checkout" in saved.read_text()
    assert "cannot be written" in manager.is_refused("report", run, "--output", str(tmp_path / "no" / "way"))


@pytest.mark.usefixtures("worker", "signers")
def test_holding_resuming_a_new_build_lessons_and_abort(
    manager: Person, tmp_path: Path, worker: Person
) -> None:
    (tmp_path / "one").write_text("1")
    (tmp_path / "two").write_text("2")
    run = str(
        manager.reads("start", "dual-sign-off", "-s", "cart", "-v", "1", "-a", str(tmp_path / "one"))["id"]
    )
    assert "held" in manager.does("hold", run, "-r", "wait")
    assert "Held by cli-manager" in manager.does("show", run)
    assert "running" in manager.does("resume", run, "-r", "go on")
    manager.does("release", run, "-v", "2", "-a", f"cart.tar={tmp_path / 'two'}", "-r", "a fix")
    shown = manager.reads("show", run)["release"]
    assert isinstance(shown, dict)
    assert (shown["service"], shown["version"], shown["artifacts"][0]["name"]) == ("cart", "2", "cart.tar")
    manager.does("comment", run, "see the ticket")
    manager.does("lesson", run, "watch p99")
    manager.does("action", "add", run, "alarm on p99", "--owner", manager.name, "--due", "2026-12-15T18:00")
    (action,) = manager.answer_items("action", "list", run)
    manager.does("action", "close", run, str(action["id"]), "--remark", "done")
    assert manager.answer_items("action", "list", run)[0]["closed_by"] == manager.name
    assert "rollout" in manager.is_refused("promote", run, "-r", "on")
    assert "release_manager" in worker.is_refused("abort", run, "-r", "no")
    manager.does("abort", run, "-r", "not today")
    ended = manager.types("watch", run)
    assert ended.exit_code == 1
    assert "aborted" in ended.stdout


@pytest.mark.usefixtures("worker", "signers")
def test_templates_are_listed_previewed_and_published(whole: Whole, manager: Person, tmp_path: Path) -> None:
    assert "saas-standard" in manager.does("template", "list")
    source = manager.does("template", "show", "dual-sign-off", "--source")
    assert "Stages" in manager.does("template", "show", "saas-standard")
    plan = manager.does("template", "preview", "dual-sign-off", "-p", "pace=demo")
    assert "Asked" in plan
    refused = manager.is_refused("template", "show", "nope")
    assert "There is no “nope”; there is: " in refused
    assert "data-migration, dual-sign-off, erp-cutover" in refused

    mine = tmp_path / "mine.yaml"
    mine.write_text(source.replace("name: dual-sign-off", "name: mine", 1))
    assert "“mine” is valid." in manager.does("template", "validate", str(mine))
    assert "template_admin" in manager.is_refused("template", "publish", str(mine))
    assert "Published “mine” version 1." in whole.golive("template", "publish", str(mine)).stdout
    assert "one version only" in manager.is_refused("template", "diff", "mine")
    mine.write_text(mine.read_text().replace("decide_within", "sign_within"))
    changed = manager.does("template", "diff", "mine", "--file", str(mine)).splitlines()
    assert changed[0] == "--- mine, version 1"
    assert any(line.startswith("-") and "decide_within" in line for line in changed)
    assert any(line.startswith("+") and "sign_within" in line for line in changed)
    assert "version 2" in whole.golive("template", "publish", str(mine)).stdout
    assert manager.does("template", "diff", "mine").splitlines()[2:] == changed[2:]
    assert "Nothing has changed." in manager.does("template", "diff", "mine", "--from", "2", "--to", "2")
    for words, missing in ((["--from", "9"], 9), (["--to", "8"], 8), (["--from", "1", "--to", "7"], 7)):
        said = manager.is_refused("template", "diff", "mine", *words)
        assert f"The template mine has no version {missing}; name one from 1 to 2." in said
    mine.write_text(mine.read_text().replace("stages:", "stagse:", 1))
    said = manager.is_refused("template", "validate", str(mine))
    assert "mine.yaml:" in said
    assert "stagse" in said


def test_who_publishes_under_the_name_of_a_bundled_template_is_warned(
    whole: Whole, manager: Person, tmp_path: Path
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(manager.does("template", "show", "post-launch-review", "--source"))
    unchanged = whole.golive("template", "publish", str(file))
    assert ("is unchanged" in unchanged.stdout, "comes with" in unchanged.stderr) == (True, False)
    file.write_text(file.read_text() + "\n# ours\n")
    done = whole.golive("template", "publish", str(file))
    assert "Published “post-launch-review” version 2." in done.stdout
    assert "is the next version of it and replaces it for new runs." in done.stderr


def test_people_come_and_go(whole: Whole) -> None:
    eve = Person(whole, "cli-eve", "viewer")
    assert "cli-eve" in eve.does("user", "me")
    assert "cli-eve" in whole.golive("user", "list", "--limit", "200").stdout
    assert "already" in eve.whole.golive("user", "add", "cli-eve", "--role", "viewer").stderr
    link = whole.golive("user", "enrol", "cli-eve").stdout.splitlines()[-1]
    assert link.startswith(f"{whole.url}/enrol/")
    assert "Choose a password" in httpx.get(link).text
    eve.is_refused("user", "enrol", "admin")
    whole.golive("user", "disable", "cli-eve")
    eve.is_refused("user", "me")
    whole.golive("user", "enable", "cli-eve")
    eve.does("user", "me")


def test_a_folder_is_published_as_a_whole_or_not_at_all(whole: Whole, tmp_path: Path) -> None:
    texts = {
        "a-outer": "{name: a-outer, title: O, description: d, stages: [{id: s, use: b-inner}]}",
        "b-inner": "{name: b-inner, title: I, description: d, stages: [{id: s, process: uat, title: S, "
        "tasks: [{key: k, title: K, function: qa, checklist: c-list}]}]}",
        "c-list": "{name: c-list, title: L, items: [{id: a, txt: A}]}",
        "d-wrong": "{name: d-wrong, title: W, description: d, stages: []}",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    for act in ("validate", "publish"):
        done = whole.golive("template", act, str(tmp_path))
        assert done.exit_code == 1
        assert "c-list.yaml:1: items[0].txt" in done.stderr
        assert "d-wrong.yaml:1: stages" in done.stderr
    assert "b-inner" not in whole.golive("template", "list").stdout
    (tmp_path / "d-wrong.yaml").unlink()
    (tmp_path / "c-list.yaml").write_text(texts["c-list"].replace("txt", "text"), encoding="utf-8")
    done = whole.golive("template", "publish", str(tmp_path))
    assert done.exit_code == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [
        f"Published “{name}” version 1." for name in ("a-outer", "b-inner", "c-list")
    ]
    again = whole.answer("template", "publish", str(tmp_path))
    assert {(item["name"], item["changed"]) for item in again["items"]} == {
        (name, False) for name in ("a-outer", "b-inner", "c-list")
    }
    (tmp_path / "empty").mkdir()
    assert "There are no templates" in whole.golive("template", "publish", str(tmp_path / "empty")).stderr
