"""The page on monitoring: it names what there is, and Prometheus takes its examples."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.registry import Collector

from api.figures import told
from api.metrics import Metrics
from cli.language import ROOT
from db.figures import Figures
from worker.observed import DURATION, EVENTS, FAILURES

PAGES = [ROOT / "docs" / language / "operator" / "monitoring.md" for language in ("en", "zh-CN")]
NOTHING = Figures(
    runs={},
    ended={},
    waits={},
    oldest={},
    overdue={},
    approvals={},
    signed_off={},
    rollouts={},
    alerts={},
    frozen={},
)


def examples(page: Path) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def names_of(collector: Collector) -> set[str]:
    """Return the families of a collector, counters as they are scraped."""
    return {f"{each.name}_total" if each.type == "counter" else each.name for each in collector.collect()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parts[-3])
def test_every_metric_is_told(page: Path) -> None:
    there = names_of(Metrics().registry) | {each.name for each in told(NOTHING)}
    there |= {
        "golive_updates_in_flight",
        "golive_updates_queued",
        "golive_streams_open",
        "golive_database_up",
    }
    there |= {f"{DURATION}_seconds", f"{FAILURES}_total", f"{EVENTS}_total"}
    named = set(re.findall(r"^\| `(golive_\w+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named == {name for name in there if name.startswith("golive_")}


def test_both_pages_give_the_same_examples() -> None:
    english, chinese = (examples(page) for page in PAGES)
    assert english == chinese
    assert len(english) == 2


@pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool, of Debian's package prometheus, is missing"
)
@pytest.mark.parametrize(("number", "kind"), [(0, "config"), (1, "rules")])
def test_prometheus_takes_the_examples(number: int, kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"{kind}.yml"
    file.write_text(examples(PAGES[0])[number], encoding="utf-8")
    checked = subprocess.run(
        ["promtool", "check", kind, str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SUCCESS" in checked.stdout
