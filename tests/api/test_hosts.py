"""Which requests golive takes for its own, by the host that they ask for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.hosts import origin_of
from cli import environment
from cli.language import ROOT
from settings import Settings
from settings.unusable import NoPublicUrl
from tests.api.client import Client, problem
from tests.cli import processes

ADDRESS = "https://golive.example.com"


@pytest.fixture
def known(admin: Client, settings: Settings) -> Client:
    """The user `admin` at a golive that knows its address; a request that names no other asks for `golive`."""
    settings.public_url = ADDRESS
    return admin


@pytest.mark.parametrize(
    "host", ["evil.example", "golive", "golive.example.com:8080", "golive.example.com.evil.example", "[", ""]
)
async def test_a_request_for_another_host_is_refused_in_the_form_of_who_asks(
    known: Client, host: str
) -> None:
    headers = {"Host": host}
    for method, path in (("GET", "/users"), ("POST", "/users"), ("GET", "/nowhere")):
        told = problem(await known.ask(method, path, headers=headers), 421, "another_host")
        assert f"ask at {ADDRESS}" in told["detail"]
    page = await known.http.get("/sign-in", headers=headers)
    assert page.status_code == 421
    assert page.headers["content-type"].startswith("text/html")
    assert ADDRESS in page.text
    assert "Content-Security-Policy" in page.headers
    assert 'name="csrf"' not in page.text


@pytest.mark.parametrize("host", ["golive.example.com", "GoLive.Example.com", "golive.example.com:443"])
async def test_a_request_for_the_address_that_people_know_is_answered(known: Client, host: str) -> None:
    assert (await known.ask("GET", "/users", headers={"Host": host})).status_code == 200
    assert (await known.http.get("/sign-in", headers={"Host": host})).status_code == 200


async def test_health_is_told_whoever_asks_for_it(known: Client) -> None:
    assert (await known.http.get("/api/v1/health")).status_code == 200


async def test_a_link_never_leads_where_a_request_says(known: Client, settings: Settings) -> None:
    body = {"name": "ann", "roles": ["viewer"]}
    evil = {"Host": "evil.example"}
    problem(await known.ask("POST", "/users", json=body, headers=evil), 421, "another_host")
    settings.env = "production"
    made = await known.ask("POST", "/users", json=body, headers={"Host": "golive.example.com"})
    assert made.json()["enrolment_url"].startswith(f"{ADDRESS}/enrol/")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("https://Golive.Example.com", "https://golive.example.com"),
        ("https://golive.example.com:443/path", "https://golive.example.com"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://golive:443", "http://golive:443"),
        ("", "://"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(written: str, told: str) -> None:
    assert origin_of(written) == told


def test_production_is_not_served_without_the_address() -> None:
    with pytest.raises(NoPublicUrl, match="set GOLIVE_PUBLIC_URL to the address"):
        Settings(env="production").check_served()
    Settings(env="production", public_url=ADDRESS).check_served()
    Settings().check_served()


@pytest.mark.parametrize("words", [["-m", "api"], ["-m", "cli", "up"]])
def test_neither_api_nor_up_start_in_production_without_it(tmp_path: Path, words: list[str]) -> None:
    given = processes.environment(tmp_path, GOLIVE_ENV="production")
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "set GOLIVE_PUBLIC_URL to the address" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing was made


def test_the_command_line_asks_for_that_host_at_the_port_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOLIVE_PUBLIC_URL", ADDRESS)
    assert environment.host(None) == {"Host": "golive.example.com"}
    assert environment.host("http://elsewhere") == {}
