"""Rows of the index as the API shows them (declared in ``serializers``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.studies import extensions
from apps.studies.models import Annotation, Series, SeriesLayout, Study


def studies_shown(studies: Sequence[Study]) -> list[dict[str, Any]]:
    extra = extensions.briefs([study.study_uid for study in studies])
    return [study_shown(study, extra.get(study.study_uid, {})) for study in studies]


def study_shown(study: Study, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "study_uid": study.study_uid,
        "patient": {
            "id": str(study.patient_id),
            "patient_id": study.patient.patient_id,
            "name": person_name(study.patient_name),
            "birth_date": _iso(study.birth_date),
            "sex": study.sex,
        },
        "study_date": _iso(study.study_date),
        "study_time": _iso(study.study_time),
        "description": study.description,
        "accession_number": study.accession_number,
        "modalities": study.modalities,
        "body_parts": study.body_parts,
        "laterality": study.laterality,
        "series_count": study.series_count,
        "instance_count": study.instance_count,
        "received_at": _iso(study.received_at),
        "synthetic": study.synthetic,
        "has_draft": False,
        "active_job": None,
        **extra,
    }


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def person_name(name: str) -> str:
    """``SMITH^JOHN^^DR`` as a person reads it: ``SMITH, JOHN``; the first spelling where there are
    several (PS3.5 6.2.1)."""
    parts = [part.strip() for part in name.split("=", maxsplit=1)[0].split("^")]
    family, given = parts[0], " ".join(part for part in parts[1:3] if part)
    return ", ".join(part for part in (family, given) if part)


def series_shown(series: Series) -> dict[str, Any]:
    return {
        "series_uid": series.series_uid,
        "study_uid": series.study.study_uid,
        "modality": series.modality,
        "number": series.number,
        "description": series.description,
        "body_part": series.body_part,
        "laterality": series.laterality,
        "instance_count": series.instance_count,
        "frames": series.frames,
        "rows": series.rows,
        "columns": series.columns,
        "geometry": {
            "kind": series.geometry_kind,
            "spacing": series.geometry_spacing,
            "slices": series.geometry_slices,
            "reason": series.geometry_reason,
        },
        "frame_of_reference_uid": series.frame_of_reference_uid,
        "synthetic": series.synthetic,
        "ai_generated": series.ai_generated,
        "kind": series.kind,
        "derived_from": series.derived_from,
        "transfer_syntax": series.transfer_syntax,
        "complete": series.complete,
    }


def instances_shown(layout: SeriesLayout) -> list[dict[str, Any]]:
    return [
        {
            "sop_instance_uid": entry["sop"],
            "instance_number": entry["number"],
            "position": entry["position"],
            "frames": entry["frames"],
        }
        for entry in layout.instances
    ]


def geometry_shown(series: Series, layout: SeriesLayout) -> dict[str, Any]:
    """Of a series without a grid only its kind and the reason."""
    shared = {
        "kind": series.geometry_kind,
        "reason": series.geometry_reason,
        "frame_of_reference_uid": series.frame_of_reference_uid,
    }
    empty = dict.fromkeys(("dimensions", "spacing", "origin", "direction", "dtype", "window"), None)
    if layout.grid is None:
        nothing = {"slope": 1.0, "intercept": 0.0, "photometric": "", "bytes": 0}
        return {**shared, **empty, **nothing, "sop_instance_uids": [], "frames": []}
    names = ("dimensions", "spacing", "origin", "direction", "dtype", "slope", "intercept")
    grid = {name: layout.grid[name] for name in (*names, "window", "photometric", "bytes")}
    return {
        **shared,
        **grid,
        "sop_instance_uids": [layout.instances[i]["sop"] for i, _ in layout.planes],
        "frames": [frame + 1 for _, frame in layout.planes],
    }


def annotation_shown(annotation: Annotation) -> dict[str, Any]:
    author = annotation.author
    return {
        "id": str(annotation.id),
        "study_uid": annotation.study_uid,
        "series_uid": annotation.series_uid,
        "frame_of_reference_uid": annotation.frame_of_reference_uid,
        "sop_instance_uid": annotation.sop_instance_uid or None,
        "tool": annotation.tool,
        "geometry": annotation.geometry,
        "value": annotation.value,
        "unit": annotation.unit,
        "label": annotation.label,
        "author": author.get_username() if author else None,
        "created_at": _iso(annotation.created_at),
        "updated_at": _iso(annotation.updated_at),
        "version": annotation.version,
    }
