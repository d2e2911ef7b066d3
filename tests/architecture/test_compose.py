"""deploy/compose.yaml against the product itself: it cannot be run here, but it can be read."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
import yaml
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from apps.pacs.configuration import CONTAINER_DICOM_PORT, CONTAINER_HTTP_PORT, CONTAINER_STORE
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


def test_the_proxy_alone_says_who_asks(compose: dict[str, Any]) -> None:
    """Otherwise everybody has the proxy's address, and 40 wrong passwords lock all out."""
    trusted = compose["services"]["web"]["environment"]["FORWARDED_ALLOW_IPS"]
    (inner,) = compose["networks"]["inner"]["ipam"]["config"]
    assert trusted == inner["subnet"]
    assert compose["services"]["web"]["networks"] == ["inner"]
    network = re.sub(r"\$\{\w+:-(.+)}", r"\1", trusted)
    nobody = ipaddress.ip_network(network)
    heard: list[str] = []

    async def web(scope: Any, receive: Any, send: Any) -> None:
        heard.append(scope["client"][0])

    told = [(b"x-forwarded-for", b"203.0.113.9")]
    for asking in (str(nobody[3]), "192.0.2.1"):
        scope: Any = {"type": "http", "client": (asking, 1), "headers": told}
        asyncio.run(ProxyHeadersMiddleware(web, network)(scope, None, None))  # type: ignore[arg-type]
    assert heard == ["203.0.113.9", "192.0.2.1"]


def test_the_proxy_keeps_the_port_and_waits_for_uploads() -> None:
    """It is published on another port than 443: without it no origin is the site's own."""
    text = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text()
    assert re.findall(r"proxy_set_header Host (\S+);", text) == ["$http_host"]
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    patient = re.search(r"location ~ (\S+) \{[^}]*proxy_read_timeout 30m;", text)
    assert patient is not None
    for address in ("/api/v1/uploads", "/dicomweb/studies"):
        assert re.search(patient.group(1), address)
    # A location with headers of its own would have none of the others.
    assert not re.search(r"location [^{]*\{[^}]*proxy_set_header", text)


def test_health_is_asked_by_a_name_that_is_answered(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = compose["services"]["web"]["healthcheck"]["test"]
    assert check[:3] == ["CMD", "python", "-c"]
    asked: list[Request] = []
    monkeypatch.setattr("urllib.request.urlopen", lambda request, timeout: asked.append(request))
    monkeypatch.setenv("SYNOPTIC_ALLOWED_HOSTS", ".images.example,other.example")
    exec(check[3], {})
    assert asked[0].full_url == "http://127.0.0.1:8000/healthz"
    assert asked[0].get_header("Host") == "images.example"


def test_orthanc_runs_with_what_is_written_for_it(compose: dict[str, Any]) -> None:
    service = compose["services"]["orthanc"]
    assert f"orthanc:{CONTAINER_STORE}" in service["volumes"]
    assert service["ports"][0].endswith(f":{CONTAINER_DICOM_PORT}")
    url = compose["x-synoptic"]["environment"]["SYNOPTIC_ORTHANC_URL"]
    assert url == f"http://orthanc:{CONTAINER_HTTP_PORT}"
    dockerfile = (ROOT / "deploy" / "images" / "orthanc.Dockerfile").read_text()
    number = re.search(r"^USER (\d+):", dockerfile, flags=re.MULTILINE)
    assert number is not None
    assert f"chown {number.group(1)}:" in (ROOT / "deploy" / "RUNBOOK.md").read_text()


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
