"""Two visits of a head: register, segment both, find what changed, write it all."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.contracts.events import Event
from ml.followup.brightness import BrainNotFound, contrast_of
from ml.followup.lesions import subtraction_of
from ml.followup.report import write_change_pdf
from ml.imaging.registration import resampled
from ml.imaging.volume import Volume
from ml.pipelines.compare_scans.comparison import Comparison, compare, comparison_json
from ml.pipelines.compare_scans.outputs import (
    algorithm_of,
    write_json,
    write_picture,
    write_registered_images,
)
from ml.pipelines.compare_scans.visits import Warned, read_visits
from ml.pipelines.detect_change.dicom import write_dicom
from ml.pipelines.detect_change.findings import (
    Findings,
    findings_of,
    lesion_rows,
    load_of,
    tracking_uids,
)
from ml.pipelines.detect_change.pictures import write_change
from ml.pipelines.detect_change.regions import regions_of
from ml.pipelines.segment_head.segmentation import (
    HeadSegmentation,
    load_segmenter,
    open_segmenter,
    segment,
)
from ml.runtime.context import Resources, RunContext, Steps
from ml.runtime.registry import manifest_of

STEPS = {
    "read": "Read both images",
    "register": "Lay the follow-up onto the base image",
    "load": "Load the model",
    "segment-base": "Segment the base image",
    "segment-follow": "Segment the follow-up",
    "change": "Find what changed",
    "write": "Write the results",
}


def warm(resources: Resources) -> None:
    """Load the model."""
    load_segmenter(manifest_of("detect_change"), resources)


def run(context: RunContext) -> Iterator[Event]:
    """See README.md. Raises ``InputRefused`` (with a code of its own for each kind of pair that
    does not belong together) and ``Cancelled``."""
    steps = context.steps(STEPS)
    yield steps.start("read")
    visits = read_visits(context)
    yield steps.finish()
    yield steps.start("register")
    yield steps.progress(None)
    comparison = compare(context, visits, deformable=False)
    for warning in comparison.warnings:
        yield context.log(warning.code, warning.text, warning=True)
    yield write_picture(context, comparison)
    yield steps.finish()
    base, follow = yield from _segmented(context, steps, comparison)
    yield steps.start("change")
    labels = resampled(
        visits.follow.image.like(follow.labels),
        visits.base.image,
        comparison.registration,
        order=0,
    ).array
    context.cancel.check()
    findings = findings_of(comparison, base.labels, labels, wanted=bool(context.params["lesions"]))
    for warning in findings.warnings:
        yield context.log(warning.code, warning.text, warning=True)
    context.cancel.check()
    subtraction = _subtraction(comparison, findings, base, labels)
    yield _picture(context, comparison, subtraction, findings)
    yield steps.finish()
    yield steps.start("write")
    uids = tracking_uids(findings.lesions, context.request.run_id)
    content = _content(context, comparison, findings, (base, follow), uids)
    yield write_json(context, "change-json", "What changed", content)
    context.values["comparable"] = comparison.comparability.comparable
    context.values["score"] = comparison.comparability.score
    context.values["lesions"] = len(findings.lesions)
    yield _pdf(context, content)
    yield from write_registered_images(context, comparison)
    volumes = ({**base.volumes_ml}, {**follow.volumes_ml})
    yield from write_dicom(
        context, comparison, findings, uids=uids, subtraction=subtraction, volumes=volumes
    )
    yield steps.finish()


def _segmented(
    context: RunContext, steps: Steps, comparison: Comparison
) -> Generator[Event, None, tuple[HeadSegmentation, HeadSegmentation]]:
    yield steps.start("load")
    segmenter = open_segmenter(context)
    yield steps.finish()
    found = []
    for name, visit in (("base", comparison.visits.base), ("follow", comparison.visits.follow)):
        yield steps.start(f"segment-{name}")
        found.append((yield from segment(context, steps, visit.image, segmenter)))
        yield steps.finish()
    return found[0], found[1]


def _subtraction(
    comparison: Comparison,
    findings: Findings,
    base: HeadSegmentation,
    follow_labels: NDArray[np.integer[Any]],
) -> NDArray[np.float32]:
    """The map of the difference, also where no lesions are looked for; 0 where there is no brain
    to scale by."""
    if findings.pair is not None:
        return findings.pair.subtraction
    image: Volume = comparison.visits.base.image
    try:
        return subtraction_of(
            image.array, comparison.onto.array, base.labels, follow_labels, image.spacing
        )
    except BrainNotFound:
        return np.zeros(image.shape, dtype=np.float32)


def _content(
    context: RunContext,
    comparison: Comparison,
    findings: Findings,
    segmented: tuple[HeadSegmentation, HeadSegmentation],
    uids: dict[str, str],
) -> dict[str, Any]:
    base = segmented[0]
    shared = comparison_json(comparison, context)
    flags = [
        Warned(code=f"{flag.code}_{name}", text=f"{title}: {flag.text}")
        for result, name, title in zip(
            segmented, ("base", "follow"), ("Base image", "Follow-up"), strict=True
        )
        for flag in result.flags
    ]
    shared["warnings"] += [asdict(warning) for warning in (*findings.warnings, *flags)]
    shared["software"]["weights_sha256"] = algorithm_of(context).weights_sha256
    return {
        "format": "synoptic-change",
        "format_version": 1,
        **shared,
        "regions": regions_of(
            *segmented,
            contrast=contrast_of(base.image.array, base.labels),
            days=comparison.visits.days,
            comparable=comparison.comparability.comparable,
        ),
        "lesions": lesion_rows(findings.lesions, uids, base.image),
        "lesion_load": load_of(findings, base.image),
    }


def _picture(
    context: RunContext,
    comparison: Comparison,
    subtraction: NDArray[np.float32],
    findings: Findings,
) -> Event:
    path = context.out_dir / "change.png"
    write_change(comparison, subtraction, findings, path)
    return context.artifact(
        "picture-change",
        kind="image",
        path=path,
        media_type="image/png",
        title="Base, follow-up, and what differs",
    )


def _pdf(context: RunContext, content: dict[str, Any]) -> Event:
    path = context.out_dir / "change.pdf"
    write_change_pdf(
        content,
        path,
        pictures=[context.out_dir / f"{name}.png" for name in ("change", "checkerboard")],
    )
    return context.artifact(
        "change-pdf",
        kind="pdf",
        path=path,
        media_type="application/pdf",
        title="What changed (one page)",
    )
