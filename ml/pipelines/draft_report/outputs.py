"""The files a draft leaves behind: DICOM where the input is DICOM, NIfTI beside a NIfTI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm, Written
from ml.dicom.write_report import write_report
from ml.dicom.write_seg import write_seg
from ml.dicom.write_sr import write_measurements_sr
from ml.imaging.volume import Volume
from ml.pipelines.draft_report.draft import Draft
from ml.runtime.context import RunContext

DICOM = "application/dicom"


def store_structures(
    context: RunContext, image: Volume, labels: Volume, algorithm: Algorithm
) -> tuple[Mapping[int, int], Written | None, Event]:
    """Write the labels as a SEG (NIfTI for a NIfTI input).

    Returns:
        Segment number per label (empty for NIfTI), the SEG (None for NIfTI), its announcement.
    """
    if image.source is None:
        path = context.out_dir / "labels.nii.gz"
        write_nifti(labels.like(labels.array.astype(np.int16)), path)
        event = context.artifact(
            "labels",
            kind="nifti",
            path=path,
            media_type="application/gzip",
            title="Structures of the head",
        )
        return {}, None, event
    path = context.out_dir / "structures.seg.dcm"
    seg = write_seg(
        labels.array, image, algorithm=algorithm, run_id=context.request.run_id, path=path
    )
    event = context.artifact(
        "seg", kind="seg", path=path, media_type=DICOM, title="Structures of the head"
    )
    return seg.segments, seg, event


def store_volumes(
    context: RunContext,
    image: Volume,
    seg: Written,
    volumes: Mapping[int, float],
    algorithm: Algorithm,
) -> Event:
    """Write the volume of each structure as a TID 1500 report."""
    path = context.out_dir / "volumes.sr.dcm"
    write_measurements_sr(
        volumes,
        image,
        seg,
        algorithm=algorithm,
        run_id=context.request.run_id,
        path=path,
    )
    return context.artifact(
        "sr-measurements", kind="sr-measurements", path=path, media_type=DICOM, title="Volumes"
    )


def store_draft(context: RunContext, image: Volume, draft: Draft) -> Iterator[Event]:
    """Write the draft as JSON, as text and, for DICOM, as a structured report."""
    manifest, incomplete = context.manifest, draft.incomplete
    data = context.out_dir / "report.json"
    draft.save(data, draft.as_json(pipeline=manifest.name, version=manifest.version))
    yield context.artifact(
        "report",
        kind="json",
        path=data,
        media_type="application/json",
        title="Draft report as data",
        incomplete=incomplete,
    )
    text = context.out_dir / "report.md"
    draft.save(text, draft.as_text())
    yield context.artifact(
        "report-text",
        kind="table",
        path=text,
        media_type="text/markdown",
        title="Draft report as text",
        incomplete=incomplete,
    )
    if image.source is None:
        return
    weights = {spec.name: spec.sha256 for spec in manifest.weights}
    document = draft.document(
        run_id=context.request.run_id,
        version=manifest.version,
        weights_sha256=weights["smollm2-135m-instruct"],
    )
    path = context.out_dir / "report.sr.dcm"
    write_report(document, source_dir=context.input().path, out_path=path)
    yield context.artifact(
        "sr-report",
        kind="sr-report",
        path=path,
        media_type=DICOM,
        title="Draft report",
        incomplete=incomplete,
    )
