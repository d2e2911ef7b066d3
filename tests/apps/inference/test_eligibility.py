from __future__ import annotations

from typing import Any

import pytest

from apps.inference.eligibility import input_reasons
from apps.studies.models import Series
from ml.contracts.manifest import InputSpec

SPEC = InputSpec(
    name="image",
    title="Head MR",
    modalities=("MR",),
    body_parts=("HEAD", "BRAIN"),
    min_slices=20,
    max_slices=400,
    max_spacing_mm=3.0,
    min_extent_mm=100.0,
)
ANYTHING = InputSpec(name="image", title="Anything", geometries=())


def _series(**changes: Any) -> Series:
    fits: dict[str, Any] = {
        "kind": "image",
        "modality": "MR",
        "body_part": "HEAD",
        "complete": True,
        "rows": 256,
        "columns": 256,
        "geometry_kind": "regular",
        "geometry_spacing": [1.0, 1.0, 1.0],
        "geometry_slices": 180,
    }
    return Series(**{**fits, **changes})


def _codes(series: Series, spec: InputSpec = SPEC) -> list[str]:
    return [reason.code for reason in input_reasons(series, spec)]


def test_what_fits_has_no_reasons() -> None:
    assert _codes(_series()) == []
    assert _codes(_series(body_part="brain")) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"kind": "seg"}, ["not_an_image"]),
        ({"kind": "sr", "modality": "SR"}, ["not_an_image"]),
        ({"complete": False}, ["still_arriving"]),
        ({"synthetic": True}, ["synthetic_input"]),
        ({"ai_generated": True}, ["synthetic_input"]),
        ({"modality": "CT"}, ["modality"]),
        ({"modality": ""}, ["modality"]),
        ({"body_part": "KNEE"}, ["body_part"]),
        ({"body_part": ""}, ["body_part"]),
        ({"geometry_kind": "tilted", "geometry_reason": "Sheared by 12°."}, ["geometry"]),
        ({"geometry_kind": "none", "geometry_spacing": None}, ["geometry"]),
        ({"geometry_slices": 19, "geometry_spacing": [6, 1, 1]}, ["slices", "spacing"]),
        ({"geometry_slices": 401}, ["slices"]),
        ({"geometry_spacing": [5.0, 1.0, 1.0]}, ["spacing"]),
        ({"geometry_spacing": None}, ["spacing"]),
        ({"geometry_slices": 50}, ["extent"]),
        ({"rows": None}, ["extent"]),
        (
            {"modality": "CT", "body_part": "KNEE", "synthetic": True},
            ["synthetic_input", "modality", "body_part"],
        ),
    ],
)
def test_every_reason_is_told(changes: dict[str, Any], codes: list[str]) -> None:
    assert _codes(_series(**changes)) == codes


def test_reason_of_the_geometry_is_repeated() -> None:
    series = _series(geometry_kind="tilted", geometry_reason="The slices are sheared by 12°.")
    assert input_reasons(series, SPEC)[0].message.startswith("The slices are sheared by 12°.")


def test_bounds_themselves_fit() -> None:
    assert _codes(_series(geometry_slices=20, geometry_spacing=[3, 1, 1]), SPEC) == ["extent"]
    assert _codes(_series(geometry_slices=100, geometry_spacing=[1.0, 1.0, 3.0])) == []


def test_an_open_contract_takes_any_image() -> None:
    assert _codes(_series(modality="US", body_part="", geometry_kind="mixed"), ANYTHING) == []


def test_allowed_synthetic_input() -> None:
    spec = InputSpec(name="image", title="x", synthetic=True)
    assert _codes(_series(synthetic=True, ai_generated=True), spec) == []


STRUCTURES = InputSpec(
    name="structures",
    title="Structure set",
    modalities=("RTSTRUCT",),
    geometries=("none",),
    synthetic=True,
)


def _structures(**changes: Any) -> Series:
    none: dict[str, Any] = {"geometry_kind": "none", "geometry_spacing": None, "geometry_slices": 0}
    return _series(**{"kind": "rtstruct", "modality": "RTSTRUCT", **none, **changes})


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"ai_generated": True}, []),
        ({"complete": False}, ["still_arriving"]),
        ({"kind": "image", "modality": "CT"}, ["not_structures"]),
        ({"kind": "rtdose", "modality": "RTDOSE"}, ["not_structures"]),
    ],
)
def test_structure_sets_are_taken_where_they_are_asked_for(
    changes: dict[str, Any], codes: list[str]
) -> None:
    assert _codes(_structures(**changes), STRUCTURES) == codes


def test_structure_sets_are_no_images() -> None:
    assert _codes(_structures()) == ["not_an_image"]
