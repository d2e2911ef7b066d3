"""What we write is taken by the real Orthanc, by REST and by C-STORE, and comes back unchanged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pydicom
import pytest

from ml.dicom.read import read_series
from ml.dicom.write_report import write_report
from ml.dicom.write_seg import write_seg
from ml.dicom.write_sr import write_measurements_sr
from tests.conformance.subjects import ALGORITHM, RUN, document, some_labels
from tests.ml.dicom.series import mr_series
from tests.support.orthanc import Orthanc

pytestmark = pytest.mark.services


@pytest.fixture
def study_files(tmp_path: Path) -> list[Path]:
    images = mr_series(tmp_path / "image")
    image = read_series(tmp_path / "image")
    seg = write_seg(
        some_labels(image.shape), image, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "seg.dcm"
    )
    sr = write_measurements_sr(
        {17: 3.4, 53: 3.1}, image, seg, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "sr.dcm"
    )
    report = write_report(
        document(image), source_dir=tmp_path / "image", out_path=tmp_path / "report.dcm"
    )
    return [*images, seg.path, sr.path, report]


def stored(server: Orthanc) -> dict[str, bytes]:
    with server.client() as client:
        return {
            client.get(f"/instances/{name}/tags?simplify").json()["SOPInstanceUID"]: client.get(
                f"/instances/{name}/file"
            ).content
            for name in client.get("/instances").json()
        }


def test_rest_keeps_every_object_and_a_second_time_doubles_none(
    orthanc: Orthanc, study_files: list[Path]
) -> None:
    with orthanc.client() as client:
        for path in study_files * 2:
            assert client.post("/instances", content=path.read_bytes()).status_code == 200
        assert len(client.get("/studies").json()) == 1
        assert len(client.get("/series").json()) == 4
    files = {str(pydicom.dcmread(path).SOPInstanceUID): path for path in study_files}
    kept = stored(orthanc)
    assert set(kept) == set(files)
    for uid, content in kept.items():
        assert content == files[uid].read_bytes()


def test_c_store_takes_images_and_results(orthanc: Orthanc, study_files: list[Path]) -> None:
    # Debian's dcmtk: pynetdicom installs a script of the same name.
    command = ["/usr/bin/storescu", "-aec", "SYNOPTIC", "-R", "127.0.0.1"]
    done = subprocess.run(
        [*command, str(orthanc.dicom_port), *map(str, study_files)],
        capture_output=True,
        text=True,
        check=False,
        env={"TCP_NODELAY": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert len(stored(orthanc)) == len(study_files)
