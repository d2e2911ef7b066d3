"""From two series that a person chooses to a comparison whose job is queued, or to the reasons
why not."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Conflict, Refused
from apps.core.idempotency import idempotent_create
from apps.inference.request import inference_request
from apps.longitudinal.models import Comparison
from apps.longitudinal.pairs import PairRefused, origin_reasons, pair_reasons, pair_warnings
from apps.longitudinal.services.series import series_chosen
from apps.studies.models import Series

PIPELINES: Final = {
    Comparison.Kind.REGISTER: "compare_scans",
    Comparison.Kind.CHANGE: "detect_change",
}
BASE, FOLLOW = "The base image", "The follow-up"


def comparison_create(
    *,
    user: User,
    base: str,
    follow: str,
    kind: str = Comparison.Kind.CHANGE,
    deformable: bool = False,
    idempotency_key: str = "",
    override_reason: str = "",
) -> tuple[Comparison, bool]:
    """The comparison, and whether this call made it.

    Raises ``NotFound`` (series_not_found), ``PairRefused`` (same_series, different_patient, …),
    ``Refused`` (deformable_change) and what ``inference_request`` raises. ``override_reason`` has
    the gate let an unusual image through.
    """
    require(user, "followup.run")
    if deformable and kind == Comparison.Kind.CHANGE:
        raise Refused(
            "Change is measured after rigid registration alone: bending would hide it. Choose the "
            "registration without measurements for that.",
            code="deformable_change",
        )
    asked = {"base": base, "follow": follow, "kind": str(kind), "deformable": deformable}
    if override_reason:
        asked["override_reason"] = override_reason

    def create() -> UUID:
        chosen = Comparison.Kind(kind)
        pair = _pair(base, follow, chosen)
        return _create(
            user, *pair, kind=chosen, deformable=deformable, override_reason=override_reason
        ).pk

    outcome = idempotent_create(
        user_id=user.pk, scope="comparisons", key=idempotency_key, body=asked, create=create
    )
    made = Comparison.objects.filter(pk=outcome.object_id).first()
    if made is None:
        raise Conflict(
            "The comparison of this Idempotency-Key was deleted with its study. Use another key "
            "to ask again.",
            code="comparison_gone",
        )
    return made, outcome.created


def _pair(base_uid: str, follow_uid: str, kind: Comparison.Kind) -> tuple[Series, Series]:
    base, base_made = series_chosen(base_uid)
    follow, follow_made = series_chosen(follow_uid)
    reasons = [
        *origin_reasons(base, name=BASE, made_here=base_made),
        *origin_reasons(follow, name=FOLLOW, made_here=follow_made),
        *pair_reasons(
            base,
            follow,
            names=(BASE, FOLLOW),
            across_modalities=kind == Comparison.Kind.REGISTER,
        ),
    ]
    if reasons:
        raise PairRefused(reasons)
    return base, follow


@transaction.atomic
def _create(
    user: User,
    base: Series,
    follow: Series,
    *,
    kind: Comparison.Kind,
    deformable: bool,
    override_reason: str,
) -> Comparison:
    params: dict[str, Any] = {"deformable": deformable} if deformable else {}
    job, _ = inference_request(
        user=user,
        pipeline=PIPELINES[kind],
        inputs={"base": base.series_uid, "follow": follow.series_uid},
        params=params,
        override_reason=override_reason,
    )
    made = Comparison.objects.create(
        job=job,
        person=base.study.patient.identity,
        kind=kind,
        deformable=deformable,
        base_series_uid=base.series_uid,
        base_study_uid=base.study.study_uid,
        base_date=base.study.study_date,
        follow_series_uid=follow.series_uid,
        follow_study_uid=follow.study.study_uid,
        follow_date=follow.study.study_date,
        warnings=pair_warnings(base, follow),
        created_by=user,
    )
    audit_record(
        actor=user,
        action="followup.compare",
        object_type="comparison",
        object_id=made.pk,
        study_uid=made.follow_study_uid,
        detail={"job": str(job.pk), "kind": kind.value, "base": made.base_study_uid},
    )
    return made
