"""Structure sets: masks to contours and back, exactly, and a valid object around them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from ml.dicom.contours import contours_of, mask_of, signed_area
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.volume import Volume
from tests.conformance.dciodvfy import errors
from tests.ml.dicom.series import grid, mr_series, mr_volume

ALGORITHM = Algorithm(name="Simulator", version="1.0", weights_sha256="ab" * 32)


@settings(deadline=None, max_examples=150)
@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_any_mask_survives_the_round_trip(mask: NDArray[np.bool_]) -> None:
    polygons = contours_of(mask)
    assert (mask_of(polygons, (mask.shape[0], mask.shape[1])) == mask).all()
    assert sum(signed_area(polygon) for polygon in polygons) == pytest.approx(mask.sum())


def test_a_square_has_four_corners_and_a_ring_one_contour() -> None:
    mask = np.zeros((8, 9), np.bool_)
    mask[2:6, 3:8] = True
    (square,) = contours_of(mask)
    assert sorted(map(tuple, square.tolist())) == [
        (1.5, 2.5), (1.5, 7.5), (5.5, 2.5), (5.5, 7.5),
    ]  # fmt: skip
    mask[3:5, 4:6] = False
    (ring,) = contours_of(mask)
    assert len(ring) == 10
    assert signed_area(ring) == pytest.approx(mask.sum())


def _mask(shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, np.bool_)
    mask[1:4, 2:8, 1:6] = True
    mask[2, 4:6, 3] = False
    mask[3, 9, 7] = True
    return mask


def _restored(path: Path, image: Volume, number: int) -> NDArray[np.bool_]:
    """A region's mask from its contours alone."""
    dataset = pydicom.dcmread(path)
    (item,) = (i for i in dataset.ROIContourSequence if i.ReferencedROINumber == number)
    planes: dict[int, list[NDArray[np.float64]]] = {}
    for contour in item.ContourSequence:
        points = np.asarray(contour.ContourData, dtype=np.float64).reshape(-1, 3)
        assert len(points) == contour.NumberOfContourPoints
        voxels = np.asarray([image.index_of((x, y, z)) for x, y, z in points])
        index = round(float(voxels[0, 0]))
        assert np.allclose(voxels[:, 0], index, atol=1e-4)
        assert image.source is not None
        referenced = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
        assert referenced == image.source.sop_instance_uids[index]
        planes.setdefault(index, []).append(voxels[:, 1:])
    mask = np.zeros(image.shape, np.bool_)
    for index, polygons in planes.items():
        mask[index] = mask_of(polygons, (image.shape[1], image.shape[2]))
    return mask


def test_structure_set_is_valid_marked_and_gives_the_masks_back(tmp_path: Path) -> None:
    image = mr_volume(tmp_path / "image")
    assert image.source is not None
    regions = [
        Region(name="GTV", mask=_mask(image.shape), interpreted_type="GTV", colour=(255, 0, 0)),
        Region(name="External", mask=np.ones(image.shape), interpreted_type="EXTERNAL"),
        Region(name="Nothing", mask=np.zeros(image.shape)),
    ]
    written = write_rtstruct(
        regions, image, algorithm=ALGORITHM, run_id="run", path=tmp_path / "out" / "rs.dcm"
    )
    assert errors(written.path) == []
    assert (_restored(written.path, image, 1) == _mask(image.shape)).all()
    assert _restored(written.path, image, 2).all()
    dataset = pydicom.dcmread(written.path)
    assert [r.ROIName for r in dataset.StructureSetROISequence] == ["GTV", "External", "Nothing"]
    roi = dataset.StructureSetROISequence[0]
    assert roi.ROIGenerationAlgorithm == "AUTOMATIC"
    made_by = roi.ROIDerivationAlgorithmIdentificationSequence[0]
    assert made_by.AlgorithmFamilyCodeSequence[0].CodeValue == "123110"
    assert dataset.RTROIObservationsSequence[0].RTROIInterpretedType == "GTV"
    assert dataset.ApprovalStatus == "UNAPPROVED"
    assert dataset.StudyInstanceUID == image.source.study_uid
    assert dataset.SyntheticData == "NO"
    frame = dataset.ReferencedFrameOfReferenceSequence[0]
    assert frame.FrameOfReferenceUID == image.source.frame_of_reference_uid
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert len(series.ContourImageSequence) == image.shape[0]


def test_synthetic_source_makes_a_synthetic_structure_set(tmp_path: Path) -> None:
    for path in mr_series(tmp_path / "image"):
        header = pydicom.dcmread(path)
        header.SyntheticData = "YES"
        header.save_as(path)
    image = read_series(tmp_path / "image")
    region = Region(name="GTV", mask=_mask(image.shape))
    written = write_rtstruct(
        [region], image, algorithm=ALGORITHM, run_id="run", path=tmp_path / "rs.dcm"
    )
    assert pydicom.dcmread(written.path).SyntheticData == "YES"


def test_wrong_input_is_refused(tmp_path: Path) -> None:
    image = mr_volume(tmp_path / "image")
    region = Region(name="GTV", mask=_mask(image.shape))
    out = tmp_path / "rs.dcm"
    with pytest.raises(ValueError, match="DICOM series"):
        write_rtstruct([region], grid(), algorithm=ALGORITHM, run_id="r", path=out)
    small = replace(region, mask=np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="GTV"):
        write_rtstruct([small], image, algorithm=ALGORITHM, run_id="r", path=out)
    assert not out.exists()
