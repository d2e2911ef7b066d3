from __future__ import annotations

from typing import Any

import pytest

from apps.studies.layout import layout_of
from apps.studies.tags import Tags, key

PLANE = {
    "Rows": "4",
    "Columns": "6",
    "ImageOrientationPatient": "1\\0\\0\\0\\1\\0",
    "PixelSpacing": "0.5\\0.75",
    "BitsAllocated": "16",
    "PixelRepresentation": "1",
    "PhotometricInterpretation": "MONOCHROME2",
    "RescaleSlope": "1",
    "RescaleIntercept": "-1024",
    "WindowCenter": "40\\300",
    "WindowWidth": "80\\1500",
}


def tags(**values: Any) -> Tags:
    return {key(keyword): value for keyword, value in values.items()}


def stack(positions: list[float], **changes: Any) -> dict[str, Tags]:
    return {
        f"o{i}": tags(
            **{**PLANE, **changes},
            SOPInstanceUID=f"1.{i}",
            InstanceNumber=str(i),
            ImagePositionPatient=f"-10\\-20\\{z}",
        )
        for i, z in enumerate(positions)
    }


def test_a_regular_series_gets_its_grid_in_ascending_order() -> None:
    layout = layout_of(stack([30, 10, 20, 0]), is_image=True)
    assert layout.kind == "regular"
    assert layout.spacing == (10.0, 0.5, 0.75)
    assert [entry["sop"] for entry in layout.instances] == ["1.3", "1.1", "1.2", "1.0"]
    assert layout.planes == [[0, 0], [1, 0], [2, 0], [3, 0]]
    assert layout.grid == {
        "dimensions": [6, 4, 4],
        "spacing": [0.75, 0.5, 10.0],
        "origin": [-10.0, -20.0, 0.0],
        "direction": [1, 0, 0, 0, 1, 0, 0, 0, 1],
        "dtype": "int16",
        "slope": 1.0,
        "intercept": -1024.0,
        "window": {"center": 40.0, "width": 80.0},
        "photometric": "MONOCHROME2",
        "bytes": 6 * 4 * 4 * 2,
        "scales": None,
        "bits": 16,
        "signed": True,
        "real": False,
    }


def test_order_follows_the_normal_of_a_coronal_series() -> None:
    coronal = {
        f"o{i}": {
            **entry,
            key("ImageOrientationPatient"): "1\\0\\0\\0\\0\\-1",
            key("ImagePositionPatient"): f"0\\{i}\\0",
        }
        for i, entry in enumerate(stack([0, 0, 0]).values())
    }
    layout = layout_of(coronal, is_image=True)
    assert layout.kind == "regular"
    assert layout.grid is not None
    assert layout.grid["direction"][6:] == [0, 1, 0]
    assert [entry["sop"] for entry in layout.instances] == ["1.0", "1.1", "1.2"]


@pytest.mark.parametrize(
    ("positions", "kind"),
    [([0, 1, 2, 5], "gapped"), ([0, 1, 1, 2], "mixed"), ([0], "single")],
)
def test_what_is_not_regular_says_what_it_is(positions: list[float], kind: str) -> None:
    layout = layout_of(stack(positions), is_image=True)
    assert layout.kind == kind
    assert layout.reason
    assert (layout.grid is not None) == (kind == "single")


def test_slices_with_scales_of_their_own_travel_as_numbers() -> None:
    instances = stack([0, 1, 2])
    instances["o1"][key("RescaleSlope")] = "2.5"
    grid = layout_of(instances, is_image=True).grid
    assert grid is not None
    assert grid["dtype"] == "float32"
    assert grid["scales"] == [[1.0, -1024.0], [2.5, -1024.0], [1.0, -1024.0]]
    assert grid["bytes"] == 6 * 4 * 3 * 4
    assert (grid["slope"], grid["intercept"]) == (1.0, 0.0)


def test_colour_and_differing_pixels_form_no_grid() -> None:
    colour = layout_of(stack([0, 1, 2], SamplesPerPixel="3"), is_image=True)
    assert (colour.kind, colour.grid) == ("mixed", None)
    instances = stack([0, 1, 2])
    instances["o2"][key("BitsAllocated")] = "8"
    assert layout_of(instances, is_image=True).kind == "mixed"


def test_some_slices_without_a_position_form_no_grid() -> None:
    instances = stack([0, 1, 2])
    del instances["o1"][key("ImagePositionPatient")]
    layout = layout_of(instances, is_image=True)
    assert (layout.kind, layout.grid, layout.frames) == ("none", None, 3)
    assert [entry["number"] for entry in layout.instances] == [0, 1, 2]


def test_an_enhanced_instance_is_a_stack_of_its_frames() -> None:
    shared = tags(
        PlaneOrientationSequence=[tags(ImageOrientationPatient=PLANE["ImageOrientationPatient"])],
        PixelMeasuresSequence=[tags(PixelSpacing="1\\1")],
        PixelValueTransformationSequence=[tags(RescaleSlope="3", RescaleIntercept="7")],
    )
    frames = [
        tags(PlanePositionSequence=[tags(ImagePositionPatient=f"0\\0\\{z}")]) for z in (2, 0, 1)
    ]
    instance = tags(
        Rows="4",
        Columns="6",
        BitsAllocated="16",
        NumberOfFrames="3",
        SOPInstanceUID="1.1",
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=frames,
    )
    layout = layout_of({"o": instance}, is_image=True)
    assert layout.kind == "regular"
    assert layout.planes == [[0, 1], [0, 2], [0, 0]]
    assert layout.frames == 3
    assert layout.grid is not None
    assert (layout.grid["slope"], layout.grid["intercept"]) == (3.0, 7.0)


def test_a_dose_grid_lies_at_its_offsets() -> None:
    dose = tags(
        **{**PLANE, "BitsAllocated": "32", "PixelRepresentation": "0"},
        SOPInstanceUID="1.1",
        ImagePositionPatient="0\\0\\5",
        NumberOfFrames="3",
        GridFrameOffsetVector="0\\2.5\\5",
        DoseGridScaling="0.001",
    )
    del dose[key("RescaleSlope")]
    del dose[key("RescaleIntercept")]
    layout = layout_of({"o": dose}, is_image=True)
    assert layout.kind == "regular"
    assert layout.grid is not None
    assert layout.grid["spacing"] == [0.75, 0.5, 2.5]
    assert (layout.grid["dtype"], layout.grid["slope"]) == ("float32", 0.001)


def test_what_holds_no_image_planes_has_none() -> None:
    layout = layout_of({"o": tags(SOPInstanceUID="1.1")}, is_image=False)
    assert (layout.kind, layout.slices, layout.frames) == ("none", 0, 1)


@pytest.mark.parametrize("claimed", ["99999999999", "-4", "many", ""])
def test_a_claimed_number_of_frames_is_not_believed(claimed: str) -> None:
    instances = {"o": tags(**PLANE, SOPInstanceUID="1.1", NumberOfFrames=claimed)}
    assert layout_of(instances, is_image=True).frames <= 20_000
