"""The benchmark measures what it says. No time is asserted: a busy machine is not a fault."""

from __future__ import annotations

import asyncio
import re
import sys

import pytest

from bench.figures import Finding, Spread, alternately, table
from bench.runs import in_order, plan_of
from bench.viewers import KINDS, QUICK, WHOLE, promise
from cli.language import ROOT


def test_a_spread_is_told_in_milliseconds() -> None:
    found = Spread.of([n / 1000 for n in range(1, 101)])
    assert (found.median, found.p95) == pytest.approx((50.5, 95.0))
    assert Spread.of([0.2]) == Spread(median=200, p95=200)


async def test_acts_are_done_in_turn() -> None:
    done: list[str] = []

    async def act(name: str) -> None:
        done.append(name)

    ours, other = await alternately(3, lambda: act("ours"), lambda: act("other"))
    assert done == ["ours", "other"] * 3
    assert len(ours) == len(other) == 3
    assert min(*ours, *other) >= 0


def test_a_table_shows_both_sides_and_the_ratio() -> None:
    found = Finding("Acts", "golive", "bare")
    found.compare("one act", 30, 12, "ms")
    assert [line.split() for line in table(found).splitlines()[2:]] == [
        ["golive", "bare", "ratio"],
        ["one", "act", "30", "ms", "12", "ms", "2.50"],
    ]


def test_eight_at_once_never_meet_a_task_that_is_not_open() -> None:
    plan = plan_of(200, apart=20)
    refs = in_order(plan, apart=20)
    needs = {f"acceptance.{task.key}": task.needs for task in plan.stages[0].tasks}
    assert sorted(refs) == sorted(needs)
    assert [ref for ref in (*refs[:20], *refs[-20:]) if needs[ref]] == []
    place = {ref: n for n, ref in enumerate(refs)}
    tied = [(ref, need) for ref in refs for need in needs[ref]]
    assert tied
    assert all(place[ref] - place[need] > 8 for ref, need in tied)


def test_the_viewers_are_told_in_words_whether_the_promise_holds() -> None:
    assert "less than 10 % of a core for 500 viewers. It holds" in promise(WHOLE, 9.9)
    assert "It DOES NOT HOLD: 10.1 % at most" in promise(WHOLE, 10.1)
    assert "hold" not in promise(QUICK, 0.1).lower()


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.e2e
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("bench")
async def test_the_short_form_prints_every_ratio() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--quick"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, complaints = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, told + complaints
    commands = re.findall(r"^\$ python -m bench (\w+) --quick$", told, re.MULTILINE)
    assert commands == ["thousand", "acknowledged", "runs", "http", "viewers"]
    for part in told.split("\n$ ")[1:]:
        ratios = re.findall(r"(?:ms|KiB|per s|% of a core) +(\d+\.\d\d)$", part, re.MULTILINE)
        assert ratios, part
        assert all(float(ratio) > 0 for ratio in ratios), part
    for kind in KINDS:
        assert re.search(rf"^{kind} .*% of a core", told, re.MULTILINE), kind
    assert re.match(r"\d+ cores .*\nPython 3", told)
