"""Plans go with the study that they were made in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.planning.models import Plan


class StudyPlans:
    def briefs(self, study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
        del study_uids
        return {}

    def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
        del study_uid
        return {}

    def remove(self, study_uid: str) -> None:
        """With their decisions; the audit trail keeps who decided what."""
        Plan.objects.filter(study_uid=study_uid).delete()
