"""What was compared and predicted goes with the study that it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from apps.longitudinal.models import (
    Comparison,
    LesionTrack,
    Prediction,
    PredictionScore,
    Treatment,
)
from apps.studies.models import Patient, Study


class StudyFollowup:
    def briefs(self, study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
        del study_uids
        return {}

    def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
        del study_uid
        return {}

    def remove(self, study_uid: str) -> None:
        """A prediction goes with its base, a score with the scan. Treatments and tracks go with
        the last study of their patient; the audit trail keeps who entered what."""
        touched = Comparison.objects.filter(
            Q(base_study_uid=study_uid) | Q(follow_study_uid=study_uid)
        )
        predictions = Prediction.objects.filter(base_study_uid=study_uid)
        treatments = Treatment.objects.filter(study_uid=study_uid)
        people = {
            person
            for rows in (touched, predictions, treatments)
            for person in rows.values_list("person", flat=True)
        }
        PredictionScore.objects.filter(actual_study_uid=study_uid).delete()
        predictions.delete()
        touched.delete()
        known = Patient.objects.filter(identity__in=people).values_list("identity", flat=True)
        gone = people - set(known)
        Treatment.objects.filter(person__in=gone).delete()
        for person in known:
            _rehome(study_uid, person)
        LesionTrack.objects.filter(person__in=people, states=None, corrections=None).delete()


def _rehome(study_uid: str, person: str) -> None:
    """Treatments stay with a patient who has other studies, and name one of those."""
    other = Study.objects.filter(patient__identity=person).exclude(study_uid=study_uid).first()
    if other is not None:
        rows = Treatment.objects.filter(study_uid=study_uid, person=person)
        rows.update(study_uid=other.study_uid)
