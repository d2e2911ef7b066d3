"""When two images may be compared, and what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml.followup.comparability import Acquisition, Comparability, Status, comparability
from ml.imaging.registration import Registration
from ml.imaging.volume import Volume

GOOD = Registration(
    matrix=np.eye(4),
    displacement=None,
    similarity=0.3,
    overlap=1.0,
    rotation_deg=2.0,
    translation_mm=4.0,
)
SCANNER = Acquisition(manufacturer="A", model="B", field_t=3.0, echo_time_ms=90.0)


def image(seed: int = 0) -> Volume:
    array = np.zeros((20, 20, 20), dtype=np.float32)
    array[4:16, 4:16, 4:16] = np.random.default_rng(seed).uniform(200, 900, (12, 12, 12))
    return Volume(array=array, affine=np.eye(4))


def judged(**changes: Any) -> Comparability:
    base = image()
    given: dict[str, Any] = {
        "onto": base.like(base.array * 1.7),
        "registration": GOOD,
        "thickest_mm": (1.0, 1.0),
        "taken": (SCANNER, SCANNER),
        "days": 365,
        **changes,
    }
    return comparability(base, given.pop("onto"), given.pop("registration"), **given)


def status_of(found: Comparability, code: str) -> Status:
    return next(reason.status for reason in found.reasons if reason.code == code)


def test_a_good_pair_passes_everything() -> None:
    found = judged()
    assert found.comparable
    assert found.score == 1.0
    assert {reason.status for reason in found.reasons} == {"pass"}
    codes = {"registration", "coverage", "contrast", "thickness", "scanner", "protocol", "days"}
    assert {reason.code for reason in found.reasons} == codes


@pytest.mark.parametrize(
    ("code", "changes", "status"),
    [
        ("registration", {"registration": replace(GOOD, similarity=0.03)}, "fail"),
        ("registration", {"registration": replace(GOOD, similarity=0.08)}, "warn"),
        ("coverage", {"registration": replace(GOOD, overlap=0.5)}, "fail"),
        ("coverage", {"registration": replace(GOOD, overlap=0.9)}, "warn"),
        ("contrast", {"onto": image(seed=9)}, "fail"),
        ("thickness", {"thickest_mm": (1.0, 5.0)}, "fail"),
        ("thickness", {"thickest_mm": (5.0, 5.0)}, "warn"),
        ("scanner", {"taken": (SCANNER, replace(SCANNER, field_t=1.5))}, "warn"),
        ("protocol", {"taken": (SCANNER, replace(SCANNER, echo_time_ms=30.0))}, "warn"),
        ("days", {"days": None}, "warn"),
        ("days", {"days": 3}, "warn"),
    ],
)
def test_each_reason_by_itself(code: str, changes: dict[str, Any], status: Status) -> None:
    found = judged(**changes)
    assert status_of(found, code) == status
    assert found.comparable is (status != "fail")
    assert found.score < 1.0
    others = {reason.status for reason in found.reasons if reason.code != code}
    assert others == {"pass"}


def test_a_turned_contrast_is_another_contrast() -> None:
    base = image()
    turned = base.like(np.where(base.array > 0, 1000 - base.array, 0).astype(np.float32))
    assert status_of(judged(onto=turned), "contrast") == "fail"


def test_a_file_without_headers_says_nothing_of_its_scanner() -> None:
    codes = {reason.code for reason in judged(taken=(Acquisition(), SCANNER)).reasons}
    assert not codes & {"scanner", "protocol"}
