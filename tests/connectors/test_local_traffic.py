from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.local_traffic import LocalTraffic, Weights, file_name
from connectors.traffic import TrafficConnector, Unreachable


@pytest.fixture
def traffic(tmp_path: Path) -> LocalTraffic:
    return LocalTraffic(tmp_path / "traffic")


async def test_a_weight_stays_until_it_is_changed(traffic: TrafficConnector, tmp_path: Path) -> None:
    assert await traffic.weight("shop", "production") == 0
    await traffic.set_weight("shop", "production", "1.4.0", 20)
    assert await LocalTraffic(tmp_path / "traffic").weight("shop", "production") == 20
    await traffic.set_weight("shop", "production", "1.4.0", 50)
    assert await traffic.weight("shop", "production") == 50
    assert await traffic.weight("shop", "staging") == 0


async def test_the_version_that_had_everything_is_the_next_stable_one(traffic: LocalTraffic) -> None:
    for version, weight in [("1.3.0", 100), ("1.4.0", 5)]:
        await traffic.set_weight("shop", "production", version, weight)
    assert traffic.read("shop", "production").stable == "1.3.0"
    await traffic.set_weight("shop", "production", "1.4.0-rc2", 5)  # a new build of what never had everything
    held = traffic.read("shop", "production")
    assert (held.stable, held.version, held.weight) == ("1.3.0", "1.4.0-rc2", 5)


async def test_traffic_returns_to_stable_without_naming_a_version(traffic: LocalTraffic) -> None:
    for version, weight in [("1.3.0", 100), ("1.4.0", 100), ("", 0)]:
        await traffic.set_weight("shop", "production", version, weight)
    held = traffic.read("shop", "production")
    assert (held.stable, held.version, held.weight) == ("1.3.0", "1.4.0", 0)


async def test_a_version_that_never_had_traffic_is_taken_back_without_touching_the_one_that_serves_everybody(
    traffic: LocalTraffic,
) -> None:
    for version, weight in [("1.3.0", 100), ("1.4.0", 100), ("1.5.0", 0)]:
        await traffic.set_weight("shop", "production", version, weight)
    held = traffic.read("shop", "production")
    assert (held.stable, held.version, held.weight) == ("1.4.0", "1.5.0", 0)


@pytest.mark.parametrize(
    "service", ["../../etc/passwd", "/etc/passwd", "..", "a\0b", "CON", "支付", " ", "x" * 500]
)
async def test_no_name_leads_out_of_the_folder(traffic: LocalTraffic, service: str) -> None:
    await traffic.set_weight(service, "../production", "1.4.0", 20)
    assert await traffic.weight(service, "../production") == 20
    assert [path.parent for path in traffic.folder.iterdir()] == [traffic.folder]
    assert all(path.resolve().parent == traffic.folder.resolve() for path in traffic.folder.iterdir())


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_two_services_never_share_a_file_not_even_where_case_is_ignored(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert (file_name(*one).lower() == file_name(*other).lower()) == (one == other)


@given(st.text(), st.text())
def test_a_file_name_is_one_plain_component(service: str, environment: str) -> None:
    name = file_name(service, environment)
    assert name.isascii()
    assert not set(name) & set('/\\:*?"<>|\0')
    assert not name.startswith(".")
    assert len(name) < 120


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"service": "shop", "environment": "production", "weight": 120}']
)
async def test_a_damaged_file_is_never_taken_for_stable(traffic: LocalTraffic, content: str) -> None:
    path = traffic.path("shop", "production")
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(Unreachable) as refused:
        await traffic.weight("shop", "production")
    with pytest.raises(Unreachable):
        await traffic.set_weight("shop", "production", "1.4.0", 20)
    assert path.name in str(refused.value.sentence)
    assert path.read_text() == content


async def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "traffic").write_text("a file in the way")
    with pytest.raises(Unreachable, match="traffic weights of shop in production are out of reach"):
        await LocalTraffic(tmp_path / "traffic").set_weight("shop", "production", "1.4.0", 20)


async def test_weights_beyond_a_hundred_are_refused(traffic: LocalTraffic) -> None:
    with pytest.raises(Unreachable, match="less than or equal to 100"):
        await traffic.set_weight("shop", "production", "1.4.0", 101)


WRITER = """
import asyncio, sys
from pathlib import Path
from connectors.local_traffic import LocalTraffic
async def main():
    traffic, n = LocalTraffic(Path(sys.argv[1])), 0
    while True:
        n += 1
        await traffic.set_weight("shop", "production", "1.4.0" + "x" * (n % 50) * 100, n % 101)
        print(n, flush=True)
asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot replace a file that a reader holds open")
async def test_a_writer_that_is_killed_leaves_a_whole_file_and_readers_never_see_half_of_one(
    traffic: LocalTraffic,
) -> None:
    for _ in range(3):
        writer = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER, str(traffic.folder), stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        for _ in range(25):
            assert await writer.stdout.readline()
            seen = traffic.read("shop", "production")
            assert isinstance(seen, Weights)
            assert 0 <= seen.weight <= 100
        writer.send_signal(signal.SIGKILL)
        await writer.wait()
        assert 0 <= await traffic.weight("shop", "production") <= 100
