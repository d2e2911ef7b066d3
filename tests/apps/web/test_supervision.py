"""The table of processes, and what a start refuses with."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from apps.web.supervision import preflight
from apps.web.supervision.processes import process_table, supervisord_configuration
from apps.web.supervision.stores import StorePorts


@pytest.fixture
def configuration(tmp_path: Path) -> RawConfigParser:
    table = process_table(
        host="127.0.0.1",
        port=8000,
        redis=tmp_path / "redis.conf",
        orthanc=tmp_path / "100 %" / "orthanc.json",
        loopback=tmp_path / "absent.so",
    )
    parsed = RawConfigParser()
    parsed.read_string(supervisord_configuration(table, run_dir=tmp_path))
    return parsed


def test_every_process_dies_with_the_supervisor(configuration: RawConfigParser) -> None:
    programs = [name for name in configuration.sections() if name.startswith("program:")]
    assert len(programs) == 6
    for name in programs:
        assert configuration[name]["command"].startswith('"setpriv" "--pdeathsig"')


def test_stores_close_their_files_when_the_supervisor_is_gone(
    configuration: RawConfigParser,
) -> None:
    for store in ("redis", "orthanc"):
        assert '"TERM"' in configuration[f"program:{store}"]["command"]


def test_per_cent_signs_reach_supervisord_doubled(configuration: RawConfigParser) -> None:
    assert "100 %%" in configuration["program:orthanc"]["command"]
    assert "gpu@%%h" in configuration["program:worker-gpu"]["command"]


def test_a_busy_port_is_refused_by_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "PORT_PATIENCE_S", 0.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(preflight.StartRefused, match=f"{port}.*SYNOPTIC_PORT"):
            preflight.ports_check({"SYNOPTIC_PORT": ("127.0.0.1", port)})


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(preflight.StartRefused, match="cannot listen"):
        preflight.ports_check({"SYNOPTIC_PORT": ("192.0.2.1", 8000)})


def test_a_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=100 * 1024**2))
    with pytest.raises(preflight.StartRefused, match=r"0\.1 GiB free; Synoptic needs 2 GiB"):
        preflight.data_dir_prepare(tmp_path)


def test_a_data_folder_that_others_could_read_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "FREE_BYTES_NEEDED", 0)
    tmp_path.chmod(0o755)
    preflight.data_dir_prepare(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_what_the_supervisor_and_its_children_write_is_the_owners() -> None:
    program = (
        "import os\nfrom apps.web.supervision import __main__ as supervisor\n"
        "supervisor._run = lambda: os.umask(0)\nprint(supervisor.main())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert int(told.stdout) == 0o077


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(preflight.StartRefused, match="SYNOPTIC_DATA_DIR"):
        preflight.data_dir_prepare(tmp_path / "file" / "data")


def test_a_second_start_on_the_same_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "PORT_PATIENCE_S", 0.0)
    with (
        preflight.data_dir_lock(tmp_path),
        pytest.raises(preflight.StartRefused, match="already runs"),
    ):
        preflight.data_dir_lock(tmp_path)


def test_missing_programs_name_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(preflight.StartRefused, match="orthanc redis-server"):
        preflight.programs_check()


def test_a_store_with_its_own_address_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNOPTIC_REDIS_URL", "redis://elsewhere/0")
    monkeypatch.delenv("SYNOPTIC_ORTHANC_URL", raising=False)
    stores = StorePorts.from_environment()
    assert stores.external() == {"redis"}
    assert set(stores.listening()) == {"SYNOPTIC_ORTHANC_PORT", "SYNOPTIC_DICOM_PORT"}
