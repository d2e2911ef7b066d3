"""compare_scans from two visits to its files, and the pairs that it refuses, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from ml.contracts.cancel import CancelToken
from ml.contracts.errors import (
    Cancelled,
    InputRefused,
    ReversedOrder,
    SyntheticInput,
)
from ml.contracts.events import Event
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import read_nifti, write_nifti
from ml.dicom.read import read_series
from ml.dicom.read_registration import read_registration
from ml.imaging.volume import Volume
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from tests.ml.dicom.series import mr_series
from tests.ml.followup.phantom import HERE, SPACING, flair

CPU = Device(kind="cpu", threads=1)
# Voxels (z, y, x) by which the head lies elsewhere at the follow-up.
MOVED = (1, 2, -2)


def volume(*, moved: bool = False, seed: int = 1) -> Volume:
    image = flair((HERE, 9), seed=seed)
    if moved:
        image = ndimage.shift(image, MOVED, order=0)
    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = (-96.0, -115.0, -112.0)
    return Volume(array=image.clip(0, 3000).astype(np.uint16), affine=affine)


def visit(folder: Path, image: Volume, **header: object) -> Path:
    """A series of ``image`` with the values of ``header`` in every file."""
    for file in mr_series(folder, image, folder.name):
        dataset = pydicom.dcmread(file)
        for keyword, value in header.items():
            setattr(dataset, keyword, value)
        dataset.save_as(file)
    return folder


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    text = TextService(CPU, tmp_path)
    yield Resources(device=CPU, data_dir=tmp_path, text=text)
    text.close()


def given(image: Volume | Path, path: Path) -> ImageInput:
    if isinstance(image, Path):
        return ImageInput(path=image, kind="dicom")
    write_nifti(image, path)
    return ImageInput(path=path, kind="nifti")


def request(base: Volume | Path, follow: Volume | Path, out: Path, **params: Any) -> RunRequest:
    out.mkdir(exist_ok=True)
    return RunRequest(
        pipeline="compare_scans",
        run_id="55555555-5555-4555-8555-555555555555",
        inputs={
            name: given(image, out.parent / f"{out.name}-{name}.nii.gz")
            for name, image in (("base", base), ("follow", follow))
        },
        out_dir=out,
        params=params,
    )


def run(
    base: Volume | Path, follow: Volume | Path, resources: Resources, out: Path, **params: Any
) -> list[Event]:
    return list(execute(request(base, follow, out, **params), CancelToken(), resources))


def told(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "comparability.json").read_text())
    return found


def test_a_moved_head_is_laid_onto_the_base_and_the_registration_says_how(
    resources: Resources, tmp_path: Path
) -> None:
    base = visit(tmp_path / "base", volume())
    follow = visit(
        tmp_path / "follow", volume(moved=True, seed=2), StudyDate="20210304",
        AcquisitionDate="20210304",
    )  # fmt: skip
    out = tmp_path / "out"
    run(base, follow, resources, out)
    found = told(out)
    assert found["days"] == 365
    assert found["comparability"]["comparable"] is True
    assert {reason["code"] for reason in found["comparability"]["reasons"]} >= {"registration"}
    # LPS mm along x, y, z; half a voxel of 3 mm is allowed.
    shift = np.array(MOVED[::-1]) * SPACING[0]
    stored = read_registration(out / "registration.dcm")
    point = np.array([0.0, 0.0, 0.0, 1.0])
    np.testing.assert_allclose((stored.matrix @ point)[:3], shift, atol=1.5)
    np.testing.assert_allclose(stored.matrix, found["registration"]["matrix"], atol=1e-3)
    onto, expected = read_nifti(out / "registered.nii.gz").array, volume().array
    inside = expected > 200
    inside[:4], inside[-4:] = False, False
    assert np.median(np.abs(onto[inside] - expected[inside])) < 30
    made = read_series(out / "registered")
    assert made.source is not None
    header = pydicom.dcmread(made.source.files[0], stop_before_pixels=True)
    assert header.SeriesDescription.startswith("REGISTERED to 2020-03-04")
    assert header.ImageType[0] == "DERIVED"
    assert np.allclose(made.affine, read_series(base).affine, atol=1e-4)
    assert (out / "checkerboard.png").stat().st_size > 1000
    # What a run made is no input of another.
    with pytest.raises(SyntheticInput) as made_before:
        run(base, out / "registered", resources, tmp_path / "again")
    assert made_before.value.code == "synthetic_input"


def test_files_without_dates_are_compared_without_a_rate(
    resources: Resources, tmp_path: Path
) -> None:
    run(volume(), volume(seed=2), resources, tmp_path / "out")
    found = told(tmp_path / "out")
    assert found["days"] is None
    assert "date_missing" in {warning["code"] for warning in found["warnings"]}
    assert not (tmp_path / "out" / "registration.dcm").exists()


def test_the_same_date_twice_is_warned_of(resources: Resources, tmp_path: Path) -> None:
    dates = {"base_date": "2024-01-01", "follow_date": "2024-01-01"}
    run(volume(), volume(seed=2), resources, tmp_path / "out", **dates)
    found = told(tmp_path / "out")
    assert found["days"] == 0
    assert "same_date" in {warning["code"] for warning in found["warnings"]}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"StudyDate": "20190304", "AcquisitionDate": "20190304"}, "reversed_order"),
        ({"PatientID": "T2"}, "different_patient"),
        ({"PatientBirthDate": "19690102"}, "different_patient"),
        ({"BodyPartExamined": "KNEE"}, "different_body_part"),
    ],
)
def test_pairs_that_do_not_belong_together_are_refused(
    header: dict[str, str], code: str, resources: Resources, tmp_path: Path
) -> None:
    base = visit(tmp_path / "base", volume())
    follow = visit(tmp_path / "follow", volume(seed=2), **header)
    with pytest.raises(InputRefused) as refused:
        run(base, follow, resources, tmp_path / "out")
    assert refused.value.code == code


def test_dates_that_are_none_or_reversed_are_refused(resources: Resources, tmp_path: Path) -> None:
    with pytest.raises(ReversedOrder):
        run(
            volume(), volume(seed=2), resources, tmp_path / "late",
            base_date="2024-05-01", follow_date="2024-01-01",
        )  # fmt: skip
    with pytest.raises(InputRefused, match="YYYY-MM-DD"):
        run(volume(), volume(seed=2), resources, tmp_path / "none", base_date="last spring")


def test_images_with_nothing_in_common_are_refused(resources: Resources, tmp_path: Path) -> None:
    empty = volume()
    with pytest.raises(InputRefused):
        run(volume(), empty.like(np.zeros_like(empty.array)), resources, tmp_path / "out")


def test_a_stop_leaves_no_result(resources: Resources, tmp_path: Path) -> None:
    token = CancelToken()
    asked = request(volume(), volume(seed=2), tmp_path / "out")

    def stopped() -> None:
        for event in execute(asked, token, resources):
            if event.type == "step.started" and event.data["step"] == "register":
                token.cancel()

    with pytest.raises(Cancelled):
        stopped()
    assert not (tmp_path / "out" / "comparability.json").exists()
