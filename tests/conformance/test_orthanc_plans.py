"""Everything of a plan through the real Orthanc: byte for byte, and HU and place bit for bit as
SimpleITK reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from ml.dicom.image_series import Generated
from ml.dicom.qa.pdf import subject_of, write_qa_pdf
from ml.dicom.qa.pdf_object import write_encapsulated_pdf
from ml.dicom.qa.sr import write_qa_sr
from ml.dicom.read_parametric_map import read_parametric_map
from ml.dicom.read_rtdose import read_rtdose
from ml.dicom.write_image import write_ct
from ml.dicom.write_parametric_map import write_parametric_map
from ml.imaging.itk import from_itk
from ml.imaging.volume import Volume
from tests.conformance.plan_json import plan_json
from tests.conformance.plans import NETWORK, PLANNER, RUN, hounsfield, write_plan
from tests.ml.dicom.series import new_series, study
from tests.support.orthanc import Orthanc

pytestmark = pytest.mark.services


def through(server: Orthanc, files: list[Path], out: Path) -> list[Path]:
    """Store ``files`` and fetch them again, in their order."""
    out.mkdir()
    fetched: list[Path] = []
    with server.client() as client:
        for path in files:
            stored = client.post("/instances", content=path.read_bytes())
            assert stored.status_code == 200, path.name
            content = client.get(f"/instances/{stored.json()['ID']}/file").content
            fetched.append(out / f"{len(fetched):03d}.dcm")
            fetched[-1].write_bytes(content)
    return fetched


def by_simpleitk(folder: Path) -> Volume:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return from_itk(reader.Execute())


def test_plan_objects_come_back_byte_for_byte(orthanc: Orthanc, tmp_path: Path) -> None:
    plan = write_plan(tmp_path)
    bound = plan.image.like((plan.image.array * 1.01 - 12.345).astype(np.float32))
    parametric = write_parametric_map(
        bound,
        plan.image,
        title="CT 5 % bound",
        derivation="The value that CT numbers exceed with a probability of 95 %.",
        algorithm=NETWORK,
        run_id=RUN,
        path=tmp_path / "lower.dcm",
        key="sct-lower",
    )
    report = write_qa_sr(
        plan_json(),
        plan.image,
        references=[plan.structures, plan.plan, plan.written_dose],
        algorithm=PLANNER,
        run_id=RUN,
        path=tmp_path / "qa.dcm",
    )
    pdf = write_qa_pdf(plan_json(), subject_of(plan.image), tmp_path / "qa.pdf")
    document = write_encapsulated_pdf(
        pdf, plan.image, title="Report", algorithm=PLANNER, run_id=RUN, path=tmp_path / "pdf.dcm"
    )
    files = [*plan.files, parametric.path, report.path, document.path]
    fetched = through(orthanc, files, tmp_path / "fetched")
    assert [path.read_bytes() for path in fetched] == [path.read_bytes() for path in files]
    assert (read_parametric_map(fetched[3]).array == bound.array).all()
    dose = read_rtdose(fetched[2]).volume
    assert np.allclose(dose.array, plan.dose.array, rtol=0, atol=1e-5)
    assert (dose.affine == plan.dose.affine).all()


@pytest.mark.parametrize(
    ("spacing", "origin", "slack_mm"),
    [
        ((2.5, 0.9765625, 0.9765625), (-20.0, -31.5, 12.25), 0.0),
        # A real limb's: numbers of many decimals, far from the origin.
        ((3.2699, 0.976562, 0.976562), (-33.20324, -32.226685, -344.62793), 1e-14),
        # What 16 characters of a decimal string cannot hold.
        ((1.0 / 3, 0.7, 0.7), (1e-7, -1234.56789, 1.0 / 3), 1e-12),
    ],
)
def test_synthetic_ct_comes_back_bit_for_bit(
    orthanc: Orthanc,
    tmp_path: Path,
    spacing: tuple[float, float, float],
    origin: tuple[float, float, float],
    slack_mm: float,
) -> None:
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = origin
    volume = Volume(array=hounsfield().array, affine=affine)
    marks = Generated(algorithm=NETWORK, derivation="CT numbers estimated from MR.")
    paths = write_ct(
        volume, tmp_path / "sct", study=study(), series=new_series("sct"), generated=marks
    )
    fetched = through(orthanc, paths, tmp_path / "fetched")
    assert [path.read_bytes() for path in fetched] == [path.read_bytes() for path in paths]
    before, after = by_simpleitk(tmp_path / "sct"), by_simpleitk(tmp_path / "fetched")
    assert (after.array == volume.array).all()
    assert (after.affine == before.affine).all()
    # A reader finds the distance of slices as a difference of positions, which may round.
    assert np.abs(after.affine - volume.affine).max() <= slack_mm
    header = pydicom.dcmread(fetched[0], stop_before_pixels=True)
    assert header.SyntheticData == "YES"
