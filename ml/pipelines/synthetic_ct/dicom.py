"""The results as DICOM: a CT series, its bounds as parametric maps, the outline of the body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ml.contracts.events import Event
from ml.dicom.headers import source_header
from ml.dicom.image_series import Generated, NewSeries
from ml.dicom.provenance import Algorithm
from ml.dicom.read import read_series
from ml.dicom.transverse import transverse
from ml.dicom.uids import derived_uid
from ml.dicom.write_image import write_ct
from ml.dicom.write_parametric_map import write_parametric_map
from ml.dicom.write_rtstruct import Region, write_rtstruct
from ml.imaging.resample import to_grid
from ml.imaging.volume import Volume
from ml.models.synthetic_ct.config import Site
from ml.models.synthetic_ct.synthesiser import AIR_HU, SyntheticCt
from ml.runtime.context import RunContext

SERIES_NUMBER = 9020
BOUNDS = (("sct-lower", "5 % bound", 9021), ("sct-upper", "95 % bound", 9022))


def write_dicom(
    context: RunContext, image: Volume, result: SyntheticCt, site: Site
) -> Iterator[Event]:
    """Write all of it and announce it. ``image`` was read from DICOM."""
    algorithm = algorithm_of(context, site)
    placed = transverse(image)
    if placed.reason:
        yield context.log("resampled", placed.reason)
    yield write_series(context, image, result.middle, algorithm, SctSeries())
    written = read_series(context.out_dir / "sct")
    for (key, title, number), bound in zip(BOUNDS, (result.lower, result.upper), strict=True):
        context.cancel.check()
        path = context.out_dir / f"{key}.dcm"
        write_parametric_map(
            written.like(_on(bound, placed.volume).array),
            written,
            title=f"CT {title}",
            derivation=f"{title} of the CT numbers, {algorithm.description}",
            algorithm=algorithm,
            run_id=context.request.run_id,
            path=path,
            key=key,
            series_number=number,
        )
        yield context.artifact(
            key,
            kind="dicom",
            path=path,
            media_type="application/dicom",
            title=f"{title} of the synthetic CT",
        )
    context.cancel.check()
    yield _contour(context, image, result, algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class SctSeries:
    """What tells one CT series of a run from another."""

    key: str = "sct"
    number: int = SERIES_NUMBER
    title: str = "Synthetic CT"
    suffix: str = ""


def write_series(
    context: RunContext, image: Volume, hu: Volume, algorithm: Algorithm, which: SctSeries
) -> Event:
    """``hu`` (on the grid of ``image``, which was read from DICOM) as a transverse CT series.

    Raises:
        ValueError: ``image`` was not read from DICOM.
    """
    source = image.source
    if source is None:
        raise ValueError("DICOM is written from DICOM")
    placed, header = transverse(image), source_header(source)
    site = algorithm.parameters["site"]
    series = NewSeries(
        series_uid=derived_uid(context.request.run_id, f"{which.key}/series"),
        frame_of_reference_uid=str(header.FrameOfReferenceUID),
        number=which.number,
        description=f"CT from MR, {site}{which.suffix}",
        body_part=source.body_part,
        taken_at=datetime.now(UTC),
    )
    marks = Generated(
        algorithm=algorithm,
        derivation=f"CT numbers predicted from MR by {algorithm.description}, site {site}. "
        f"{placed.reason} Not acquired by a scanner.".replace("  ", " "),
        source=source,
        geometry_preserved=not placed.reason,
    )
    folder = context.out_dir / which.key
    write_ct(_on(hu, placed.volume), folder, study=header, series=series, generated=marks)
    return context.artifact(
        which.key, kind="dicom", path=folder, media_type="application/dicom", title=which.title
    )


def algorithm_of(context: RunContext, site: Site, weights: str = "") -> Algorithm:
    """What made the CT: this pipeline with the weights of ``site``, or those named."""
    digest = next(w.sha256 for w in context.manifest.weights if w.name == (weights or site))
    return Algorithm(
        name=context.manifest.title,
        version=context.manifest.version,
        weights_sha256=digest,
        parameters={**context.params, "site": site},
    )


def _on(volume: Volume, grid: Volume) -> Volume:
    """``volume`` on the transverse grid, HU; as it is where that is its own."""
    if grid.shape == volume.shape and np.allclose(grid.affine, volume.affine, atol=1e-6):
        return volume
    return to_grid(volume, grid, outside=AIR_HU)


def _contour(
    context: RunContext, image: Volume, result: SyntheticCt, algorithm: Algorithm
) -> Event:
    path = context.out_dir / "contour.dcm"
    write_rtstruct(
        [Region(name="BODY", mask=result.body, interpreted_type="EXTERNAL", colour=(0, 200, 120))],
        image,
        algorithm=algorithm,
        run_id=context.request.run_id,
        path=path,
        key="contour",
        label="BODY",
    )
    return context.artifact(
        "contour",
        kind="dicom",
        path=path,
        media_type="application/dicom",
        title="Outline of the body on the MR",
    )
