"""plan_photons: bad input is refused with a reason, or warned of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from ml.contracts.errors import InputRefused, ParametersRefused
from ml.dicom.read import read_series
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import write_ct
from ml.dicom.write_rtstruct import Region
from ml.pipelines.plan_photons import fixture
from ml.pipelines.plan_photons.case import Case, make_case
from ml.pipelines.plan_photons.inputs import Inputs, read_inputs
from ml.planning.templates import read_template

TEMPLATE = read_template(fixture.TEMPLATE)
"""Planned with where no test needs another."""


class FakeContext:
    """What ``read_inputs`` needs of a run."""

    def __init__(self, places: dict[str, Path]) -> None:
        from ml.contracts.request import ImageInput, RunRequest
        from ml.runtime.registry import manifest_of

        inputs = {name: ImageInput(path=path, kind="dicom") for name, path in places.items()}
        self.request = RunRequest(
            pipeline="plan_photons", run_id="r", inputs=inputs, out_dir=Path()
        )
        self.manifest = manifest_of("plan_photons")
        self.series_uids: dict[str, str] = {}

    def input(self, name: str = "image") -> Any:
        return self.request.inputs[name]


def read(places: dict[str, Path]) -> Inputs:
    context: Any = FakeContext(places)
    return read_inputs(context)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    made = fixture.write_case(tmp_path)
    return {"image": made["ct"], "structures": made["structures"], "mr": made["mr"]}


def drawn(places: dict[str, Path], *regions: Region) -> Path:
    folder = places["image"].parent / "more"
    return fixture.write_structures(read_series(places["image"]), list(regions), folder)


def case(places: dict[str, Path], target: str = "", **changes: Any) -> Case:
    body = {**copy.deepcopy(fixture.TEMPLATE), **changes}
    return make_case(read(places), read_template(body), target)


def test_what_is_good_is_taken(places: dict[str, Path]) -> None:
    found = case(places)
    assert [item.name for item in found.structures] == ["GTV", "PTV", "BONE", "BODY"]
    assert found.warned == []
    assert found.bulk_from == "the MR"
    assert (found.image.array[~found.body] == -1000).all()


@pytest.mark.parametrize("name", ["mr", "reference", "structures"])
def test_another_frame_of_reference_is_refused(places: dict[str, Path], name: str) -> None:
    other = places["image"].parent / "other"
    other.mkdir()
    source = places["mr"] if name == "mr" else places[name if name == "structures" else "image"]
    for file in source.iterdir():
        dataset = pydicom.dcmread(file)
        uid = derived_uid("another", "frame")
        for element in dataset.iterall():
            if element.keyword in ("FrameOfReferenceUID", "ReferencedFrameOfReferenceUID"):
                element.value = uid
        dataset.save_as(other / file.name)
    with pytest.raises(InputRefused, match="another frame of reference"):
        read({**places, name: other})


def test_a_structure_set_must_be_one(places: dict[str, Path]) -> None:
    with pytest.raises(InputRefused, match="no readable structure set"):
        read({**places, "structures": places["image"]})


def test_an_mr_is_no_ct(places: dict[str, Path]) -> None:
    with pytest.raises(InputRefused, match="It is MR, not CT"):
        read({**places, "image": places["mr"]})


def test_two_regions_of_one_name_are_refused(places: dict[str, Path]) -> None:
    again = drawn(places, Region(name="gtv_1", mask=fixture.tumour()))
    with pytest.raises(InputRefused, match="the same name"):
        read({**places, "structures2": again})


def test_one_bound_alone_is_refused(places: dict[str, Path]) -> None:
    with pytest.raises(InputRefused, match="in pairs"):
        read({**places, "lower": places["image"]})


def test_an_image_is_no_bound(places: dict[str, Path]) -> None:
    with pytest.raises(InputRefused, match="not a parametric map"):
        read({**places, "lower": places["image"], "upper": places["image"]})


def test_a_second_set_gives_the_body(places: dict[str, Path]) -> None:
    mask = fixture.limb().array > -500
    again = drawn(places, Region(name="BODY", mask=mask, interpreted_type="EXTERNAL"))
    found = case({**places, "structures2": again})
    assert (found.structure("BODY").mask == mask).all()


def test_an_empty_target_is_refused(places: dict[str, Path]) -> None:
    empty = np.zeros(fixture.SHAPE, dtype=np.bool_)
    only = {**places, "structures": drawn(places, Region(name="GTV", mask=empty))}
    with pytest.raises(InputRefused, match="holds no contours"):
        case(only)


@pytest.mark.parametrize(
    ("target", "reason"),
    [("GTV_9", "no region of the target's name"), ("", "named like a target")],
)
def test_a_target_that_is_not_there_is_refused(
    places: dict[str, Path], target: str, reason: str
) -> None:
    only = {**places, "structures": drawn(places, Region(name="Lump", mask=fixture.tumour()))}
    with pytest.raises(InputRefused, match=reason):
        case(only, target)


def test_a_target_in_the_air_is_refused(places: dict[str, Path]) -> None:
    mask = np.zeros(fixture.SHAPE, dtype=np.bool_)
    mask[8:12, 1:4, 1:4] = True
    with pytest.raises(InputRefused, match="within the body"):
        case({**places, "structures": drawn(places, Region(name="GTV", mask=mask))})


def moved(places: dict[str, Path], change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """The structure set with its points (n, 3) changed."""
    folder = places["image"].parent / "moved"
    folder.mkdir()
    dataset = pydicom.dcmread(next(places["structures"].iterdir()))
    for roi in dataset.ROIContourSequence:
        for contour in roi.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            contour.ContourData = [f"{v:.3f}" for v in change(points).ravel()]
    dataset.save_as(folder / "moved.dcm")
    return folder


@pytest.mark.parametrize("shift", [1000.0, 60.0])
def test_a_target_outside_the_image_is_refused(places: dict[str, Path], shift: float) -> None:
    away = moved(places, lambda points: points + np.array([shift, 0, 0]))
    with pytest.raises(InputRefused, match="outside the image"):
        case({**places, "structures": away})


def test_an_organ_outside_the_image_is_warned_of(places: dict[str, Path]) -> None:
    organ = np.zeros(fixture.SHAPE, dtype=np.bool_)
    organ[5:8, 20:24, 40:44] = True
    folder = drawn(places, Region(name="Nerve", mask=organ))
    away = moved({**places, "structures": folder}, lambda points: points + np.array([500, 0, 0]))
    found = case({**places, "structures2": away})
    assert [item.code for item in found.warned] == ["structure_outside"]
    assert "Nerve" not in found.shares


def test_a_structure_that_the_template_needs_is_missed(places: dict[str, Path]) -> None:
    objectives = [
        *fixture.TEMPLATE["objectives"],
        {"structure": "Nerve", "kind": "squared_overdose", "dose_gy": 5, "weight": 1},
    ]
    with pytest.raises(InputRefused, match="Nerve, which the structure set does not hold"):
        case(places, objectives=objectives)


def test_an_impossible_prescription_is_refused(places: dict[str, Path]) -> None:
    with pytest.raises(ParametersRefused, match="more than 0"):
        case(places, prescription_gy=0)


def test_a_body_that_the_image_cuts_is_warned_of(tmp_path: Path) -> None:
    made = fixture.write_case(tmp_path, fixture.limb((0.0, 30.0)))
    found = case({"image": made["ct"], "structures": made["structures"]})
    assert [item.code for item in found.warned] == ["body_truncated"]
    assert found.structure("BODY").truncated
    assert found.edge_percent > 1


def test_a_reference_that_reaches_half_way_is_warned_of(places: dict[str, Path]) -> None:
    inputs = read(places)
    short = replace(inputs, reference=inputs.image.like(inputs.image.array))
    reference = short.reference
    assert reference is not None
    half = type(reference)(
        array=reference.array[:13], affine=reference.affine, source=reference.source
    )
    found = make_case(replace(short, reference=half), TEMPLATE, "")
    assert [item.code for item in found.warned] == ["reference_partial"]
    assert found.reference is not None
    assert np.allclose(found.reference.array[-2:], found.image.array[-2:])
    little = type(reference)(array=reference.array[:5], affine=reference.affine)
    with pytest.raises(InputRefused, match="less than half of the body"):
        make_case(replace(short, reference=little), TEMPLATE, "")


def test_slices_that_are_not_transverse_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "turned"
    image = fixture.limb()
    write_ct(image, folder, study=fixture._study(), series=fixture._series("turned"))
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        x, y, z = (float(v) for v in dataset.ImagePositionPatient)
        dataset.ImagePositionPatient = [x, z, y]
        dataset.save_as(file)
    made = fixture.write_case(tmp_path)
    with pytest.raises(InputRefused, match="not transverse"):
        read({"image": folder, "structures": made["structures"]})
