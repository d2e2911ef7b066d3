"""Patients with a story, as DICOM: a visit is a folder of files of one study."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ml.dicom.nifti import read_nifti, write_nifti
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import MrSequence, write_mr
from ml.imaging.resample import canonical
from ml.simulate.run import Simulation, simulate
from ml.simulate.scenarios import SCENARIOS
from tests.e2e.conftest import REPOSITORY
from tests.ml.dicom.series import new_series
from tests.ml.dicom.series import study as study_header

REAL = Path(os.environ.get("SYNOPTIC_REALDATA_DIR", REPOSITORY.parent / "shared/data"))
MS_PATIENT = REAL / "ms-longitudinal" / "patient12"
ANATOMY = REAL / "synthseg-labels"
FLAIR = MrSequence(
    scanning_sequence="IR", repetition_time_ms=8000, echo_time_ms=120, inversion_time_ms=2400
)


def ms_visits(folder: Path) -> list[Path]:
    """Two FLAIR scans of one real patient a year apart (the dates are ours: the set has none)."""
    visits = []
    for number, date in ((1, "20230110"), (2, "20240115")):
        image = read_nifti(MS_PATIENT / f"study{number}_FLAIR.nii.gz")
        image = canonical(image, image.spacing, "linear")
        top = float(np.percentile(image.array, 99.9))
        stored = np.clip(image.array * (2000 / top), 0, 4000).astype(np.uint16)
        out = folder / f"visit-{number}"
        write_mr(
            image.like(stored),
            out,
            study=study_header(
                PatientName="Follow^Up",
                PatientID="MS12",
                StudyInstanceUID=derived_uid("ms", str(number)),
                StudyDate=date,
                AccessionNumber=f"MS{number}",
            ),
            series=replace(
                new_series(f"ms-{number}"),
                frame_of_reference_uid=derived_uid("ms-frame", str(number)),
                description="FLAIR",
                taken_at=datetime.strptime(date, "%Y%m%d").replace(tzinfo=UTC),
            ),
            sequence=FLAIR,
        )
        visits.append(out)
    return visits


def tumour_visits(folder: Path) -> list[Path]:
    """An untreated simulated tumour over four visits, 2 mm: a real anatomy, or the phantom."""
    maps = sorted(ANATOMY.glob("*.nii.gz"))
    label_map = None
    if maps:
        labels = canonical(read_nifti(maps[-1]), (2.0, 2.0, 2.0), "nearest")
        label_map = folder / "labels.nii.gz"
        folder.mkdir(parents=True, exist_ok=True)
        write_nifti(labels.like(np.rint(labels.array).astype(np.int32)), label_map)
    simulation = Simulation(scenario=SCENARIOS["tumour-course"], seed=5, label_map=label_map)
    simulate(simulation, folder)
    days = SCENARIOS["tumour-course"].days
    return [folder / "dicom" / f"day-{day:g}" for day in days]
