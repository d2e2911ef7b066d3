"""What a plan leaves behind: DICOM objects, pictures, γ map and plan.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm, Written
from ml.dicom.write_rtdose import write_rtdose
from ml.dicom.write_rtplan import PhotonBeam, Prescription, write_rtplan
from ml.dicom.write_rtstruct import InterpretedType, Region, write_rtstruct
from ml.pipelines.plan_photons.case import Case
from ml.pipelines.plan_photons.doses import TITLES, Doses
from ml.pipelines.plan_photons.review import Review
from ml.planning.structures import Structure
from ml.planning.templates import Template
from ml.runtime.context import RunContext


def algorithm_of(context: RunContext, template: Template) -> Algorithm:
    """What made the objects."""
    return Algorithm(
        name=context.manifest.title,
        version=context.manifest.version,
        parameters={"template": template.name, "engine": "pyRadPlan SVD pencil beam"},
    )


def write_objects(
    context: RunContext, case: Case, doses: Doses, template: Template
) -> Iterator[Event]:
    """RTSTRUCT, RTPLAN and one RTDOSE for each image."""
    algorithm, run_id = algorithm_of(context, template), context.request.run_id
    structures = write_rtstruct(
        [
            Region(name=s.name, mask=s.mask, interpreted_type=_rt_type(s), colour=s.colour)
            for s in case.structures
        ],
        case.source,
        algorithm=algorithm,
        run_id=run_id,
        path=context.out_dir / "structures.dcm",
        key="structures",
        label="PLANNED ON",
    )
    yield _dicom(context, "structures", structures, "Structures as planned on (RTSTRUCT)")
    plan = _plan(context, case, doses, template, structures)
    yield _dicom(context, "plan", plan, "Plan (RTPLAN), cannot be delivered")
    for kind, dose in doses.on_grid.items():
        context.cancel.check()
        key = "dose" if kind == "plan" else f"dose-{kind}"
        written = write_rtdose(
            dose.like(np.maximum(dose.array, 0.0)),
            case.source,
            plan_uid=plan.sop_instance_uid,
            algorithm=algorithm,
            run_id=run_id,
            path=context.out_dir / f"{key}.dcm",
            key=key,
            description=f"Research dose on {TITLES[kind]}",
        )
        yield _dicom(context, key, written, f"Dose on {TITLES[kind]} (RTDOSE)")


def _plan(
    context: RunContext, case: Case, doses: Doses, template: Template, structures: Written
) -> Written:
    rule = template.normalise
    index = next(i for i, s in enumerate(case.structures) if s.name == rule.structure)
    gray = template.prescription_gy * rule.dose_percent / 100
    beams = [
        PhotonBeam(
            number=beam.number,
            name=beam.name,
            gantry_deg=beam.gantry_deg,
            couch_deg=beam.couch_deg,
            isocentre_lps=beam.isocentre_lps,
            jaws_mm=beam.jaws_mm,
            weight=beam.weight,
            bixels=beam.bixels,
        )
        for beam in doses.fluence.beams
    ]
    return write_rtplan(
        beams,
        Prescription(
            dose_gy=template.prescription_gy,
            fractions=template.fractions,
            roi_number=structures.segments[index],
            text=f"{rule.volume_percent:g} % of {rule.structure} receives {gray:g} Gy",
        ),
        case.source,
        structures,
        algorithm=algorithm_of(context, template),
        run_id=context.request.run_id,
        path=context.out_dir / "plan.dcm",
        key="plan",
        name=template.name,
    )


def _rt_type(structure: Structure) -> InterpretedType:
    if structure.role == "external":
        return "EXTERNAL"
    kinds: tuple[InterpretedType, ...] = ("GTV", "CTV", "PTV")
    if structure.role == "target":
        return next((k for k in kinds if structure.name.upper().startswith(k)), "GTV")
    return "ORGAN"


def _dicom(context: RunContext, key: str, written: Written, title: str) -> Event:
    return context.artifact(
        key, kind="dicom", path=written.path, media_type="application/dicom", title=title
    )


def write_figures(
    context: RunContext, doses: Doses, found: Review, content: dict[str, Any]
) -> Iterator[Event]:
    """γ map, pictures and plan.json."""
    kind = next(iter(found.gammas), None)
    if kind is not None:
        path = context.out_dir / "gamma.nii.gz"
        values = np.nan_to_num(found.gammas[kind].map, nan=-1.0)
        write_nifti(doses.on_grid[kind].like(values), path)
        yield context.artifact(
            "gamma",
            kind="nifti",
            path=path,
            media_type="application/gzip",
            title=f"γ against {TITLES[kind]}",
        )
    for key, path in found.pictures.items():
        title = key.removeprefix("picture-").replace("-", " ").capitalize()
        yield context.artifact(key, kind="image", path=path, media_type="image/png", title=title)
    path = context.out_dir / "plan.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    yield context.artifact(
        "plan-json",
        kind="json",
        path=path,
        media_type="application/json",
        title="Plan, histograms and checks",
    )
