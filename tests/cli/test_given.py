"""What people write on the command line is read as they mean it, or refused with the option's name."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from cli import completing, evidence, given, language
from tests.cli.faulty import Said, serving


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("pace=demo", {"pace": "demo"}),
        ("share=0.5", {"share": 0.5}),
        ("tests=3", {"tests": 3}),
        ("strict=true", {"strict": True}),
        ("strict=no", {"strict": "no"}),
        ('version:="1.0"', {"version": "1.0"}),
        ("query=a=b", {"query": "a=b"}),
        ("empty=", {"empty": ""}),
    ],
)
def test_a_parameter(written: str, read: dict[str, Any]) -> None:
    assert given.parameters([written]) == read


@pytest.mark.parametrize("written", ["pace", "=demo", "pace:=demo"])
def test_what_is_no_parameter(written: str) -> None:
    with pytest.raises(typer.BadParameter, match=written):
        given.parameters([written])


def test_people_of_a_function_stay_in_their_order() -> None:
    assert given.people(["qa=bo,ann", "ops=cy", "qa=di"]) == {"qa": ["bo", "ann", "di"], "ops": ["cy"]}


def test_artifacts(tmp_path: Path) -> None:
    built = tmp_path / "a=b.tar"
    built.write_bytes(b"built")
    digest = f"sha256:{hashlib.sha256(b'built').hexdigest()}"
    other = "sha256:" + "a" * 64
    plain = tmp_path / "plain.tar"
    plain.write_bytes(b"built")
    assert given.artifacts([str(built), f"app={plain}", f"image={other}"]) == [
        {"name": "a=b.tar", "digest": digest},
        {"name": "app", "digest": digest},
        {"name": "image", "digest": other},
    ]
    with pytest.raises(typer.BadParameter, match=r"nothing\.tar cannot be read: No such file"):
        given.artifacts([str(tmp_path / "nothing.tar")])


def test_a_time_without_a_zone_is_local() -> None:
    local = datetime(2026, 12, 1, 9, 30).astimezone()
    assert given.instant("2026-12-01T09:30", "--due") == local.isoformat()
    assert given.instant("2026-12-01T09:30:00+08:00", "--due") is not None
    assert given.instant(None, "--due") is None
    with pytest.raises(typer.BadParameter, match="“tomorrow” is not a time"):
        given.instant("tomorrow", "--due")


def test_a_metric() -> None:
    assert evidence.metric("p99=120 ms") == {"type": "metric", "name": "p99", "value": 120, "unit": "ms"}
    assert evidence.metric("rate=0.5") == {"type": "metric", "name": "rate", "value": 0.5}
    for wrong in ("rate=good", "rate=true", "rate="):
        with pytest.raises(typer.BadParameter, match="not a number"):
            evidence.metric(wrong)


@pytest.mark.parametrize(
    ("name", "value", "chosen"),
    [
        ("LANG", "zh_CN.UTF-8", "zh"),
        ("LC_ALL", "en_GB", "en"),
        ("LANGUAGE", "zh:en", "zh"),
        ("LANG", "de_DE", "en"),
    ],
)
def test_the_language_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, chosen: str
) -> None:
    for other in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    assert language.chosen() == chosen


def test_the_tab_key_offers_what_there_is_and_stays_silent_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLIVE_TOKEN", "t")
    runs = [{"id": "ab1", "title": "checkout"}, {"id": "cd2", "title": "cart"}]
    with serving(Said(200, {"items": runs})) as api:
        monkeypatch.setenv("GOLIVE_URL", api.url)
        assert completing.runs("a") == [("ab1", "checkout")]
    assert completing.runs("a") == []
