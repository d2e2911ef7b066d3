"""What a plan leaves behind: DICOM objects, pictures, γ map and plan.json."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm, Written
from ml.dicom.qa.pdf import subject_of, write_qa_pdf
from ml.dicom.qa.pdf_object import write_encapsulated_pdf
from ml.dicom.qa.sr import write_qa_sr
from ml.dicom.write_rtdose import write_rtdose
from ml.dicom.write_rtplan import PhotonBeam, Prescription, write_rtplan
from ml.dicom.write_rtstruct import InterpretedType, Region, write_rtstruct
from ml.pipelines.plan_photons.case import Case
from ml.pipelines.plan_photons.doses import TITLES, Doses
from ml.pipelines.plan_photons.review import Review
from ml.planning.structures import Structure
from ml.planning.templates import Template
from ml.runtime.context import RunContext


def algorithm_of(context: RunContext, template: str) -> Algorithm:
    """What made the objects, by the name of the template."""
    return Algorithm(
        name=context.manifest.title,
        version=context.manifest.version,
        parameters={"template": template, "engine": "pyRadPlan SVD pencil beam"},
    )


def write_objects(
    context: RunContext, case: Case, doses: Doses, template: Template
) -> Generator[Event, None, list[Written]]:
    """RTSTRUCT, RTPLAN and one RTDOSE for each image; returns what was written."""
    algorithm, run_id = algorithm_of(context, template.name), context.request.run_id
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
    objects = [structures, plan]
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
        objects.append(written)
        yield _dicom(context, key, written, f"Dose on {TITLES[kind]} (RTDOSE)")
    return objects


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
        algorithm=algorithm_of(context, template.name),
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


def write_reports(
    context: RunContext,
    case: Case,
    content: dict[str, Any],
    found: Review,
    objects: list[Written],
) -> Iterator[Event]:
    """The quality report as SR, as PDF, and the PDF as a DICOM document."""
    algorithm = algorithm_of(context, str(content["template"]["name"]))
    run_id = context.request.run_id
    report = write_qa_sr(
        content,
        case.source,
        references=objects,
        algorithm=algorithm,
        run_id=run_id,
        path=context.out_dir / "qa-report.dcm",
    )
    yield _dicom(context, "qa-report", report, "Quality report (SR), not signed")
    context.cancel.check()
    pdf = write_qa_pdf(
        content,
        subject_of(case.source),
        context.out_dir / "qa-report.pdf",
        pictures=found.pictures,
    )
    title = "Quality report of a plan"
    yield context.artifact(
        "qa-pdf", kind="pdf", path=pdf, media_type="application/pdf", title=title
    )
    document = write_encapsulated_pdf(
        pdf,
        case.source,
        title=title,
        algorithm=algorithm,
        run_id=run_id,
        path=context.out_dir / "qa-pdf.dcm",
    )
    yield _dicom(context, "qa-pdf-dicom", document, f"{title} (PDF as DICOM)")
