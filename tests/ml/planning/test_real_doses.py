"""Histograms of a dose that was really given (Open-KBP), against pyRadPlan's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyRadPlan.analysis import DVH

from ml.planning.dvh import dvh

pytestmark = pytest.mark.realdata


def test_figures_of_a_given_dose_are_those_of_pyradplan(realdata: Path) -> None:
    path = realdata / "openkbp" / "pt_201.npz"
    if not path.is_file():
        pytest.skip("Open-KBP is not among the real data")
    patient = np.load(path)
    dose = patient["dose"].astype(np.float64) / 100.0  # stored in cGy
    compared = 0
    for bit, name in enumerate(patient["roi_names"]):
        mask = (patient["roi_bits"].astype(np.int64) >> bit & 1).astype(np.float32)
        if mask.sum() < 50:
            continue
        ours, theirs = dvh(dose, mask, 1.0), DVH.compute(dose, mask, num_points=5000)
        for gray in (10.25, 30.25, 45.25):
            if gray < theirs.bins[-1]:
                assert ours.volume_at(gray) == pytest.approx(theirs.get_vx(gray), abs=0.5), name
        for percent in (95, 50, 2):
            # Theirs is the edge of a bin below the voxel, ours lies between two voxels.
            assert ours.dose_at(percent) == pytest.approx(theirs.get_dy(percent), abs=0.6), name
        assert ours.mean == pytest.approx(dose[mask > 0].mean(), rel=1e-6)
        compared += 1
    assert compared >= 5
