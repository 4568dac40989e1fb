"""Off by default, on by the standard variables, and a sentence when they ask for what golive does not have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.language import ROOT
from observing.facts import known, note, work
from observing.tracing import WrongTracing, asked_for
from tests.cli.processes import environment

_HEAVY = """
import sys
import {part}.__main__
from observing.process import begin
from settings import Settings
assert begin(Settings(), "golive-{part}") is {expected}
heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.instrumentation", "opentelemetry.proto",
         "temporalio.contrib.opentelemetry", "requests")
print([name for name in sys.modules if name.startswith(heavy)])
"""


@pytest.mark.parametrize("part", ["api", "worker"])
def test_nothing_of_opentelemetry_is_imported_unless_it_is_asked_for(part: str, tmp_path: Path) -> None:
    code = _HEAVY.format(part=part, expected=None)
    env = {name: value for name, value in environment(tmp_path).items() if name[:5] != "OTEL_"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "golive", "OTEL_TRACES_SAMPLER": "always_on"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, False),
    ],
)
def test_the_standard_variables_switch_traces_on(variables: dict[str, str], expected: bool) -> None:
    assert asked_for(variables) is expected


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER is zipkin"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf"),
    ],
)
def test_what_golive_cannot_send_is_refused_in_words(variables: dict[str, str], named: str) -> None:
    with pytest.raises(WrongTracing, match=named):
        asked_for(variables)


def test_a_process_warns_of_a_key_that_can_be_guessed(tmp_path: Path) -> None:
    code = "from observing.process import begin\nfrom settings import Settings\nbegin(Settings(), 'golive-api')\n"
    for keys, lines in ((f"{'k' * 64},hunter2", 1), ("k" * 64, 0)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment(tmp_path, GOLIVE_SECRET_KEYS=keys),
            capture_output=True,
            text=True,
            check=True,
        )
        warnings = [line for line in done.stderr.splitlines() if "still holds a key of 7 characters" in line]
        assert len(warnings) == lines, done.stderr
        assert all("WARNING golive.settings GOLIVE_SECRET_KEYS" in line for line in warnings)
        assert "hunter2" not in done.stderr


@pytest.mark.parametrize("part", ["api", "worker"])
def test_a_process_that_is_asked_for_it_ends_with_that_sentence(part: str, tmp_path: Path) -> None:
    env = environment(tmp_path, OTEL_TRACES_EXPORTER="console")
    done = subprocess.run(
        [sys.executable, "-m", part], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "OTEL_TRACES_EXPORTER is console; golive sends traces as otlp only. Set it to otlp or none."
    ]


def test_a_worker_whose_metrics_port_is_taken_says_which_setting_to_change(tmp_path: Path) -> None:
    code = (
        "import socket, sys\nfrom settings import Settings\nfrom worker.observed import PortTaken, measured\n"
        "taken = socket.create_server(('127.0.0.1', 0))\n"
        "try:\n    measured(Settings(worker_prometheus_port=taken.getsockname()[1]))\n"
        "except PortTaken as why:\n    print(why)\n"
    )
    env = environment(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert "GOLIVE_WORKER_PROMETHEUS_PORT" in done.stdout, done.stderr


def test_without_a_setting_lines_are_written_for_people(tmp_path: Path) -> None:
    code = (
        "import logging\nfrom observing.logs import set_up\nfrom observing.facts import work\n"
        "from settings import Settings\nset_up(Settings())\n"
        "with work(run='r1'):\n    logging.getLogger('golive.api').info('ready')\n"
        "logging.getLogger('sqlalchemy.engine').info('a row')\nlogging.getLogger('golive').debug('small')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.endswith(" INFO golive.api ready\n")
    assert len(done.stderr.splitlines()) == 1


def test_facts_belong_to_the_work_that_learned_them() -> None:
    with work(run="r1"):
        note(actor="wei", task=None)
        with work(run="r2"):
            assert known() == {"run": "r2"}
        assert known() == {"run": "r1", "actor": "wei"}
    note(actor="nobody")
    assert known() == {}
