from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cli.language import ROOT
from settings import Settings
from tests.containers.written import COMPOSE, command, compose, is_job, last, secrets

SERVICES: dict[str, Any] = compose()["services"]
LONG_RUNNING = [name for name, service in SERVICES.items() if not is_job(service)]
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_it_is_valid_by_the_compose_specification() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_runs_is_what_was_asked_for() -> None:
    assert set(LONG_RUNNING) == {"postgresql", "temporal", "temporal-ui", "api", "worker"}
    assert set(SERVICES) - set(LONG_RUNNING) == {
        "postgresql-roles",
        "temporal-schema",
        "temporal-namespace",
        "golive-schema",
    }


@each_service
def test_nothing_runs_as_root_or_with_a_capability_or_on_a_root_that_can_be_written(service: Any) -> None:
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]  # noqa: S108 - a mount in the container
    assert not service.get("privileged")


@each_service
def test_images_are_pinned_and_none_is_deprecated(service: Any) -> None:
    name, _, tag = service["image"].rpartition(":")
    assert name
    assert tag[:1].isdigit()
    assert "auto-setup" not in service["image"]


@each_service
def test_limits_are_set_and_a_job_ends(service: Any) -> None:
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] in {"no", "unless-stopped"}
    assert is_job(service) or service["healthcheck"]["test"][0] == "CMD"


@each_service
def test_it_waits_for_healthy_services_and_for_jobs_that_did_well(service: Any) -> None:
    for name, needed in service.get("depends_on", {}).items():
        expected = "service_completed_successfully" if is_job(SERVICES[name]) else "service_healthy"
        assert needed["condition"] == expected


def test_only_the_api_and_temporals_ui_are_published_and_only_here() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "temporal-ui": [f"127.0.0.1:{Settings.model_fields['temporal_ui_port'].default}:8080"],
        "api": [f"127.0.0.1:{Settings.model_fields['port'].default}:8080"],
    }
    assert compose()["networks"]["inside"]["internal"] is True
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"api", "worker", "temporal-ui"}


def test_workers_can_be_many() -> None:
    assert not any("container_name" in service for service in SERVICES.values())
    assert "ports" not in SERVICES["worker"]


@each_service
def test_what_it_names_is_declared(service: Any) -> None:
    whole = compose()
    assert set(secrets(service).values()) <= set(whole["secrets"])
    assert set(service["networks"]) <= set(whole["networks"])
    for volume in service.get("volumes", []):
        assert volume.partition(":")[0] in whole["volumes"]


def test_every_secret_is_a_file_and_used() -> None:
    whole = compose()
    used = {source for service in SERVICES.values() for source in secrets(service).values()}
    assert {name: f"./secrets/{name}" for name in used} == {
        name: secret["file"] for name, secret in whole["secrets"].items()
    }


@each_service
def test_no_secret_stands_in_an_environment(service: Any) -> None:
    for name, value in service.get("environment", {}).items():
        assert not re.search(r"(PASSWORD|PWD|KEYS?|TOKEN|DATABASE_URL)$", name), name
        assert "@" not in value, name


def test_every_setting_that_is_named_is_one() -> None:
    real = {f"GOLIVE_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"GOLIVE_[A-Z_]+", COMPOSE.read_text())) <= real
    for service in SERVICES.values():
        for target in secrets(service):
            if service["image"].startswith("golive:"):
                assert target.upper() in real


def test_processes_that_may_only_add_to_the_journal_do_not_get_its_owners_password() -> None:
    for name in ("api", "worker"):
        assert not {source for source in secrets(SERVICES[name]).values() if "owner" in source}
        assert "postgres_password" not in secrets(SERVICES[name])
    assert secrets(SERVICES["golive-schema"]) == {"golive_database_url": "golive_owner_database_url"}
    assert command(SERVICES["golive-schema"])[-1] == "python -m db upgrade && python -m db grant golive"


def test_the_ui_is_for_watching_and_ended_runs_stay_for_thirty_days() -> None:
    assert SERVICES["temporal-ui"]["environment"]["TEMPORAL_DISABLE_WRITE_ACTIONS"] == "true"
    assert SERVICES["temporal-namespace"]["environment"]["RETENTION"] == "720h"


def test_our_image_is_of_this_version_and_its_user_is_the_one_that_runs() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    ours = [service for service in SERVICES.values() if "build" in service]
    assert {service["image"] for service in ours} == {f"golive:{version}"}
    assert {service["build"]["args"]["VERSION"] for service in ours} == {version}
    assert {service["user"] for service in ours} == {last("USER").rest}


def test_a_health_check_is_a_module_that_there_is() -> None:
    assert SERVICES["api"]["healthcheck"]["test"] == ["CMD", *last("HEALTHCHECK").exec_form]
    for name in ("api", "worker"):
        *_python, module = SERVICES[name]["healthcheck"]["test"]
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file()
