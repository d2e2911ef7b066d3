"""Does a series fit what a pipeline's manifest asks of an input? Pure; no pixel is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apps.studies.attributes import made_by_model
from apps.studies.models import Series
from ml.contracts.manifest import InputSpec

STRUCTURES: Final = "RTSTRUCT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why not: ``code`` for programs, ``message`` for people."""

    code: str
    message: str


def _any_of(words: tuple[str, ...]) -> str:
    return " or ".join(words)


def _mm(value: float) -> str:
    return f"{value:.1f} mm"


def input_reasons(series: Series, spec: InputSpec) -> tuple[Reason, ...]:
    """Everything that speaks against ``series`` as the input ``spec``; empty when it fits."""
    if STRUCTURES in spec.modalities:
        return _structure_reasons(series, spec)
    if series.kind != Series.Kind.IMAGE:
        return (Reason(code="not_an_image", message="This series holds no images."),)
    return (
        *_origin_reasons(series, spec),
        *_content_reasons(series, spec),
        *_geometry_reasons(series, spec),
    )


def _structure_reasons(series: Series, spec: InputSpec) -> tuple[Reason, ...]:
    """A structure set has contours and no planes: its place is its frame of reference's."""
    if series.kind != Series.Kind.RTSTRUCT:
        return (Reason(code="not_structures", message="This series is no structure set."),)
    return tuple(_origin_reasons(series, spec))


def _origin_reasons(series: Series, spec: InputSpec) -> Iterator[Reason]:
    if not series.complete:
        yield Reason(
            code="still_arriving",
            message="Images of this series are still arriving. Try again in some seconds.",
        )
    if (series.synthetic or series.ai_generated) and not spec.synthetic:
        yield Reason(
            code="synthetic_input",
            message="This series is synthetic or AI-made; this pipeline takes acquired images.",
        )
    elif not spec.ai_made and made_by_model(series):
        yield Reason(
            code="synthetic_input",
            message="A model made this series; this pipeline takes acquired images.",
        )


def _content_reasons(series: Series, spec: InputSpec) -> Iterator[Reason]:
    if spec.modalities and series.modality not in spec.modalities:
        yield Reason(
            code="modality",
            message=f"The modality is {series.modality or 'not stated'}; "
            f"this pipeline needs {_any_of(spec.modalities)}.",
        )
    body_part = series.body_part.upper()
    if spec.body_parts and body_part not in {part.upper() for part in spec.body_parts}:
        yield Reason(
            code="body_part",
            message=f"The body part is {body_part or 'not stated'}; "
            f"this pipeline needs {_any_of(spec.body_parts)}.",
        )


def _geometry_reasons(series: Series, spec: InputSpec) -> Iterator[Reason]:
    if spec.geometries and series.geometry_kind not in spec.geometries:
        why = series.geometry_reason or f"The geometry is {series.geometry_kind}."
        yield Reason(
            code="geometry",
            message=f"{why} This pipeline needs a {_any_of(spec.geometries)} stack.",
        )
        return
    slices = series.geometry_slices
    if not spec.min_slices <= slices <= spec.max_slices:
        yield Reason(
            code="slices",
            message=f"The series has {slices} slices; "
            f"this pipeline needs {spec.min_slices} to {spec.max_slices}.",
        )
    spacing = series.geometry_spacing
    if spacing is None:
        if spec.max_spacing_mm is not None or spec.min_extent_mm is not None:
            yield Reason(code="spacing", message="The spacing of the voxels is not known.")
        return
    if spec.max_spacing_mm is not None and max(spacing) > spec.max_spacing_mm + 1e-3:
        yield Reason(
            code="spacing",
            message=f"Voxels are up to {_mm(max(spacing))} apart; "
            f"this pipeline needs at most {_mm(spec.max_spacing_mm)}.",
        )
    size = (slices, series.rows or 0, series.columns or 0)
    extent = min(count * step for count, step in zip(size, spacing, strict=True))
    if spec.min_extent_mm is not None and extent < spec.min_extent_mm - 1e-3:
        yield Reason(
            code="extent",
            message=f"The volume covers {_mm(extent)} in its shortest direction; "
            f"this pipeline needs {_mm(spec.min_extent_mm)}.",
        )
