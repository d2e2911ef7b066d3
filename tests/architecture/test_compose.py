"""deploy/compose.yaml against the product itself: it cannot be run here, but it can be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.web.supervision.processes import process_table

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy" / "compose.yaml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def test_every_process_is_a_service(compose: dict[str, Any]) -> None:
    path = Path("x")
    table = process_table(host="h", port=1, redis=path, orthanc=path, loopback=path)
    assert {process.name for process in table} <= set(compose["services"])


def test_services_run_what_the_supervisor_runs(compose: dict[str, Any]) -> None:
    path = Path("x")
    table = process_table(host="h", port=1, redis=path, orthanc=path, loopback=path)
    for process in table:
        command = compose["services"][process.name].get("command")
        if process.name in ("redis", "orthanc", "web"):
            continue
        essential = [word for word in process.command[1:] if word != "-m"]
        for word in essential:
            if word in (
                "--schedule",
                "--loglevel",
                "WARNING",
                "--without-mingle",
                "--without-gossip",
            ) or word.endswith("beat-schedule"):
                continue
            assert word in command, f"{process.name} lacks {word}"


def test_nothing_is_published_beyond_loopback_by_default(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    for port in ports:
        default = re.search(r":-([^}]*)}", port)
        assert default is not None
        assert default.group(1).startswith("127.0.0.1:")


def test_every_setting_named_exists() -> None:
    read = {
        f"SYNOPTIC_{name}"
        for path in (ROOT / "apps").rglob("*.py")
        for name in re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", path.read_text())
    } | {"SYNOPTIC_REDIS_URL", "SYNOPTIC_ORTHANC_URL", "SYNOPTIC_DATABASE_URL"}
    text = COMPOSE.read_text()
    environment = text[text.index("environment: &environment") : text.index("volumes:")]
    named = set(re.findall(r"^\s+(SYNOPTIC_[A-Z_]+):", environment, flags=re.MULTILINE))
    assert named
    assert named <= read, named - read
