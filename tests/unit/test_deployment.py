"""The container files: no secrets in them, every part watched, nothing runs as root."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.secret_keys import SECRET_FIELDS
from app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "kykypolku" in str(service.get("image"))}


def test_the_parts_of_production_are_there() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "scheduler"}
    assert SERVICES["scheduler"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_each_part_that_stays_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_nothing_starts_before_the_migrations_are_done(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_secret_is_asked_for_and_none_is_written(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search(r"(KEY|PASSWORD|SECRET|_URL)", variable) and variable != "KYKYPOLKU_VERSION":
            assert "${" in str(value), f"{variable} is written in the file"
            assert not re.search(r":-[^}]", str(value)), f"{variable} has a default"


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_variables_are_settings(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.__dataclass_fields__}
    assert {key for key in OURS[name]["environment"] if key.startswith(PREFIX)} <= known


def test_only_the_scheduler_gets_the_audit_s_key() -> None:
    assert [name for name in OURS if f"{PREFIX}AUDIT_KEY" in OURS[name]["environment"]] == ["scheduler"]
    others = {PREFIX + field.upper() for field in SECRET_FIELDS if field != "audit_key"}
    assert all(others <= set(OURS[name]["environment"]) for name in OURS)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_can_write_nowhere_and_gain_nothing(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_databases_are_reached_from_inside_only() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("postgres", "valkey"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


def test_the_image_runs_as_a_person_without_rights_and_holds_no_tools() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    assert "USER kykypolku" in last_stage
    assert not any("npm" in line or "apt" in line or "dev.txt" in line for line in last_stage)
    assert not any(re.search(r"(KEY|PASSWORD)=", line) for line in lines)
