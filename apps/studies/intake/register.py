"""Writing snapshots into the index. Doing it twice changes nothing."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from apps.core.doorbell import ring_on_commit
from apps.studies import attributes, scans, search
from apps.studies import tags as t
from apps.studies.intake.snapshot import Snapshot
from apps.studies.models import (
    NO_DATE,
    IntakeCursor,
    Patient,
    Series,
    SeriesLayout,
    Study,
    StudyTerm,
)

log = logging.getLogger(__name__)

STREAM = "studies"


@transaction.atomic
def intake_commit(
    *,
    snapshots: Sequence[Snapshot] = (),
    counts: dict[str, int] | None = None,
    gone: Iterable[str] = (),
    due: Iterable[str] = (),
    position: int | None = None,
) -> None:
    """Everything that was learnt from one look at the archive, and the cursor behind it, at once.

    ``counts`` are the new instance counts of series still growing, ``gone`` the series that the
    archive does not hold any more, and ``due`` those that have to be read anew, by Orthanc's id.
    """
    IntakeCursor.objects.get_or_create(pk=1)
    cursor = IntakeCursor.objects.select_for_update().get(pk=1)
    touched: set[Any] = set()
    for snapshot in snapshots:
        touched |= _register_safely(snapshot)
    touched |= _grow(counts or {})
    touched |= _remove(list(gone))
    for study_id in touched:
        _study_refresh(study_id)
    Series.objects.filter(orthanc_id__in=list(due), complete=True).update(
        complete=False, grew_at=timezone.now()
    )
    if position is not None:
        cursor.position = position
    if touched:
        cursor.revision += 1
        ring_on_commit(STREAM, cursor.revision)
    cursor.save()


def _register_safely(snapshot: Snapshot) -> set[Any]:
    """One series that the database refuses must not hold up the others."""
    try:
        with transaction.atomic():
            return _register(snapshot)
    except OperationalError:
        raise
    except DatabaseError as error:
        # Not the error itself: the database repeats the row, and with it the patient.
        log.error("a series could not be registered: %s", type(error).__name__)  # noqa: TRY400
        return set()


def _register(snapshot: Snapshot) -> set[Any]:
    """The studies that look different now: the series' own, and the one that it was in before."""
    tags, record, layout = snapshot.tags, snapshot.record, snapshot.layout
    study_uid = t.text(tags, "StudyInstanceUID")
    if _of_another_patient(snapshot, study_uid):
        log.error(
            "a series is left out: its StudyInstanceUID is that of another patient's study "
            "(Orthanc series %s)",
            record.orthanc_id,
        )
        return set()
    before = Series.objects.filter(
        Q(orthanc_id=record.orthanc_id) | Q(series_uid=t.text(tags, "SeriesInstanceUID"))
    )
    touched = set(before.values_list("study_id", flat=True))
    study, _ = Study.objects.update_or_create(
        study_uid=study_uid,
        defaults=_study_values(snapshot),
        create_defaults={
            **_study_values(snapshot),
            "received_at": snapshot.received_at,
        },
    )
    values: dict[str, Any] = {
        "orthanc_id": record.orthanc_id,
        "study": study,
        "modality": t.text(tags, "Modality", 16),
        "number": _small(t.integer(tags, "SeriesNumber")),
        "description": t.text(tags, "SeriesDescription", 200),
        "body_part": attributes.body_part(tags),
        "laterality": attributes.laterality(tags),
        "kind": snapshot.kind,
        "instance_count": len(record.instance_ids),
        "rows": t.natural(tags, "Rows"),
        "columns": t.natural(tags, "Columns"),
        "frame_of_reference_uid": t.text(tags, "FrameOfReferenceUID"),
        "transfer_syntax": record.transfer_syntax[:64],
        "sop_class_uid": record.sop_class[:64],
        "synthetic": attributes.synthetic(tags),
        "ai_generated": attributes.ai_generated(tags),
        "sequence": scans.sequence(tags),
        "device": scans.device(tags),
        "complete": layout is not None,
        "grew_at": timezone.now(),
    }
    if layout is None:
        values |= {"frames": len(record.instance_ids), "geometry_reason": "Still arriving."}
    else:
        values |= {
            "frames": layout.frames,
            "derived_from": snapshot.derived_from,
            "instance_count": len(layout.instances),
            "geometry_kind": layout.kind,
            "geometry_spacing": layout.spacing,
            "geometry_slices": layout.slices,
            "geometry_reason": layout.reason[:300],
        }
    Series.objects.filter(orthanc_id=record.orthanc_id).exclude(
        series_uid=t.text(tags, "SeriesInstanceUID")
    ).delete()
    series, _ = Series.objects.update_or_create(
        series_uid=t.text(tags, "SeriesInstanceUID"), defaults=values
    )
    if layout is not None:
        SeriesLayout.objects.update_or_create(
            series=series,
            defaults={
                "instances": layout.instances,
                "grid": layout.grid,
                "planes": layout.planes,
            },
        )
    return touched | {study.pk}


