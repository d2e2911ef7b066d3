"""The acceptance checks: each passes, warns, fails or does not apply for the right reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ml.planning.agreement import DoseDifference, OutlineAgreement, Tissue
from ml.planning.checks import Check, Evidence, run_checks
from ml.planning.limits import DEFAULTS

NONE = DoseDifference(d95_percent=0.0, dmean_percent=0.0)
OUTLINE = OutlineAgreement(volume_percent=0.5, distance_mm=0.4, dice_percent=99.0)
TISSUE = Tissue(soft_median=48, soft_expected=45, bone_percent=5, air_percent=0.5)
GOOD = Evidence(
    synthetic=True,
    site="extremity",
    gate_score=0.4,
    outline=OUTLINE,
    tissue=TISSUE,
    bulk=DoseDifference(d95_percent=0.5, dmean_percent=-0.4),
    reference=DoseDifference(d95_percent=0.3, dmean_percent=0.2),
    gamma_percent=99.4,
    lower=DoseDifference(d95_percent=1.5, dmean_percent=1.5),
    upper=DoseDifference(d95_percent=-1.7, dmean_percent=-1.6),
)
PICTURES = {"picture-contour", "picture-gamma"}


def checked(evidence: Evidence) -> dict[str, Check]:
    return {check.key: check for check in run_checks(evidence, DEFAULTS, PICTURES)}


def test_all_eleven_are_there_in_order() -> None:
    found = run_checks(GOOD, DEFAULTS, PICTURES)
    assert [check.number for check in found] == list(range(1, 12))
    assert {check.verdict.status for check in found[:8]} == {"pass"}
    assert {check.verdict.status for check in found[8:]} == {"not_applicable"}
    assert all(check.verdict.text for check in found)
    assert all(check.verdict.limit for check in found[:8])


def test_a_picture_is_named_only_where_it_was_drawn() -> None:
    found = checked(GOOD)
    assert found["reference"].picture == "picture-gamma"
    assert found["hounsfield"].picture is None


@pytest.mark.parametrize(
    ("key", "evidence", "status"),
    [
        ("input_sequence", replace(GOOD, edge_percent=20.0), "warn"),
        ("input_sequence", replace(GOOD, edge_percent=90.0), "fail"),
        ("synthesis", replace(GOOD, gate_score=1.4), "fail"),
        ("synthesis", replace(GOOD, gate_score=None), "warn"),
        ("synthesis", replace(GOOD, synthetic=False), "not_applicable"),
        ("blend", replace(GOOD, outline=None), "not_applicable"),
        ("external_contour", replace(GOOD, outline=None), "not_applicable"),
        (
            "external_contour",
            replace(GOOD, outline=replace(OUTLINE, volume_percent=-3.0)),
            "warn",
        ),
        (
            "external_contour",
            replace(GOOD, outline=replace(OUTLINE, distance_mm=5.0)),
            "fail",
        ),
        ("hounsfield", replace(GOOD, tissue=replace(TISSUE, soft_median=20)), "warn"),
        ("hounsfield", replace(GOOD, tissue=replace(TISSUE, soft_median=120)), "fail"),
        ("hounsfield", replace(GOOD, tissue=replace(TISSUE, bone_percent=0.0)), "warn"),
        ("hounsfield", replace(GOOD, tissue=replace(TISSUE, air_percent=30.0)), "warn"),
        ("bulk_density", replace(GOOD, bulk=replace(NONE, d95_percent=-2.5)), "warn"),
        ("bulk_density", replace(GOOD, bulk=replace(NONE, dmean_percent=4.5)), "fail"),
        ("reference", replace(GOOD, reference=None), "not_applicable"),
        ("reference", replace(GOOD, gamma_percent=96.0), "warn"),
        ("reference", replace(GOOD, gamma_percent=80.0), "fail"),
        ("reference", replace(GOOD, reference=replace(NONE, dmean_percent=-1.5)), "warn"),
        ("dose_band", replace(GOOD, upper=None), "not_applicable"),
        ("dose_band", replace(GOOD, upper=replace(NONE, d95_percent=-6.0)), "fail"),
    ],
)
def test_each_check_judges_its_figure(key: str, evidence: Evidence, status: str) -> None:
    assert checked(evidence)[key].verdict.status == status


def test_the_sentence_holds_the_figures() -> None:
    text = checked(GOOD)["reference"].verdict.text
    assert "99.4 %" in text
    assert "+0.20 %" in text
    band = checked(GOOD)["dose_band"].verdict
    assert band.figure == 1.7
    assert "-1.70 % and +1.50 %" in band.text
