"""Structure sets read back: the same masks, holes, other grids, and what does not fit."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ml.contracts.errors import InputRefused, InputUnreadable
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series, read_volume
from ml.dicom.read_rtstruct import Contour, Roi, read_rtstruct
from ml.dicom.roi_masks import FrameOfReferenceDiffers, check_frame, mask_on
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.volume import SourceSeries, Volume
from tests.ml.dicom.series import grid, mr_volume

ALGORITHM = Algorithm(name="Simulator", version="1.0", weights_sha256="ab" * 32)


def ball(shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """A shell with a hole in every slice but the outermost."""
    z, y, x = np.indices(shape)
    centre = [(n - 1) / 2 for n in shape]
    radius = np.hypot(y - centre[1], x - centre[2]) + np.abs(z - centre[0]) / 2
    shell: NDArray[np.bool_] = (radius < 3.8) & ((radius > 1.2) | (z < 1))
    return shell


def square(z: float, low: float, high: float, kind: str = "CLOSED_PLANAR") -> Contour:
    corners = [[low, low, z], [high, low, z], [high, high, z], [low, high, z]]
    return Contour(points=np.array(corners, dtype=np.float64), kind=kind)


def region(*contours: Contour, frame: str = "") -> Roi:
    return Roi(
        number=1,
        name="Test",
        interpreted_type="ORGAN",
        colour=None,
        frame_of_reference_uid=frame,
        contours=contours,
    )


def millimetres(shape: tuple[int, int, int] = (6, 20, 20)) -> Volume:
    return Volume(array=np.zeros(shape, np.int16), affine=np.eye(4))


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_what_was_written_is_read_back(tmp_path: Path, flips: tuple[int, int, int]) -> None:
    upright = grid()
    turned = Volume(array=upright.array, affine=upright.affine @ np.diag([*flips, 1]))
    image = mr_volume(tmp_path / "image", turned)
    mask = ball(image.shape)
    regions = [
        Region(name="GTV", mask=mask, interpreted_type="GTV", colour=(255, 0, 10)),
        Region(name="Empty", mask=np.zeros_like(mask)),
    ]
    written = write_rtstruct(
        regions, image, algorithm=ALGORITHM, run_id="run", path=tmp_path / "out" / "rs.dcm"
    )
    structures = read_rtstruct(tmp_path / "out")
    check_frame(structures, image)
    assert image.source is not None
    assert structures.sop_instance_uid == written.sop_instance_uid
    assert structures.referenced_series_uids == (image.source.series_uid,)
    assert (structures.approval, structures.synthetic) == ("UNAPPROVED", False)
    gtv, empty = structures.rois
    assert (gtv.name, gtv.interpreted_type, gtv.colour) == ("GTV", "GTV", (255, 0, 10))
    assert gtv.frame_of_reference_uid == image.source.frame_of_reference_uid
    assert gtv.generation == "AUTOMATIC"
    drawn = mask_on(structures.roi("gtv"), image)
    assert dice(drawn.mask, mask) == 1.0
    assert drawn.volume_ml == pytest.approx(mask.sum() * image.voxel_ml)
    assert (drawn.outside_ml, drawn.note) == (0, "")
    nothing = mask_on(empty, image)
    assert not nothing.mask.any()
    assert "no closed contours" in nothing.note


def test_very_long_contours_survive(tmp_path: Path) -> None:
    """Beyond 64 KiB explicit VR cannot hold a contour; pydicom would write it as unknown."""
    shape = (2, 1200, 12)
    image = mr_volume(tmp_path / "image", grid(shape, array=np.zeros(shape, np.uint16)))
    comb = np.zeros(shape, np.bool_)
    comb[0, 1:1199, 5] = True
    comb[0, 1:1199:2, 2:9] = True
    path = tmp_path / "rs.dcm"
    regions = [Region(name="Comb", mask=comb)]
    write_rtstruct(regions, image, algorithm=ALGORITHM, run_id="run", path=path)
    dataset = pydicom.dcmread(path)
    contours = dataset.ROIContourSequence[0].ContourSequence
    assert max(len(str(contour.ContourData)) for contour in contours) > 2**16
    assert dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert contours[0]["ContourData"].VR == "DS"
    assert (mask_on(read_rtstruct(path).rois[0], image).mask == comb).all()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with pytest.warns(UserWarning, match="64 kByte"):
        dataset.save_as(tmp_path / "unknown.dcm", implicit_vr=False, little_endian=True)
    unknown = read_rtstruct(tmp_path / "unknown.dcm")
    assert (mask_on(unknown.rois[0], image).mask == comb).all()


def test_contour_within_a_contour_is_a_hole_and_within_that_an_island() -> None:
    roi = region(square(2, 1.5, 12.5), square(2, 3.5, 10.5), square(2, 5.5, 8.5))
    drawn = mask_on(roi, millimetres()).mask
    assert drawn.sum() == 11**2 - 7**2 + 3**2
    assert drawn[2, 2, 2]
    assert not drawn[2, 4, 4]
    assert drawn[2, 6, 6]
    assert not drawn[[0, 1, 3, 4, 5]].any()


def test_doubled_contour_is_no_hole() -> None:
    assert mask_on(region(square(2, 1.5, 4.5), square(2, 1.5, 4.5)), millimetres()).mask.sum() == 9


def test_edges_through_voxel_centres_count_on_one_side_only() -> None:
    left, right = square(2, 2, 5), square(2, 5, 9)
    assert mask_on(region(left), millimetres()).mask.sum() == 3 * 3
    both = mask_on(region(left), millimetres()).mask & mask_on(region(right), millimetres()).mask
    assert not both.any()


def test_planes_further_apart_than_slices_fill_the_slices_between() -> None:
    planes = [square(z, 1.5, 4.5) for z in (0.0, 3.0)]
    drawn = mask_on(region(*planes), millimetres())
    assert drawn.mask.any(axis=(1, 2)).tolist() == [True] * 5 + [False]


def test_planes_closer_than_slices_give_each_slice_its_nearest() -> None:
    planes = [square(z / 4, 1.5, 4.5 + z % 4) for z in range(17)]
    drawn = mask_on(region(*planes), millimetres())
    assert drawn.mask.sum(axis=(1, 2)).tolist() == [9, 9, 9, 9, 9, 0]


def test_planes_off_the_slices_by_less_than_half_a_slice_are_taken() -> None:
    drawn = mask_on(region(square(2.4, 1.5, 4.5), square(3.4, 1.5, 4.5)), millimetres())
    assert drawn.mask.any(axis=(1, 2)).tolist() == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("contours", "inside", "outside_ml", "note"),
    [
        ([square(2, 15.5, 24.5)], 16, 0.065, "80.2 % of the structure"),
        ([square(2, -8.5, -1.5)], 0, 0.049, "wholly outside"),
        ([square(z, 1.5, 4.5) for z in (4, 5, 6, 7)], 18, 0.018, "50.0 %"),
        ([square(2, 1e7, 2e7)], 0, None, "wholly outside"),
        ([square(2, 2.1, 2.2)], 0, 0, "smaller than a voxel"),
        ([square(2, 2, 2.2, kind="POINT")], 0, 0, "no closed contours"),
        ([square(1e7, 1.5, 4.5), square(3, 1.5, 4.5)], 9, None, "outside"),
    ],
)
def test_what_lies_outside_is_told(
    contours: list[Contour], inside: int, outside_ml: float | None, note: str
) -> None:
    drawn = mask_on(region(*contours), millimetres())
    assert drawn.mask.sum() == inside
    assert note in drawn.note
    if outside_ml is None:
        assert drawn.truncated
    else:
        assert drawn.outside_ml == pytest.approx(outside_ml)
        assert drawn.truncated == (outside_ml > 0)


def test_contours_across_the_slices_are_refused() -> None:
    leaning = square(2, 1.5, 8.5)
    leaning.points[:2, 2] += 2
    with pytest.raises(InputRefused, match="planes of the image's slices"):
        mask_on(region(leaning), millimetres())


def test_another_frame_of_reference_is_refused(tmp_path: Path) -> None:
    image = mr_volume(tmp_path / "image")
    written = write_rtstruct(
        [Region(name="GTV", mask=ball(image.shape))],
        image,
        algorithm=ALGORITHM,
        run_id="run",
        path=tmp_path / "rs.dcm",
    )
    structures = read_rtstruct(written.path)
    assert image.source is not None

    def on(source: SourceSeries) -> Volume:
        return Volume(array=image.array, affine=image.affine, source=source)

    elsewhere = on(replace(image.source, frame_of_reference_uid="1.2.3"))
    nameless = replace(image.source, frame_of_reference_uid=None)
    with pytest.raises(FrameOfReferenceDiffers, match="another frame of reference"):
        check_frame(structures, elsewhere)
    with pytest.raises(FrameOfReferenceDiffers, match="another frame of reference"):
        mask_on(structures.rois[0], elsewhere)
    check_frame(structures, on(nameless))  # drawn on this very series
    with pytest.raises(FrameOfReferenceDiffers, match="does not name"):
        check_frame(structures, on(replace(nameless, series_uid="1.2.4")))


def test_no_structure_set_two_or_a_damaged_one_are_refused(tmp_path: Path) -> None:
    image = mr_volume(tmp_path / "image")
    with pytest.raises(InputUnreadable, match="no readable structure set"):
        read_rtstruct(tmp_path / "image")
    regions = [Region(name="GTV", mask=ball(image.shape))]
    for name in ("a", "b"):
        path = tmp_path / "sets" / f"{name}.dcm"
        write_rtstruct(regions, image, algorithm=ALGORITHM, run_id=name, path=path)
    with pytest.raises(InputRefused, match="2 structure sets"):
        read_rtstruct(tmp_path / "sets")
    with pytest.raises(InputRefused, match="no region"):
        read_rtstruct(tmp_path / "sets" / "a.dcm").roi("Heart")
    damaged = pydicom.dcmread(tmp_path / "sets" / "a.dcm")
    damaged.ROIContourSequence[0].ContourSequence[0].ContourData = ["1", "2"]
    damaged.save_as(tmp_path / "damaged.dcm")
    with pytest.raises(InputUnreadable, match="damaged"):
        read_rtstruct(tmp_path / "damaged.dcm")


@pytest.mark.realdata
@pytest.mark.parametrize(("series", "known"), [("MR_T1", "gtv_on_mr"), ("CT", "gtv_on_ct")])
def test_real_structure_sets_agree_with_another_rasteriser(
    realdata: Path, tmp_path: Path, series: str, known: str
) -> None:
    """Each of the patient's three structure sets on both images, against masks made elsewhere."""
    archive = realdata / "dicom" / "STS_048_CT_MR_PET_RTSTRUCT.zip"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    patient = tmp_path / "STS_048"
    image = read_series(patient / series / "image")
    folder = realdata / "sts-mr-ct" / "aligned" / "STS_048"
    expected = read_volume(folder / f"{known}.nii.gz", "nifti")
    assert np.allclose(expected.affine, image.affine, atol=1e-3)
    for drawn_on in ("MR_T1", "CT", "PET"):
        structures = read_rtstruct(patient / drawn_on / "mask")
        check_frame(structures, image)
        (gtv,) = structures.rois
        assert (gtv.name, gtv.interpreted_type) == (f"GTV_Mass_{drawn_on}", "GTV")
        drawn = mask_on(gtv, image)
        assert drawn.note == ""
        assert dice(drawn.mask, expected.array > 0) >= 0.999


