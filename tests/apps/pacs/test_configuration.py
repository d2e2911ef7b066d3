from __future__ import annotations

import json
import os
import socket
import subprocess
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.pacs.configuration import PluginMissing, orthanc_config, plugin_path
from apps.pacs.loopback import loopback_library_build
from tests.support.processes import child, free_port, wait_until


def test_the_file_is_for_its_owner_alone_and_holds_the_settings(
    tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = tmp_path
    settings.ORTHANC_URL = "http://127.0.0.1:18042"
    settings.DICOM_PORT = 14242
    out = tmp_path / "run" / "orthanc.json"
    call_command("orthanc_config", out=out)
    written = json.loads(out.read_text())
    assert out.stat().st_mode & 0o077 == 0
    assert (written["HttpPort"], written["DicomPort"]) == (18042, 14242)
    assert written["RegisteredUsers"] == {settings.ORTHANC_USER: settings.ORTHANC_PASSWORD}
    assert written["HttpCompressionEnabled"] is False
    assert written["OverwriteInstances"] is True
    assert Path(written["StorageDirectory"]).is_dir()


def test_the_one_in_a_container_has_its_folders_ports_and_the_password_of_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SYNOPTIC_ORTHANC_PASSWORD", raising=False)
    with pytest.raises(CommandError, match="SYNOPTIC_ORTHANC_PASSWORD"):
        call_command("orthanc_config", "--container", "--out", "-")
    monkeypatch.setenv("SYNOPTIC_ORTHANC_PASSWORD", "of-all")
    call_command("orthanc_config", "--container", "--out", "-")
    written = json.loads(capsys.readouterr().out)
    assert written["RegisteredUsers"] == {"synoptic": "of-all"}
    assert (written["HttpPort"], written["DicomPort"]) == (8042, 4242)
    assert written["RemoteAccessAllowed"] is True
    assert written["StorageDirectory"] == written["IndexDirectory"] == "/var/lib/orthanc"
    assert written["DicomAlwaysAllowStore"] is False
    # As Debian's packages name them, here as in the image.
    assert all(Path(plugin).exists() for plugin in written["Plugins"])


def test_nobody_stores_unasked_where_orthanc_cannot_be_kept_on_loopback(tmp_path: Path) -> None:
    config = orthanc_config(tmp_path, 1, 2, "u", "p", any_sender=False)
    assert config["DicomAlwaysAllowStore"] is False
    assert config["DicomCheckModalityHost"] is True


def test_a_missing_plug_in_is_named_by_its_package(tmp_path: Path) -> None:
    with pytest.raises(PluginMissing, match="orthanc-gdcm"):
        plugin_path("OrthancGdcm", (tmp_path,))


@pytest.mark.services
def test_orthanc_listens_on_loopback_only(tmp_path: Path) -> None:
    library = tmp_path / "loopback.so"
    if not loopback_library_build(library):
        pytest.skip("no C compiler")
    http, dicom = free_port(), free_port()
    config = orthanc_config(tmp_path, http, dicom, "u", "p")
    path = tmp_path / "orthanc.json"
    path.write_text(json.dumps(config))
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    with child(["Orthanc", str(path)], log=tmp_path / "log", environment=environment):
        for port in (http, dicom):
            wait_until(partial(_listens, "127.0.0.1", port), what="Orthanc")
            for address in _other_addresses():
                assert not _listens(address, port)


def _other_addresses() -> list[str]:
    told = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False)
    return [address for address in told.stdout.split() if "." in address]


def _listens(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
