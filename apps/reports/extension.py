"""What drafts add to the studies they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.reports.api.serializers import DraftBriefSerializer
from apps.reports.models import Draft

DRAFTS_SHOWN = 50


class StudyDrafts:
    def briefs(self, study_uids: Sequence[str]) -> dict[str, dict[str, Any]]:
        drafted = Draft.objects.filter(study_uid__in=study_uids).order_by()
        uids = drafted.values_list("study_uid", flat=True).distinct()
        return {study_uid: {"has_draft": True} for study_uid in uids}

    def remove(self, study_uid: str) -> None:
        Draft.objects.filter(study_uid=study_uid).delete()

    def details(self, study_uid: str) -> dict[str, list[dict[str, Any]]]:
        drafts = Draft.objects.select_related("updated_by").filter(study_uid=study_uid)
        newest = drafts.order_by("-created_at", "-id")[:DRAFTS_SHOWN]
        return {"drafts": list(DraftBriefSerializer(newest, many=True).data)}