@pytest.mark.realdata
def test_structure_set_of_a_planning_system(realdata: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(realdata / "dicom" / "dicompyler_rtss_rtplan_ct0.zip") as packed:
        packed.extractall(tmp_path)
    structures = read_rtstruct(tmp_path)
    assert (len(structures.rois), structures.approval) == (10, "APPROVED")
    header = pydicom.dcmread(tmp_path / "ct.0.dcm", stop_before_pixels=True)
    row, column = header.PixelSpacing
    affine = np.diag([column, row, 3.0, 1.0])
    affine[:3, 3] = header.ImagePositionPatient
    # The archive holds one slice of the scan; its structures reach 140 mm beyond.
    affine[2, 3] = -122.44
    image = Volume(array=np.zeros((90, header.Rows, header.Columns), np.int16), affine=affine)
    heart, areola = structures.roi("Heart"), structures.roi("Areola")
    drawn = mask_on(heart, image)
    assert drawn.note == ""
    assert 300 < drawn.volume_ml < 900
    assert "no closed contours" in mask_on(areola, image).note
    body = mask_on(structures.roi("BODY"), image)
    assert body.mask[drawn.mask].mean() > 0.999


@pytest.mark.realdata
def test_odd_structure_set_with_points(realdata: Path) -> None:
    structures = read_rtstruct(realdata / "dicom" / "odd" / "rtstruct.dcm")
    assert [roi.contours[0].kind for roi in structures.rois] == ["CLOSED_PLANAR", "POINT", "POINT"]
    assert "no closed contours" in mask_on(structures.rois[1], millimetres()).note
