"""The one script that says whether a change may land: it runs everything, and lets nothing be left out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from cli.language import ROOT


def test_everything_is_run_and_what_is_missing_fails_instead_of_being_skipped(tmp_path: Path) -> None:
    for name, script in (("make", 'echo "$1 CI=${CI-unset}"'), ("apt-get", "exit 0")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / ".ci" / "run"], env={**kept, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["test CI=true", "proofs CI=true"]
