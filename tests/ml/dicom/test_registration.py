"""Registrations and registered series as DICOM: read back as they were, and valid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ml.contracts.errors import InputRefused
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.read_registration import read_registration
from ml.dicom.write_registered import write_registered
from ml.dicom.write_registration import write_registration
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.ml.dicom.series import grid, mr_series, mr_volume

ALGORITHM = Algorithm(name="Comparison of two visits", version="0.1.0")
RUN = "77777777-7777-4777-8777-777777777777"


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Volume, Volume]:
    mr_series(tmp_path / "base", name="base")
    mr_series(tmp_path / "follow", name="follow")
    return read_series(tmp_path / "base"), read_series(tmp_path / "follow")


def turned() -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", [7, -4, 11], degrees=True).as_matrix()
    matrix[:3, 3] = (12.25, -31.5, 4.125)
    return matrix


def test_the_matrix_comes_back(pair: tuple[Volume, Volume], tmp_path: Path) -> None:
    base, follow = pair
    written = write_registration(
        turned(), base, follow, algorithm=ALGORITHM, run_id=RUN, path=tmp_path / "reg.dcm"
    )
    found = read_registration(written.path)
    np.testing.assert_allclose(found.matrix, turned(), rtol=0, atol=1e-9)
    assert found.vectors is None
    header = pydicom.dcmread(written.path)
    assert base.source is not None
    assert header.FrameOfReferenceUID == base.source.frame_of_reference_uid
    assert header.StudyInstanceUID == base.source.study_uid
    assert header.SyntheticData == "NO"
    assert not errors(written.path)


@pytest.mark.parametrize("upwards", [True, False])
def test_a_displacement_comes_back(upwards: bool, tmp_path: Path) -> None:
    image = grid()
    if not upwards:
        affine = image.affine.copy()
        affine[:3, 3] += affine[:3, 2] * (image.shape[0] - 1)
        affine[:3, 2] *= -1
        image = Volume(array=image.array, affine=affine)
    base = mr_volume(tmp_path / "base", image)
    draw = np.random.default_rng(3).normal(0, 3, (3, *base.shape)).astype(np.float32)
    written = write_registration(
        turned(), base, base, displacement=draw, algorithm=ALGORITHM, run_id=RUN,
        path=tmp_path / "reg.dcm",
    )  # fmt: skip
    found = read_registration(written.path)
    assert found.vectors is not None
    assert not errors(written.path)
    np.testing.assert_allclose(found.matrix, turned(), atol=1e-12)
    # By the standard's own rule: matrix · (point + vector).
    assert found.vectors_at is not None
    for z, y, x in np.ndindex(found.vectors.shape[:3]):
        point = (found.vectors_at @ [x, y, z, 1.0])[:3]
        there = found.matrix @ [*(point + found.vectors[z, y, x]), 1.0]
        at = tuple(round(v) for v in base.index_of((point[0], point[1], point[2])))
        expected = (turned() @ [*point, 1.0])[:3] + draw[:, at[0], at[1], at[2]]
        np.testing.assert_allclose(there[:3], expected, atol=1e-3)


def test_a_registered_series_lies_on_the_base(pair: tuple[Volume, Volume], tmp_path: Path) -> None:
    base, follow = pair
    assert base.source is not None
    assert follow.source is not None
    moved = base.like(np.linspace(0, 900, base.array.size, dtype=np.float32).reshape(base.shape))
    paths = write_registered(
        moved, base, follow.source, tmp_path / "registered", description="REGISTERED to 20200101 x",
        derivation="Registered and resampled", algorithm=ALGORITHM, run_id=RUN,
    )  # fmt: skip
    made = read_series(tmp_path / "registered")
    np.testing.assert_allclose(made.affine, base.affine, atol=1e-6)
    np.testing.assert_allclose(made.array, moved.array, atol=0.51)
    header = pydicom.dcmread(paths[0], stop_before_pixels=True)
    assert header.FrameOfReferenceUID == base.source.frame_of_reference_uid
    assert list(header.ImageType[:2]) == ["DERIVED", "SECONDARY"]
    assert header.SeriesDescription.startswith("REGISTERED to ")
    assert header.SyntheticData == "NO"
    named = {str(item.ReferencedSOPInstanceUID) for item in header.SourceImageSequence}
    assert named == set(follow.source.sop_instance_uids)
    assert header.ContributingEquipmentSequence[0].ManufacturerModelName == ALGORITHM.name
    assert not errors(paths[0])


def test_another_object_is_refused(pair: tuple[Volume, Volume]) -> None:
    base, _ = pair
    assert base.source is not None
    with pytest.raises(InputRefused, match="no registration"):
        read_registration(base.source.files[0])
