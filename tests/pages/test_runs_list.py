"""The list of runs: what stands in the address, what is told of it, and the way from page to page."""

from __future__ import annotations

from tests.pages.reader import Reader


async def test_smoke(chief: Reader) -> None:
    shown = await chief.look("/runs")
    assert shown.status == 200, shown.text
    print(shown.text)
    shown = await chief.look("/runs", state="bad", q="xx", cursor="zz")
    print(shown.text)
    shown = await chief.look("/start")
    print(shown.status, shown.text)
