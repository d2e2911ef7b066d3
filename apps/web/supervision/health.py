"""Waiting until the product answers for itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from apps.web.supervision.preflight import StartRefused

PATIENCE_S = 120.0


def wait_until_up(address: str, *, alive: Callable[[], bool], logs: Path) -> None:
    """Return when ``/healthz`` answers 200; refuse when the supervisor ends or time runs out."""
    deadline = time.monotonic() + PATIENCE_S
    down = ["web"]
    with httpx.Client(timeout=3.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            if not alive():
                raise StartRefused(f"the supervisor ended: see {logs / 'supervisor.log'}")
            try:
                answer = client.get(f"{address}/healthz")
                if answer.status_code == httpx.codes.OK:
                    return
                parts = answer.json().get("parts", {})
                down = sorted(part for part, state in parts.items() if state != "ok")
            except (httpx.HTTPError, ValueError):
                down = ["web"]
            time.sleep(0.25)
    raise StartRefused(
        f"not up after {PATIENCE_S:.0f} s: {', '.join(down)} (see the logs in {logs})"
    )