def _of_another_patient(snapshot: Snapshot, study_uid: str) -> bool:
    """Careless anonymisation gives two people one StudyInstanceUID. Orthanc keeps them apart; one
    study of both would show a person somebody else's images."""
    others = Series.objects.filter(study__study_uid=study_uid).exclude(
        Q(orthanc_id=snapshot.record.orthanc_id) | Q(study__patient__identity=_identity(snapshot))
    )
    return others.exclude(study__orthanc_id=snapshot.record.study_orthanc_id).exists()


def _small(number: int | None) -> int | None:
    return number if number is not None and abs(number) < 2**31 else None


def _study_values(snapshot: Snapshot) -> dict[str, Any]:
    tags = snapshot.tags
    name = t.text(tags, "PatientName", 200)
    date = t.date(tags, "StudyDate")
    return {
        "orthanc_id": snapshot.record.study_orthanc_id,
        "patient": _patient(snapshot),
        "patient_name": name,
        "name_key": search.name_key(name),
        "birth_date": t.date(tags, "PatientBirthDate"),
        "sex": t.text(tags, "PatientSex", 16),
        "study_date": date,
        "date_key": date or NO_DATE,
        "study_time": t.time(tags, "StudyTime"),
        "description": t.text(tags, "StudyDescription", 200),
        "accession_number": t.text(tags, "AccessionNumber"),
    }


def _patient(snapshot: Snapshot) -> Patient:
    tags = snapshot.tags
    patient, _ = Patient.objects.get_or_create(
        identity=_identity(snapshot),
        defaults={
            "patient_id": t.text(tags, "PatientID"),
            "issuer": t.text(tags, "IssuerOfPatientID"),
        },
    )
    return patient


def _identity(snapshot: Snapshot) -> str:
    tags = snapshot.tags
    patient_id = t.text(tags, "PatientID")
    if patient_id:
        return f"id:{t.text(tags, 'IssuerOfPatientID')}:{patient_id}"
    return f"study:{t.text(tags, 'StudyInstanceUID')}"


def _grow(counts: dict[str, int]) -> set[Any]:
    now, touched = timezone.now(), set()
    for series in Series.objects.filter(orthanc_id__in=counts):
        count = counts[series.orthanc_id]
        if count == series.instance_count:
            continue
        Series.objects.filter(pk=series.pk).update(
            instance_count=count, frames=count, complete=False, grew_at=now
        )
        touched.add(series.study_id)
    return touched


def _remove(gone: list[str]) -> set[Any]:
    rows = Series.objects.filter(orthanc_id__in=gone)
    touched = set(rows.values_list("study_id", flat=True))
    rows.delete()
    return touched


def _study_refresh(study_id: Any) -> None:
    """What a study says of its series together; a study without series is no more."""
    study = Study.objects.select_related("patient").get(pk=study_id)
    series = list(
        study.series.order_by("number", "id").values_list(
            "modality", "body_part", "laterality", "synthetic", "kind"
        )
    )
    if not series:
        patient = study.patient
        study.delete()
        if not patient.studies.exists():
            patient.delete()
        return
    study.modalities = sorted({row[0] for row in series if row[0]})
    study.body_parts = sorted({row[1] for row in series if row[1]})
    sides = {row[2] for row in series if row[2] in ("L", "R", "B")}
    study.laterality = "B" if len(sides) > 1 else next(iter(sides), "")
    # A patient's study with a synthetic series beside the acquired ones is a patient's still.
    images = [row[3] for row in series if row[4] == Series.Kind.IMAGE]
    study.synthetic = all(images) if images else any(row[3] for row in series)
    study.series_count = len(series)
    study.instance_count = study.series.aggregate(total=Sum("instance_count"))["total"] or 0
    study.save()
    _terms_refresh(study)


def _terms_refresh(study: Study) -> None:
    wanted = search.study_terms(
        texts=(study.patient_name, study.description),
        identifiers=(study.patient.patient_id, study.accession_number),
        modalities=study.modalities,
    )
    present = set(study.terms.values_list("term", flat=True))
    if present - wanted:
        study.terms.filter(term__in=present - wanted).delete()
    StudyTerm.objects.bulk_create(
        (StudyTerm(study=study, term=term) for term in sorted(wanted - present)),
        ignore_conflicts=True,
    )


def stale_open(before: dt.timedelta) -> list[str]:
    """Series that may still grow but have not done so for a while, by Orthanc's id."""
    limit = timezone.now() - before
    open_series = Series.objects.filter(complete=False, grew_at__lt=limit)
    return list(open_series.values_list("orthanc_id", flat=True)[:200])
