"""What people change: studies taken out, measurements drawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import audit_record
from apps.core.errors import ApiError, Conflict, NotFound, Refused
from apps.pacs.store import study_remove
from apps.studies import attributes, extensions
from apps.studies.intake.register import intake_commit
from apps.studies.models import Annotation, Series
from apps.studies.selectors import series_get, series_of, study_get


def study_delete(*, actor: User, study_uid: str, confirmation: str) -> None:
    """Take a study out of archive and index, with the measurements on it."""
    study = study_get(study_uid)
    if confirmation != study_uid:
        raise ApiError(
            "Deleting a study needs its UID once more, in the header X-Confirm.",
            code="confirmation_needed",
        )
    series = [row.orthanc_id for row in series_of(study)]
    study_remove(study.orthanc_id)
    with transaction.atomic():
        intake_commit(gone=series)
        Annotation.objects.filter(study_uid=study_uid).delete()
        extensions.remove(study_uid)
        audit_record(
            actor=actor,
            action="study.delete",
            object_type="study",
            object_id=study_uid,
            study_uid=study_uid,
            detail={"series": len(series)},
        )


@transaction.atomic
def annotation_create(*, author: User, study_uid: str, values: dict[str, Any]) -> Annotation:
    study_get(study_uid)
    _check_series(study_uid, values["series_uid"])
    annotation = Annotation.objects.create(author=author, study_uid=study_uid, **_plain(values))
    _recorded(author, "annotation.create", annotation)
    return annotation


@transaction.atomic
def annotation_update(
    *, editor: User, annotation_id: UUID, version: int, values: dict[str, Any]
) -> Annotation:
    """Raises Conflict unless ``version`` is the one that is stored."""
    annotation = _annotation_get(annotation_id)
    _check_series(annotation.study_uid, values["series_uid"])
    changed = Annotation.objects.filter(pk=annotation_id, version=version).update(
        **_plain(values), version=F("version") + 1, updated_at=timezone.now()
    )
    if not changed:
        raise Conflict(
            "Somebody else has changed this measurement meanwhile.", code="version_conflict"
        )
    annotation = _annotation_get(annotation_id)
    _recorded(editor, "annotation.update", annotation)
    return annotation


@transaction.atomic
def annotation_delete(*, editor: User, annotation_id: UUID) -> None:
    annotation = _annotation_get(annotation_id)
    Annotation.objects.filter(pk=annotation_id).delete()
    _recorded(editor, "annotation.delete", annotation)


def _annotation_get(annotation_id: UUID) -> Annotation:
    found = Annotation.objects.select_related("author").filter(pk=annotation_id).first()
    if found is None:
        raise NotFound("There is no such measurement.", code="annotation_not_found")
    return found


def _check_series(study_uid: str, series_uid: str) -> None:
    series = series_get(series_uid)
    if series.study.study_uid != study_uid:
        raise ApiError("This series belongs to another study.", code="series_of_other_study")
    measurable_check(series)


def measurable_check(series: Series) -> None:
    """Raises ``Refused`` (predicted_image): what has not happened is not measured."""
    if attributes.predicted(series):
        raise Refused(
            "This image was predicted by a model: nothing is measured or drawn on it.",
            code="predicted_image",
        )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "sop_instance_uid": values.get("sop_instance_uid") or ""}


def _recorded(actor: User, action: str, annotation: Annotation) -> None:
    audit_record(
        actor=actor,
        action=action,
        object_type="annotation",
        object_id=annotation.pk,
        study_uid=annotation.study_uid,
        detail={"tool": annotation.tool, "version": annotation.version},
    )
