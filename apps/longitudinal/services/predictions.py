"""From a base image and a question to a prediction whose job is queued, or to the reasons why
not."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Conflict
from apps.core.idempotency import idempotent_create
from apps.inference.request import inference_request
from apps.longitudinal.models import Prediction
from apps.longitudinal.pairs import PairRefused, origin_reasons, pair_reasons, pair_warnings
from apps.longitudinal.services.series import series_chosen
from apps.studies.models import Series

PIPELINE: Final = "predict_followup"
BASE, PRIOR = "The base image", "The prior"


def prediction_create(
    *,
    user: User,
    base: str,
    days: int,
    prior: str | None = None,
    treatment: str = Prediction.Treatment.NONE,
    samples: int = 8,
    idempotency_key: str = "",
    override_reason: str = "",
) -> tuple[Prediction, bool]:
    """The prediction, and whether this call made it.

    Raises ``NotFound`` (series_not_found), ``PairRefused`` (synthetic_input, different_patient,
    reversed_order, …) and what ``inference_request`` raises. ``override_reason`` has the gate let
    an unusual image through.
    """
    require(user, "followup.run")
    params = {"days": days, "treatment": str(treatment), "samples": samples}

    def create() -> UUID:
        return _create(user, *_images(base, prior), params, override_reason).pk

    body = {"base": base, "prior": prior or None, **params}
    if override_reason:
        body["override_reason"] = override_reason

    outcome = idempotent_create(
        user_id=user.pk,
        scope="predictions",
        key=idempotency_key,
        body=body,
        create=create,
    )
    made = Prediction.objects.filter(pk=outcome.object_id).first()
    if made is None:
        raise Conflict(
            "The prediction of this Idempotency-Key was deleted with its study. Use another key "
            "to ask again.",
            code="prediction_gone",
        )
    return made, outcome.created


def _images(base_uid: str, prior_uid: str | None) -> tuple[Series, Series | None]:
    base, base_made = series_chosen(base_uid)
    reasons = [*origin_reasons(base, name=BASE, made_here=base_made)]
    prior = None
    if prior_uid:
        prior, prior_made = series_chosen(prior_uid)
        reasons += origin_reasons(prior, name=PRIOR, made_here=prior_made)
        reasons += pair_reasons(prior, base, names=(PRIOR, BASE))
    if reasons:
        raise PairRefused(reasons)
    return base, prior


@transaction.atomic
def _create(
    user: User, base: Series, prior: Series | None, params: dict[str, Any], override_reason: str
) -> Prediction:
    inputs = {"base": base.series_uid}
    if prior is not None:
        inputs["prior"] = prior.series_uid
    job, _ = inference_request(
        user=user,
        pipeline=PIPELINE,
        inputs=inputs,
        params=params,
        override_reason=override_reason,
    )
    base_date = base.study.study_date
    made = Prediction.objects.create(
        job=job,
        person=base.study.patient.identity,
        base_series_uid=base.series_uid,
        base_study_uid=base.study.study_uid,
        base_date=base_date,
        prior_series_uid=prior.series_uid if prior else "",
        target_date=target_date(base_date, params["days"]),
        warnings=_warnings(base, prior),
        pipeline_version=job.version,
        created_by=user,
        **params,
    )
    audit_record(
        actor=user,
        action="followup.predict",
        object_type="prediction",
        object_id=made.pk,
        study_uid=made.base_study_uid,
        detail={"job": str(job.pk), "days": made.days, "treatment": made.treatment},
    )
    return made


def target_date(base_date: dt.date | None, days: int) -> dt.date | None:
    """None where the base has no date, or the day lies beyond the calendar."""
    try:
        return None if base_date is None else base_date + dt.timedelta(days=days)
    except OverflowError:
        return None


def _warnings(base: Series, prior: Series | None) -> list[dict[str, Any]]:
    told = pair_warnings(prior, base) if prior is not None else []
    if base.study.study_date is None:
        no_target = (
            "The base image has no date: the day that is predicted for is not known, and no later "
            "scan is found for it."
        )
        told = [{"code": "date_missing", "text": no_target}]
    return told
