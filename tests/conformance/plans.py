"""What a plan's objects are made of: a synthetic CT, its structures, beams and a dose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ml.dicom.image_series import Generated
from ml.dicom.provenance import Algorithm, Written
from ml.dicom.read import read_series
from ml.dicom.write_image import write_ct
from ml.dicom.write_rtdose import write_rtdose
from ml.dicom.write_rtplan import PhotonBeam, Prescription, write_rtplan
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.volume import Volume
from tests.ml.dicom.series import grid, mr_volume, new_series, study

PLANNER = Algorithm(name="plan_photons", version="0.1.0", parameters={"dose_grid_mm": 4.0})
NETWORK = Algorithm(name="synthetic_ct", version="0.1.0", weights_sha256="ef" * 32)
MOMENT = datetime(2026, 3, 4, 10, 11, 12, tzinfo=UTC)
RUN = "plan-run"


@dataclass(frozen=True, kw_only=True)
class PlanObjects:
    image: Volume
    dose: Volume
    structures: Written
    plan: Written
    written_dose: Written

    @property
    def files(self) -> list[Path]:
        return [self.structures.path, self.plan.path, self.written_dose.path]


def hounsfield() -> Volume:
    values = np.linspace(-1024, 3071, 6 * 10 * 8).round().astype(np.int16).reshape(6, 10, 8)
    return grid(spacing=(2.5, 0.9765625, 0.9765625), array=values)


def synthetic_ct(folder: Path) -> Volume:
    """A synthetic CT read back from the series it was written as in ``folder``/sct."""
    marks = Generated(
        algorithm=NETWORK,
        derivation="CT numbers estimated from MR by a network.",
        source=mr_volume(folder / "mr", hounsfield_grid_of_mr()).source,
        geometry_preserved=True,
    )
    write_ct(hounsfield(), folder / "sct", study=study(), series=new_series("sct"), generated=marks)
    return read_series(folder / "sct")


def hounsfield_grid_of_mr() -> Volume:
    ct = hounsfield()
    return Volume(array=(ct.array - ct.array.min()).astype(np.uint16), affine=ct.affine)


def some_dose() -> Volume:
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (-21.5, -33.25, 10.125)
    array = np.random.default_rng(1).uniform(0, 60, (5, 4, 3)).astype(np.float32)
    array[0] = 0
    return Volume(array=array, affine=affine)


def write_plan(folder: Path) -> PlanObjects:
    image = synthetic_ct(folder)
    target = np.zeros(image.shape, np.bool_)
    target[2:4, 3:7, 2:6] = True
    structures = write_rtstruct(
        [
            Region(name="BODY", mask=np.ones(image.shape, np.bool_), interpreted_type="EXTERNAL"),
            Region(name="PTV", mask=target, interpreted_type="PTV", colour=(255, 0, 0)),
        ],
        image,
        algorithm=PLANNER,
        run_id=RUN,
        path=folder / "objects" / "rtstruct.dcm",
        made_at=MOMENT,
    )
    beams = [
        PhotonBeam(
            number=number,
            name=f"B{number}",
            gantry_deg=72.0 * (number - 1),
            couch_deg=0.0,
            isocentre_lps=(-16.1, -26.6, 18.5),
            weight=0.5,
            bixels=4,
        )
        for number in (1, 2)
    ]
    plan = write_rtplan(
        beams,
        Prescription(dose_gy=50, fractions=25, roi_number=2, text="50 % of PTV receives 50 Gy"),
        image,
        structures,
        algorithm=PLANNER,
        run_id=RUN,
        path=folder / "objects" / "rtplan.dcm",
        name="Extremity sarcoma 50 Gy",
        machine="Generic 6 MV",
        made_at=MOMENT,
    )
    written_dose = write_rtdose(
        some_dose(),
        image,
        plan_uid=plan.sop_instance_uid,
        algorithm=PLANNER,
        run_id=RUN,
        path=folder / "objects" / "rtdose.dcm",
        comment="On the synthetic CT",
        made_at=MOMENT,
    )
    return PlanObjects(
        image=image,
        dose=some_dose(),
        structures=structures,
        plan=plan,
        written_dose=written_dose,
    )
