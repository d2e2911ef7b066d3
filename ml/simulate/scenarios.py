"""Scenarios by name: a patient, the days of the visits, and the series of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.simulate.growth import GrowthRates, Spacing
from ml.simulate.haemorrhage import Haemorrhage
from ml.simulate.ms import MsDisease
from ml.simulate.patient import Patient
from ml.simulate.tumour import Chemotherapy, Radiotherapy, Resection, Tumour

Labels = NDArray[np.integer[Any]]
MR = ("T1w MPRAGE", "T2w TSE", "FLAIR")
YEAR = 365.0
# Per year: hippocampus -4 %, ventricles +8 %, cortex -1 % (disease; Frankenberg et al. 2021 and
# Jack et al., Neurology 62:591, 2004, for the order of magnitude).
ATROPHY: Mapping[int, float] = {
    17: -0.04, 53: -0.04, 18: -0.03, 54: -0.03, 4: 0.08, 43: 0.08, 14: 0.06, 3: -0.01, 42: -0.01,
}  # fmt: skip
_GLIOMA = GrowthRates(diffusion=0.06, proliferation=0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``disease`` gives the patient's keywords beside anatomy and seed. ``planning``: the first
    series of each visit gets a structure set."""

    name: str
    summary: str
    days: tuple[float, ...] = (0.0,)
    series: tuple[str, ...] = MR
    disease: Callable[[], Mapping[str, Any]] = dict
    planning: bool = False

    def patient(self, label_ids: Labels, spacing_mm: Spacing, seed: int) -> Patient:
        return Patient(label_ids=label_ids, spacing_mm=spacing_mm, seed=seed, **self.disease())


def _tumour(*treatments: Resection | Radiotherapy | Chemotherapy) -> Mapping[str, Any]:
    return {"tumour": Tumour(rates=_GLIOMA, age_days=400, treatments=treatments)}


SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="healthy", summary="a healthy head in three MR contrasts"),
        Scenario(
            name="random-contrast",
            summary="a healthy head in a contrast without physics",
            series=("Random contrast",),
        ),
        Scenario(
            name="atrophy",
            summary="three visits over two years with regional atrophy",
            days=(0.0, YEAR, 2 * YEAR),
            series=("T1w MPRAGE",),
            disease=lambda: {"annual_change": ATROPHY},
        ),
        Scenario(
            name="ms",
            summary="MS-like lesions, new ones at the second visit",
            days=(0.0, YEAR),
            disease=lambda: {"ms": MsDisease(lesions=18, new_per_year=6)},
        ),
        Scenario(
            name="tumour",
            summary="a growing diffuse tumour with mass effect, two visits",
            days=(0.0, 120.0),
            disease=_tumour,
            planning=True,
        ),
        Scenario(
            name="tumour-course",
            summary="an untreated tumour over four visits, for predictions that are scored later",
            days=(0.0, 90.0, 180.0, 270.0),
            series=("FLAIR",),
            disease=_tumour,
        ),
        Scenario(
            name="tumour-treated",
            summary="a tumour before and after radiotherapy with chemotherapy",
            days=(0.0, 90.0, 270.0),
            disease=lambda: _tumour(
                Radiotherapy(first_day=20), Chemotherapy(first_day=20, last_day=200)
            ),
            planning=True,
        ),
        Scenario(
            name="resection",
            summary="a tumour before and after its resection",
            days=(0.0, 45.0),
            disease=lambda: _tumour(Resection(day=14)),
            planning=True,
        ),
        Scenario(
            name="haemorrhage",
            summary="a bleeding on CT and MR, on its day, after three days and two weeks",
            days=(0.0, 3.0, 14.0),
            series=("CT", "T1w GRE", "T2w TSE"),
            disease=lambda: {"haemorrhages": (Haemorrhage(volume_ml=18.0),)},
        ),
        Scenario(
            name="ct",
            summary="a planning CT with the MR it matches",
            series=("CT", "T1w MPRAGE"),
            planning=True,
        ),
        Scenario(
            name="low-dose-ct",
            summary="a CT and the same head at a low dose",
            series=("CT", "Low-dose CT"),
        ),
        Scenario(
            name="thick-slices",
            summary="a 3D scan and 5 mm slices of it",
            series=("T1w MPRAGE", "T2w TSE thick", "FLAIR thick"),
        ),
        Scenario(
            name="undersampled",
            summary="fourfold undersampled MR: full, folded, and reconstructed; raw k-space",
            series=("T2w TSE", "T2w TSE zero-filled", "T2w TSE SENSE"),
        ),
    )
}
