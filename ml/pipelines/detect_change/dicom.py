"""The lesions as DICOM: a segmentation for each visit, the measurements, the subtraction map."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.contracts.events import Event
from ml.dicom.provenance import Written
from ml.dicom.structures import Structure
from ml.dicom.write_change_sr import LesionFigures, TwoVisits, write_change_sr
from ml.dicom.write_parametric_map import Quantity, write_parametric_map
from ml.dicom.write_seg import Tracking, write_seg
from ml.followup.lesions import PairOfLesions
from ml.followup.tracking import Lesion
from ml.imaging.volume import Volume
from ml.pipelines.compare_scans.comparison import Comparison
from ml.pipelines.compare_scans.outputs import algorithm_of
from ml.pipelines.detect_change.findings import Findings
from ml.runtime.context import RunContext

ABNORMAL: Final = Code("49755003", "SCT", "Morphologically Abnormal Structure")
LESION: Final = Code("52988006", "SCT", "Lesion")
COLOURS: Final[Mapping[str, tuple[int, int, int]]] = {
    "new": (230, 40, 40),
    "enlarging": (250, 120, 40),
    "stable": (250, 210, 60),
    "shrinking": (90, 170, 240),
    "resolved": (40, 90, 220),
    "merged": (200, 80, 200),
    "split": (150, 110, 230),
}
DIFFERENCE: Final = Quantity(
    label="DIFFERENCE",
    explanation="follow-up minus base, spreads of white matter",
    unit=codes.UCUM.NoUnits,
    centre=0.0,
    width=16.0,
)


def write_dicom(
    context: RunContext,
    comparison: Comparison,
    findings: Findings,
    *,
    uids: Mapping[str, str],
    subtraction: NDArray[np.float32],
    volumes: tuple[dict[int, float], dict[int, float]],
) -> Iterator[Event]:
    """Everything of the kind; nothing where an input is no DICOM."""
    base, follow = comparison.visits.base.image, comparison.visits.follow.image
    if base.source is None or follow.source is None:
        return
    if not base.source.frame_numbers[0]:
        yield _subtraction(context, base, subtraction)
    context.cancel.check()
    written: dict[str, Written] = {}
    if findings.pair is not None:
        written = yield from _segmentations(context, base, findings.pair, findings.lesions, uids)
    yield _measurements(
        context, comparison, findings.lesions, uids=uids, written=written, volumes=volumes
    )


def _segmentations(
    context: RunContext,
    base: Volume,
    pair: PairOfLesions,
    lesions: tuple[Lesion, ...],
    uids: Mapping[str, str],
) -> Generator[Event, None, dict[str, Written]]:
    """Both lie on the base's grid: a lesion has one place, whatever the visit."""
    written: dict[str, Written] = {}
    for key, labels, number, title in (
        ("seg-base", pair.base, "base_id", "Lesions at the base (SEG)"),
        ("seg-follow", pair.follow, "follow_id", "Lesions at the follow-up (SEG)"),
    ):
        here = [one for one in lesions if getattr(one, number)]
        if here:
            written[key] = _segmentation(context, base, labels, here, uids, key=key, number=number)
            yield _announced(context, key, "seg", written[key].path, title)
            context.cancel.check()
    return written


def _subtraction(context: RunContext, base: Volume, subtraction: NDArray[np.float32]) -> Event:
    path = context.out_dir / "subtraction.dcm"
    write_parametric_map(
        base.like(subtraction),
        base,
        title="follow-up minus base",
        derivation="Difference of two visits on one scale and grid, "
        f"{algorithm_of(context).description}",
        algorithm=algorithm_of(context),
        run_id=context.request.run_id,
        path=path,
        key="subtraction",
        series_number=9032,
        quantity=DIFFERENCE,
    )
    return context.artifact(
        "subtraction",
        kind="dicom",
        path=path,
        media_type="application/dicom",
        title="Follow-up minus base",
    )


def _segmentation(
    context: RunContext,
    base: Volume,
    labels: NDArray[Any],
    lesions: list[Lesion],
    uids: Mapping[str, str],
    *,
    key: str,
    number: str,
) -> Written:
    ids = {getattr(one, number): one for one in lesions}
    kept = np.where(np.isin(labels, list(ids)), labels, 0)
    return write_seg(
        kept,
        base,
        algorithm=algorithm_of(context),
        run_id=context.request.run_id,
        path=context.out_dir / f"{key}.dcm",
        key=key,
        table={label: _structure(label, one) for label, one in ids.items()},
        title="AI lesions at the " + ("base" if key == "seg-base" else "follow-up"),
        tracking={label: Tracking(id=one.name, uid=uids[one.name]) for label, one in ids.items()},
    )


def _structure(label: int, lesion: Lesion) -> Structure:
    return Structure(
        label=label,
        name=f"{lesion.name} {lesion.state}",
        code=LESION,
        category=ABNORMAL,
        colour=COLOURS[lesion.state],
    )


def _measurements(
    context: RunContext,
    comparison: Comparison,
    lesions: tuple[Lesion, ...],
    *,
    uids: Mapping[str, str],
    written: Mapping[str, Written],
    volumes: tuple[dict[int, float], dict[int, float]],
) -> Event:
    path = context.out_dir / "measurements.dcm"
    write_change_sr(
        [
            LesionFigures(
                track=uids[one.name],
                name=one.name,
                state=one.state,
                ml=(one.base_ml, one.follow_ml),
                labels=(one.base_id, one.follow_id),
            )
            for one in lesions
        ],
        TwoVisits(
            images=(comparison.visits.base.image, comparison.visits.follow.image),
            segs=(written.get("seg-base"), written.get("seg-follow")),
            volumes=volumes,
        ),
        algorithm=algorithm_of(context),
        run_id=context.request.run_id,
        path=path,
    )
    return _announced(
        context, "sr-measurements", "sr-measurements", path, "Lesions and structures (SR)"
    )


def _announced(context: RunContext, key: str, kind: Any, path: Path, title: str) -> Event:
    return context.artifact(key, kind=kind, path=path, media_type="application/dicom", title=title)
