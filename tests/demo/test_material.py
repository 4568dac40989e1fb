from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

from cli.failure import Failure
from demo.__main__ import MARKER, fresh_home
from demo.material import build
from demo.processes import Stack, free_ports


def test_the_same_sources_give_the_same_artifact_and_the_digest_is_of_its_bytes(tmp_path: Path) -> None:
    one, other = build(tmp_path / "a", "shop-1.4.0"), build(tmp_path / "b", "shop-1.4.0")
    assert one.digest == other.digest
    assert one.digest == f"sha256:{hashlib.sha256(one.path.read_bytes()).hexdigest()}"
    with tarfile.open(one.path) as archive:
        names = archive.getnames()
    assert "shop-1.4.0/golive/words.py" in names
    assert len(names) == one.files
    assert not [name for name in names if ".golive" in name or "__pycache__" in name]


def test_the_demo_empties_only_its_own_folder(tmp_path: Path) -> None:
    home = fresh_home(tmp_path / "demo")
    (home / "golive.db").touch()
    assert not (fresh_home(home) / "golive.db").exists()
    assert (home / MARKER).exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(Failure, match="is not a folder of the demo"):
        fresh_home(mine)
    assert (mine / "thesis.txt").exists()


def test_a_demo_is_not_confused_with_a_golive_that_runs_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLIVE_DATABASE_URL", "postgresql://production")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "production:7233")
    environment = Stack.in_home(tmp_path).environment()
    assert "production" not in str({name: environment[name] for name in environment if "GOLIVE" in name})
    assert "TEMPORAL_ADDRESS" not in environment
    assert len(set(free_ports(4))) == 4
