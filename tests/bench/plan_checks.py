"""The numbered checks of a plan for real patients whom the network did not see.

    python -m tests.bench.plan_checks --pairs DIR [--patients STS_004 STS_034 STS_048] [--json FILE]

Each patient's MR, CT and tumour (`sts-mr-ct`) are written as DICOM of one frame of reference, the
synthetic CT is made from the MR, planned on with the site's built-in template, and recalculated on
the real CT, by the two pipelines as the worker runs them. Prints one row for each check.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from ml.contracts.cancel import CancelToken
from ml.contracts.request import ImageInput, RunRequest
from ml.dicom.nifti import read_nifti
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.write_image import write_ct, write_mr
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.resample import canonical, to_grid
from ml.runtime.context import Resources
from ml.runtime.devices import Device
from ml.runtime.execute import execute
from ml.runtime.text.service import TextService
from tests.ml.dicom.series import new_series, study
from tests.support.processes import REPOSITORY

TEMPLATE = REPOSITORY / "apps/planning/builtin/extremity_sarcoma.json"
# Of the fold that the shipped network was not trained on (ml/training/synthetic_ct).
HELD_OUT = ("STS_004", "STS_034", "STS_048")
CORES = 2


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=Path, required=True, help="folder of sts-mr-ct")
    parser.add_argument("--patients", nargs="+", default=HELD_OUT)
    parser.add_argument("--json", type=Path, help="keep the checks in this file too")
    chosen = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as name:
        text = TextService(Device(kind="cpu", threads=CORES), Path(name))
        resources = Resources(
            device=Device(kind="cpu", threads=CORES), data_dir=Path(name), text=text
        )
        for patient in chosen.patients:
            folder = chosen.pairs / "aligned" / patient
            found[patient] = checks_of(folder, Path(name) / patient, resources)
            for check in found[patient]:
                print(f"{patient} {check['number']:2} {check['status']:14} {check['text']}")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


def checks_of(folder: Path, work: Path, resources: Resources) -> list[dict[str, Any]]:
    inputs = as_dicom(folder, work)
    made = run("synthetic_ct", {"image": inputs["mr"]}, work / "sct", resources, {})
    planned = run(
        "plan_photons",
        {
            "image": made / "sct",
            "structures": inputs["structures"],
            "structures2": made / "contour.dcm",
            "reference": inputs["ct"],
            "lower": made / "sct-lower.dcm",
            "upper": made / "sct-upper.dcm",
            "mr": inputs["mr"],
        },
        work / "plan",
        resources,
        {"template": json.loads(TEMPLATE.read_text())},
    )
    checks: list[dict[str, Any]] = json.loads(next(planned.glob("*.json")).read_text())["checks"]
    return checks


def as_dicom(folder: Path, work: Path) -> dict[str, Path]:
    """MR, CT and outlined tumour as files: the set has them as NIfTI."""
    header, limb = study(), replace(new_series(folder.name), body_part="THIGH")
    mr = canonical(read_nifti(folder / "mr_t1.nii.gz"), read_nifti(folder / "mr_t1.nii.gz").spacing)
    scale = 2000 / float(np.percentile(mr.array, 99.5))
    mr = mr.like(np.clip(mr.array * scale, 0, 4000).astype(np.uint16))
    write_mr(mr, work / "mr", study=header, series=limb)
    ct = canonical(read_nifti(folder / "ct.nii.gz"), read_nifti(folder / "ct.nii.gz").spacing)
    write_ct(ct, work / "ct", study=header, series=replace(limb, series_uid=f"{limb.series_uid}.1"))
    target = to_grid(read_nifti(folder / "gtv_on_mr.nii.gz"), mr, "nearest").array > 0
    write_rtstruct(
        [Region(name="GTV", mask=target, interpreted_type="GTV", colour=(255, 0, 0))],
        read_series(work / "mr"),
        algorithm=Algorithm(name="Outlined by hand", version="1"),
        run_id=str(uuid4()),
        path=work / "gtv.dcm",
    )
    return {"mr": work / "mr", "ct": work / "ct", "structures": work / "gtv.dcm"}


def run(
    pipeline: str,
    inputs: dict[str, Path],
    out: Path,
    resources: Resources,
    params: dict[str, Any],
) -> Path:
    request = RunRequest(
        pipeline=pipeline,
        run_id=str(uuid4()),
        inputs={name: ImageInput(path=path, kind="dicom") for name, path in inputs.items()},
        out_dir=out,
        params=params,
        override_reason="A held-out patient of the data set, to report the checks.",
    )
    for _ in execute(request, CancelToken(), resources):
        pass
    return out


if __name__ == "__main__":
    main()
