"""Structures that people draw in the viewer."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import ApiError, Refused
from apps.inference.drawing import StoredStructures, drawing_store
from apps.studies.models import Series
from apps.studies.selectors import series_get
from apps.studies.services import measurable_check
from ml.contracts.drawing import Drawing, DrawnStructure


def structures_create(
    *,
    user: User,
    study_uid: str,
    series_uid: str,
    label: str,
    structures: Sequence[DrawnStructure],
    idempotency_key: str = "",
) -> StoredStructures:
    """Store a structure set in the study of its images. The same request with the same key writes
    the same object again.

    Raises ``NotFound``, ``ApiError`` (series_of_other_study), ``Refused`` (not_an_image,
    predicted_image, drawing_refused) and the errors of the pacs.
    """
    require(user, "annotation.edit")
    series = series_get(series_uid)
    if series.study.study_uid != study_uid:
        raise ApiError("This series belongs to another study.", code="series_of_other_study")
    if series.kind != Series.Kind.IMAGE:
        raise Refused("Structures are drawn on images.", code="not_an_image")
    measurable_check(series)
    drawing = Drawing(
        drawing_id=_drawing_id(user, series_uid, structures, idempotency_key),
        label=label,
        author=user.get_full_name(),
        structures=tuple(structures),
    )
    stored = drawing_store(drawing, series=series)
    with transaction.atomic():
        audit_record(
            actor=user,
            action="structures.create",
            object_type="series",
            object_id=stored.series_uid,
            study_uid=study_uid,
            detail={"image": series_uid, "structures": len(structures)},
        )
    return stored


def _drawing_id(
    user: User, series_uid: str, structures: Sequence[DrawnStructure], idempotency_key: str
) -> str:
    """What was drawn is part of it: another drawing under the same key is another object."""
    if not idempotency_key:
        return str(uuid.uuid4())
    digest = hashlib.sha256()
    for part in (str(user.pk), idempotency_key, series_uid, *(one.name for one in structures)):
        digest.update(part.encode() + b"\0")
    for one in structures:
        digest.update(one.runs)
    return digest.hexdigest()
