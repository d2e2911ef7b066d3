"""Templates: what is read, and what is refused with a reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ml.contracts.errors import ParametersRefused
from ml.pipelines.plan_photons.fixture import TEMPLATE
from ml.planning.limits import DEFAULTS, as_json, read_limits, worst
from ml.planning.metrics import metric
from ml.planning.templates import read_template


def changed(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(TEMPLATE), **fields}


def test_equispaced_beams_go_round() -> None:
    template = read_template(changed(beams={"equispaced": 4}))
    assert [beam.gantry_deg for beam in template.beams] == [0, 90, 180, 270]
    assert template.structures == ("PTV", "BODY")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"prescription_gy": 0}, "prescription_gy is 0, but must be more than 0"),
        ({"prescription_gy": -50.0}, "more than 0"),
        ({"prescription_gy": "50"}, "must be a number"),
        ({"prescription_gy": float("nan")}, "must be a number"),
        ({"prescription_gy": 100.0, "fractions": 1}, "100 Gy in each fraction"),
        ({"fractions": 2.5}, "whole number"),
        ({"beams": []}, "1 to 15 beams"),
        ({"beams": [{"gantry_deg": 10}, {"gantry_deg": 10}]}, "the same beam twice"),
        ({"beams": [{"gantry_deg": 400}]}, "less than 360"),
        ({"machine": "TrueBeam"}, "machine must be one of"),
        ({"objectives": []}, "must be a list of objects"),
        ({"colour": "red"}, "unknown fields: colour"),
        (
            {"objectives": [{"structure": "PTV", "kind": "magic", "dose_gy": 1}]},
            "kind must be one of",
        ),
        (
            {"objectives": [{"structure": "BODY", "kind": "mean", "dose_gy": 1}]},
            "nothing to optimise",
        ),
        (
            {"constraints": [{"structure": "PTV", "metric": "X9", "at_least_gy": 1}]},
            "no figure of a dose-volume histogram",
        ),
        (
            {"constraints": [{"structure": "PTV", "metric": "V20Gy", "at_least_gy": 1}]},
            "unknown fields",
        ),
        (
            {
                "constraints": [
                    {"structure": "PTV", "metric": "D95", "at_least_gy": 19},
                    {"structure": "PTV", "metric": "D95", "at_most_gy": 18},
                ]
            },
            "both cannot hold",
        ),
        (
            {"constraints": [{"structure": "PTV", "metric": "D2", "at_most_gy": 15}]},
            "normalised to 20 Gy",
        ),
        (
            {"constraints": [{"structure": "PTV", "metric": "D95", "at_least_gy": 25}]},
            "beyond its 20 Gy",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParametersRefused, match=reason):
        read_template(changed(**fields))


def test_a_missing_field_is_named() -> None:
    body = changed()
    del body["prescription_gy"]
    with pytest.raises(ParametersRefused, match="prescription_gy is missing"):
        read_template(body)


@pytest.mark.parametrize(
    ("name", "kind", "amount", "unit"),
    [
        ("D95", "dose_at_percent", 95, "Gy"),
        ("D2cc", "dose_at_cc", 2, "Gy"),
        ("d0.03cc", "dose_at_cc", 0.03, "Gy"),
        ("Dmean", "mean", 0, "Gy"),
        ("V20Gy", "volume_at_gy", 20, "%"),
        ("V95%", "volume_at_percent", 95, "%"),
    ],
)
def test_figures_are_read_from_their_names(name: str, kind: str, amount: float, unit: str) -> None:
    found = metric(name)
    assert (found.kind, found.amount, found.unit) == (kind, amount, unit)


def test_more_than_all_of_the_volume_is_no_figure() -> None:
    with pytest.raises(ParametersRefused):
        metric("D101")


def test_limits_of_a_site_stand_over_the_defaults() -> None:
    limits = read_limits({"gamma_percent": {"warn": 99, "fail": 97}})
    assert limits["gamma_percent"].status(99.5) == "pass"
    assert limits["gamma_percent"].status(98.0) == "warn"
    assert limits["gamma_percent"].status(96.0) == "fail"
    assert limits["band_d95_percent"] == DEFAULTS["band_d95_percent"]
    assert read_limits(as_json(limits)) == limits


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"beauty": {"warn": 1, "fail": 2}}, "unknown fields: beauty"),
        ({"gamma_percent": {"warn": 90, "fail": 95}}, "fails before it warns"),
        ({"bulk_d95_percent": {"warn": 5, "fail": 2}}, "fails before it warns"),
        ({"bulk_d95_percent": {"warn": 5}}, "fail is missing"),
    ],
)
def test_senseless_limits_are_refused(limits: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParametersRefused, match=reason):
        read_limits(limits)


def test_what_is_not_a_number_fails() -> None:
    assert DEFAULTS["gamma_percent"].status(float("nan")) == "fail"
    assert DEFAULTS["bulk_d95_percent"].status(float("nan")) == "fail"
    assert worst("pass", "not_applicable", "warn") == "warn"
