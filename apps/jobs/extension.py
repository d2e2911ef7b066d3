"""What jobs add to the studies they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.jobs.api.serializers import JobSerializer
from apps.jobs.models import Job
from apps.jobs.selectors import jobs_shown
from apps.jobs.states import FINISHED

JOBS_SHOWN = 50


class StudyJobs:
    def briefs(self, study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The newest job of each study that has not ended."""
        active = (
            Job.objects.filter(study_uid__in=study_uids)
            .exclude(state__in=FINISHED)
            .order_by("created_at")
            .values_list("study_uid", "pk")
        )
        return {study_uid: {"active_job": str(pk)} for study_uid, pk in active}

    def remove(self, study_uid: str) -> None:
        """Jobs go with all that hangs on them. A worker at one finds its lease lost and stops."""
        Job.objects.filter(study_uid=study_uid).delete()

    def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
        jobs = jobs_shown().filter(study_uid=study_uid).order_by("-created_at", "-id")
        return {"jobs": list(JobSerializer(jobs[:JOBS_SHOWN], many=True).data)}
