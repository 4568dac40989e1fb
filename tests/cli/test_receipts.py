"""Receipts as people keep them and verify them, and what changed in what was signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from tests.cli.whole import Person, Whole

pytestmark = [pytest.mark.timeout(300), pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("up")]

TEMPLATE = """
name: receipted
title: Receipted
description: One task, then two people sign.
stages:
  - id: sign-off
    process: dual_sign_off
    title: Sign-off
    tasks:
      - {key: test, title: Test it, function: rqa, per_build: true, requires: [{type: remark}]}
    approvals:
      - {key: go, title: Go, rules: [{function: rops}, {function: rsec}], back_to: test}
"""


class Signing:
    """A run whose sign-off is asked for, with who takes part, and a folder for what they keep."""

    def __init__(self, whole: Whole, folder: Path):
        self.whole, self.folder = whole, folder
        self.manager = Person(whole, "rec-manager", "release_manager")
        self.qa = Person(whole, "rec-qa", "assignee", function="rqa")
        self.ops = Person(whole, "rec-ops", "approver", function="rops")
        self.sec = Person(whole, "rec-sec", "approver", function="rsec")
        (folder / "receipted.yaml").write_text(TEMPLATE)
        whole.answer("template", "publish", str(folder / "receipted.yaml"))
        (folder / "rec.tar").write_bytes(b"built")
        words = ("--service", "rec", "--version", "1", "--artifact", str(folder / "rec.tar"))
        self.run = str(self.manager.reads("start", "receipted", *words)["id"])
        self.approval = f"{self.run}.sign-off.go"
        self.test()

    def test(self) -> None:
        self.qa.does("task", "complete", f"{self.run}.sign-off.test", "--remark", "seen")

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def verify(self, *words: str) -> tuple[int, str]:
        done = self.whole.golive("receipt", "verify", *words)
        assert "Traceback" not in done.output
        return done.exit_code, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def signing(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Signing:
    return Signing(whole, tmp_path_factory.mktemp("receipts"))


def test_a_receipt_is_kept_with_the_decision_and_proved_by_an_export(signing: Signing) -> None:
    first, export = signing.file("first.json"), signing.file("export.jsonl")
    signing.ops.does("approve", signing.approval, "--yes", "--comment", "read", "--receipt", first)
    kept = json.loads(Path(first).read_text())
    assert (kept["by"], kept["comment"]["text"]) == ("rec-ops", "read")
    signing.manager.does("audit", "export", "--run", signing.run, "--output", export)
    code, said = signing.verify(first, "--export", export, "--artifact", signing.file("rec.tar"))
    assert code == 0, said
    for words in (
        "The journal says the same",
        "rec-ops (rops)",
        kept["hash"],
        "is what was signed as rec.tar",
        "Nobody has compared the key",
    ):
        assert words in said
    again = signing.file("again.json")
    signing.sec.does("receipt", "get", signing.approval, kept["decision_id"], "--output", again)
    assert json.loads(Path(again).read_text()) == kept


def test_a_receipt_without_proof_or_of_something_else_is_refused(signing: Signing) -> None:
    first, export = signing.file("first.json"), signing.file("export.jsonl")
    code, said = signing.verify(first)
    assert (code, "golive audit export --run" in said) == (2, True)
    assert signing.verify(signing.file("none.json"))[0] == 2
    for name, content in (("text", "not JSON"), ("list", "[]"), ("object", '{"format": "golive-receipt/1"}')):
        path = Path(signing.file(name))
        path.write_text(content)
        code, said = signing.verify(str(path), "--export", export)
        assert (code, "is neither a receipt nor a bundle" in said) == (1, True), said
    forged = Path(signing.file("forged.json"))
    forged.write_text(Path(first).read_text().replace('"rec-ops"', '"rec-sec"'))
    code, said = signing.verify(str(forged), "--export", export)
    assert (code, "The receipt says of by: rec-sec; the journal says: rec-ops." in said) == (1, True), said
    cut = Path(signing.file("cut.jsonl"))
    cut.write_text("\n".join(Path(export).read_text().splitlines()[:-1]))
    code, said = signing.verify(first, "--export", str(cut))
    assert (code, "rows were cut off" in said) == (1, True), said


def test_what_is_not_approved_has_no_bundle(signing: Signing) -> None:
    said = signing.manager.is_refused(
        "receipt", "bundle", signing.approval, "--output", signing.file("b.json")
    )
    assert "only what people have approved can be proved" in said
    assert not Path(signing.file("b.json")).exists()


def test_what_changed_since_a_receipt_is_told_in_words_and_as_a_patch(signing: Signing) -> None:
    before = json.loads(Path(signing.file("first.json")).read_text())
    Path(signing.file("rec.tar")).write_bytes(b"built again")
    artifact = ("--artifact", signing.file("rec.tar"))
    signing.manager.does("release", signing.run, "--version", "2", *artifact, "--reason", "RC2")
    signing.test()
    told = signing.ops.does("changes", signing.approval, "--since", before["digest"])
    assert "the version is 2; before: 1" in told
    found: Any = signing.ops.reads("changes", signing.approval, "--since", before["digest"])
    now = signing.ops.reads("approval", signing.approval)
    assert jsonpatch.apply_patch(before["subject"], found["patch"]) == now["subject"]
    assert "Nothing has changed." in signing.ops.does(
        "changes", signing.approval, "--since", str(now["digest"])
    )
    unknown = f"sha256:{'0' * 64}"
    assert unknown in signing.ops.is_refused("changes", signing.approval, "--since", unknown)


def test_receipts_of_a_rejection_and_of_a_return_are_kept_too(signing: Signing) -> None:
    returned, rejected = signing.file("returned.json"), signing.file("rejected.json")
    words = ("--to", "test", "--reason", "again", "--yes", "--receipt", returned)
    signing.ops.does("return", signing.approval, *words)
    signing.test()
    signing.sec.does("reject", signing.approval, "--reason", "no", "--yes", "--receipt", rejected)
    signing.test()
    signing.ops.does("approve", signing.approval, "--yes")
    signing.sec.does("approve", signing.approval, "--yes")
    export, bundle = signing.file("later.jsonl"), signing.file("bundle.json")
    signing.whole.golive("audit", "export", "--output", export)
    for file, decision in (
        (returned, "returned"),
        (rejected, "rejected"),
        (signing.file("first.json"), "approved"),
    ):
        code, said = signing.verify(file, "--export", export, "--json")
        assert code == 0, said
        assert json.loads(said)["receipts"][0]["decision"] == decision
    signing.manager.does("receipt", "bundle", signing.approval, "--output", bundle)
    built = ("--artifact", signing.file("rec.tar"))
    assert signing.verify(bundle, *built)[0] == 0
    assert signing.verify(bundle, "--export", export, *built)[0] == 0
