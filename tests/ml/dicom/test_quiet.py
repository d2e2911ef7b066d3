"""What the libraries below would tell on standard error never holds a patient's data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydicom

from tests.ml.dicom.series import mr_series

WRITE = """
import logging, pathlib, sys
logging.basicConfig(level=logging.DEBUG)
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.write_seg import write_seg
image = read_series(pathlib.Path(sys.argv[1]))
written = write_seg(image.array * 0 + 17, image, algorithm=Algorithm(name="a", version="1"),
                    run_id="r", path=pathlib.Path(sys.argv[2]))
print("written")
"""


def test_odd_names_and_dates_are_not_told(tmp_path: Path) -> None:
    # In a process of its own: pytest would undo the filters that the package sets.
    for path in mr_series(tmp_path / "in"):
        dataset = pydicom.dcmread(path)
        dataset.PatientName, dataset.PatientID = "SECRETNAME", "SECRETID"
        dataset.save_as(path)
        path.write_bytes(path.read_bytes().replace(b"19700102", b"SECRET01"))
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", WRITE, str(tmp_path / "in"), str(tmp_path / "o")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "written\n", done.stderr
    assert "SECRET" not in done.stderr
    assert pydicom.dcmread(tmp_path / "o").PatientName == "SECRETNAME"
