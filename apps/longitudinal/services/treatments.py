"""What was done to a patient, as people enter it. Notes stand in the row alone."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Conflict, NotFound, Refused
from apps.core.idempotency import idempotent_create
from apps.longitudinal.models import Treatment
from apps.longitudinal.selectors import person_get


def treatment_create(
    *,
    user: User,
    study_uid: str,
    kind: str,
    started_on: dt.date,
    ended_on: dt.date | None = None,
    note: str = "",
    idempotency_key: str = "",
) -> tuple[Treatment, bool]:
    """The treatment, and whether this call made it. It belongs to the patient of the study.

    Raises ``NotFound`` (study_not_found) and ``Refused`` (treatment_dates)."""
    require(user, "followup.treat")
    person = person_get(study_uid).identity
    values = {"kind": kind, "started_on": started_on, "ended_on": ended_on, "note": note}
    _dates_check(started_on, ended_on)

    def create() -> UUID:
        return _create(user, study_uid, person, values).pk

    outcome = idempotent_create(
        user_id=user.pk,
        scope="treatments",
        key=idempotency_key,
        body={"study": study_uid, **values},
        create=create,
    )
    made = Treatment.objects.select_related("created_by").filter(pk=outcome.object_id).first()
    if made is None:
        raise Conflict("This treatment was deleted meanwhile.", code="treatment_gone")
    return made, outcome.created


@transaction.atomic
def _create(user: User, study_uid: str, person: str, values: dict[str, Any]) -> Treatment:
    made = Treatment.objects.create(study_uid=study_uid, person=person, created_by=user, **values)
    _recorded(user, "treatment.create", made)
    return made


@transaction.atomic
def treatment_update(*, user: User, treatment_id: UUID, values: dict[str, Any]) -> Treatment:
    """Raises ``NotFound`` (treatment_not_found) and ``Refused`` (treatment_dates)."""
    require(user, "followup.treat")
    treatment = _get(treatment_id)
    for name, value in values.items():
        setattr(treatment, name, value)
    _dates_check(treatment.started_on, treatment.ended_on)
    treatment.save(update_fields=[*values, "updated_at"])
    _recorded(user, "treatment.update", treatment, changed=sorted(values))
    return treatment


@transaction.atomic
def treatment_delete(*, user: User, treatment_id: UUID) -> None:
    require(user, "followup.treat")
    treatment = _get(treatment_id)
    _recorded(user, "treatment.delete", treatment)
    treatment.delete()


def _get(treatment_id: UUID) -> Treatment:
    rows = Treatment.objects.select_for_update(of=("self",)).select_related("created_by")
    found = rows.filter(pk=treatment_id).first()
    if found is None:
        raise NotFound("There is no such treatment.", code="treatment_not_found")
    return found


def _dates_check(started_on: dt.date, ended_on: dt.date | None) -> None:
    if ended_on is not None and ended_on < started_on:
        raise Refused("A treatment cannot end before it began.", code="treatment_dates")


def _recorded(user: User, action: str, treatment: Treatment, **detail: Any) -> None:
    audit_record(
        actor=user,
        action=action,
        object_type="treatment",
        object_id=treatment.pk,
        study_uid=treatment.study_uid,
        detail={"kind": treatment.kind, **detail},
    )
