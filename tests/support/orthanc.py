from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.processes import child, free_port, wait_until

USER = PASSWORD = "synoptic"


@dataclass(frozen=True, kw_only=True)
class Orthanc:
    """A running Orthanc. ``folder`` outlives it, so that a test can start it again."""

    http_port: int
    dicom_port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, auth=(USER, PASSWORD), timeout=30, trust_env=False)

    def environment(self) -> dict[str, str]:
        return {
            "SYNOPTIC_ORTHANC_URL": self.url,
            "SYNOPTIC_ORTHANC_USER": USER,
            "SYNOPTIC_ORTHANC_PASSWORD": PASSWORD,
            "SYNOPTIC_ORTHANC_STORAGE": str(self.folder / "orthanc"),
            "SYNOPTIC_DICOM_PORT": str(self.dicom_port),
        }


@contextmanager
def orthanc_server(folder: Path, like: Orthanc | None = None) -> Iterator[Orthanc]:
    """Start Orthanc with the product's own configuration; ``like`` starts the same one again."""
    from apps.pacs.configuration import orthanc_config

    if shutil.which("Orthanc") is None:
        pytest.skip("Orthanc is not installed")
    server = like or Orthanc(http_port=free_port(), dicom_port=free_port(), folder=folder)
    config = orthanc_config(server.folder, server.http_port, server.dicom_port, USER, PASSWORD)
    path = server.folder / "orthanc.json"
    path.write_text(json.dumps(config))
    environment = {**os.environ, "TCP_NODELAY": "1"}
    command = ["Orthanc", str(path)]
    log = server.folder / "orthanc.log"
    with child(command, log=log, environment=environment, stop_wait_s=20):
        with server.client() as client:
            wait_until(lambda: client.get("/system").status_code == 200, what="Orthanc")
        yield server


def orthanc_clear(server: Orthanc) -> None:
    """Remove every patient, so that a test begins with an empty store."""
    with server.client() as client:
        for patient in client.get("/patients").json():
            client.delete(f"/patients/{patient}")
