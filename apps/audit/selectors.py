from __future__ import annotations

from django.db.models import QuerySet

from apps.audit.models import AuditEntry


def audit_entries(
    *, action: str = "", actor: str = "", study_uid: str = "", object_id: str = ""
) -> QuerySet[AuditEntry]:
    """Entries that match every filter that is not empty. ``actor`` is an account's id."""
    wanted = {
        "action": action,
        "actor_id": actor,
        "study_uid": study_uid,
        "object_id": object_id,
    }
    return AuditEntry.objects.filter(**{name: value for name, value in wanted.items() if value})
