"""The prediction as DICOM: an MR series that says what it is, its lesion, and two maps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ml.contracts.events import Event
from ml.dicom.headers import source_headers
from ml.dicom.image_series import Generated, NewSeries
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.structures import Structure
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import write_mr
from ml.dicom.write_parametric_map import Quantity, write_parametric_map
from ml.dicom.write_seg import write_seg
from ml.imaging.volume import Volume
from ml.pipelines.predict_followup.content import Asked
from ml.pipelines.predict_followup.work import PREDICTOR, Placed
from ml.runtime.context import RunContext

SERIES_NUMBER = 9040
_ALTERED = Code("49755003", "SCT", "Morphologically Altered Structure")
LESION = {
    1: Structure(
        label=1, name="Predicted lesion", code=Code("52988006", "SCT", "Lesion"),
        category=_ALTERED, colour=(255, 170, 0),
    ),
    2: Structure(
        label=2, name="Predicted lesion core", code=Code("108369006", "SCT", "Neoplasm"),
        category=_ALTERED, colour=(220, 40, 40),
    ),
}  # fmt: skip
PROBABILITY = Quantity(
    label="PROBABILITY", explanation="Probability of lesion", unit=codes.UCUM.NoUnits,
    centre=0.5, width=1,
)  # fmt: skip
CHANGE = Quantity(
    label="CHANGE", explanation="Change in units of normal brain", unit=codes.UCUM.NoUnits,
    centre=0, width=1,
)  # fmt: skip


def algorithm_of(context: RunContext) -> Algorithm:
    """What made the prediction: this pipeline with the predictor's weights."""
    digest = next(s.sha256 for s in context.manifest.weights if s.name == PREDICTOR)
    return Algorithm(
        name=context.manifest.title,
        version=context.manifest.version,
        weights_sha256=digest,
        parameters=context.params,
    )


def write_dicom(context: RunContext, asked: Asked, made: Placed) -> Iterator[Event]:
    """Write all of it and announce it. The base was read from DICOM."""
    source = asked.base.source
    if source is None:
        raise ValueError("DICOM is written from DICOM")
    algorithm, run_id = algorithm_of(context), context.request.run_id
    header = source_headers(source)[0]
    what = f"PREDICTED day +{asked.days:g}"
    series = NewSeries(
        series_uid=derived_uid(run_id, "predicted/series"),
        # The voxels are the base's own, so that both are looked at together.
        frame_of_reference_uid=str(header.FrameOfReferenceUID),
        number=SERIES_NUMBER,
        description=f"{what} {_treatment(asked)}"[:54],
        body_part=source.body_part or "HEAD",
        taken_at=datetime.now(UTC),
    )
    marks = Generated(
        algorithm=algorithm,
        derivation=f"Image predicted {asked.days:g} days after the source, {_treatment(asked)}, by "
        f"{algorithm.description}. Not acquired by a scanner: it shows a time that has not come.",
        source=source,
        geometry_preserved=True,
    )
    folder = context.out_dir / "predicted"
    write_mr(made.image, folder, study=header, series=series, generated=marks)
    yield context.artifact(
        "predicted", kind="dicom", path=folder, media_type="application/dicom",
        title=f"Predicted MR, day +{asked.days:g}",
    )  # fmt: skip
    written = read_series(folder)
    context.cancel.check()
    labels = np.where(made.visible >= 0.5, 1, 0) + ((made.core >= 0.5) & (made.visible >= 0.5))
    if labels.any():
        path = context.out_dir / "seg-predicted.dcm"
        write_seg(
            labels.astype(np.uint8), written, algorithm=algorithm, run_id=run_id, path=path,
            key="seg-predicted", table=LESION, title=f"SYNTHETIC {what} lesion",
        )  # fmt: skip
        yield context.artifact(
            "seg-predicted", kind="seg", path=path, media_type="application/dicom",
            title="Predicted lesion (SEG)",
        )  # fmt: skip
    yield from _maps(context, written, made, what, algorithm)


def _maps(
    context: RunContext, written: Volume, made: Placed, what: str, algorithm: Algorithm
) -> Iterator[Event]:
    maps = (
        ("growth-probability", "lesion probability", made.probability, PROBABILITY),
        ("change-map", "predicted change", made.change, CHANGE),
    )
    for number, (key, name, values, quantity) in enumerate(maps, start=1):
        context.cancel.check()
        path = context.out_dir / f"{key}.dcm"
        write_parametric_map(
            written.like(values),
            written,
            title=f"{what} {name}",
            derivation=f"{name} at that day by {algorithm.description}",
            algorithm=algorithm,
            run_id=context.request.run_id,
            path=path,
            key=key,
            series_number=SERIES_NUMBER + number,
            quantity=quantity,
        )
        yield context.artifact(
            key, kind="dicom", path=path, media_type="application/dicom",
            title=name.capitalize(),
        )  # fmt: skip


def _treatment(asked: Asked) -> str:
    return "no treatment" if asked.treatment == "none" else f"after {asked.treatment}"
