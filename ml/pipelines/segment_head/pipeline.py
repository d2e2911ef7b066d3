"""Whole-head segmentation: read, segment, write labels, volumes and DICOM objects."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ml.contracts.events import Event
from ml.dicom.nifti import write_nifti
from ml.dicom.provenance import Algorithm
from ml.dicom.structures import structures
from ml.dicom.write_seg import write_seg
from ml.dicom.write_sr import write_measurements_sr
from ml.pipelines.segment_head.segmentation import (
    WEIGHTS,
    HeadSegmentation,
    load_segmenter,
    open_segmenter,
    segment,
)
from ml.runtime.context import Resources, RunContext
from ml.runtime.inputs import read_input
from ml.runtime.registry import manifest_of

STEPS = {
    "read": "Read the images",
    "load": "Load the model",
    "segment": "Segment the head",
    "write": "Write the results",
}


def warm(resources: Resources) -> None:
    """Load the model."""
    load_segmenter(manifest_of("segment_head"), resources)


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused`` where no brain is found, ``Cancelled`` on a stop."""
    steps = context.steps(STEPS)
    yield steps.start("read")
    image = read_input(context)
    yield steps.finish()
    yield steps.start("load")
    segmenter = open_segmenter(context)
    yield steps.finish()
    yield steps.start("segment")
    result = yield from segment(context, steps, image, segmenter)
    for flag in result.flags:
        yield context.log(flag.code, flag.text, warning=True)
    yield steps.finish()
    yield steps.start("write")
    yield from write_results(context, result)
    context.values["volumes_ml"] = {str(k): round(v, 3) for k, v in result.volumes_ml.items()}
    context.values["expected_dice"] = {str(k): round(v, 3) for k, v in result.expected_dice.items()}
    context.values["quality"] = [flag.code for flag in result.flags]
    yield steps.finish()


def write_results(context: RunContext, result: HeadSegmentation) -> Iterator[Event]:
    """Labels and volumes as files, and as DICOM SEG and SR where the input is DICOM."""
    labels_path = context.out_dir / "labels.nii.gz"
    write_nifti(result.image.like(result.labels), labels_path)
    yield context.artifact(
        "labels",
        kind="nifti",
        path=labels_path,
        media_type="application/gzip",
        title="Head labels (FreeSurfer ids)",
    )
    table_path = context.out_dir / "volumes.csv"
    write_volumes(result, table_path)
    yield context.artifact(
        "volumes", kind="table", path=table_path, media_type="text/csv", title="Structure volumes"
    )
    if result.image.source is not None:
        yield from _write_dicom(context, result)


def write_volumes(result: HeadSegmentation, path: Path) -> None:
    """One row per label: id, structure, side, ml by counting voxels, ml by probability, and the
    Dice that the model expects of itself (empty outside the brain)."""
    known = structures()
    with path.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        columns = ["label", "structure", "side", "volume_ml", "expected_ml", "expected_dice"]
        table.writerow(columns)
        for label_id, volume in sorted(result.volumes_ml.items()):
            item = known[label_id]
            expected = result.expected_ml.get(label_id, 0.0)
            dice = result.expected_dice.get(label_id)
            figures = [f"{volume:.3f}", f"{expected:.3f}", "" if dice is None else f"{dice:.2f}"]
            table.writerow([label_id, item.name, item.side or "", *figures])


def _write_dicom(context: RunContext, result: HeadSegmentation) -> Iterator[Event]:
    manifest = context.manifest
    algorithm = Algorithm(
        name=manifest.title,
        version=manifest.version,
        weights_sha256=next(w.sha256 for w in manifest.weights if w.name == WEIGHTS),
        parameters=context.params,
    )
    run_id = context.request.run_id
    context.cancel.check()
    seg_path = context.out_dir / "segmentation.dcm"
    seg = write_seg(result.labels, result.image, algorithm=algorithm, run_id=run_id, path=seg_path)
    yield context.artifact(
        "seg",
        kind="seg",
        path=seg_path,
        media_type="application/dicom",
        title="Head segmentation (SEG)",
    )
    context.cancel.check()
    sr_path = context.out_dir / "measurements.dcm"
    write_measurements_sr(
        result.volumes_ml, result.image, seg, algorithm=algorithm, run_id=run_id, path=sr_path
    )
    yield context.artifact(
        "sr-measurements",
        kind="sr-measurements",
        path=sr_path,
        media_type="application/dicom",
        title="Structure volumes (SR)",
    )
