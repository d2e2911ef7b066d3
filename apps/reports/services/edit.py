"""Save what a person made of a draft as its next version."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.core.errors import Conflict, NotFound
from apps.reports.models import Draft, DraftVersion
from apps.reports.sentences import SentenceEdit, edited
from apps.reports.tasks import draft_sr_store


@transaction.atomic
def draft_edit(
    draft_id: UUID, *, user: User, version: int, sentences: Sequence[SentenceEdit]
) -> Draft:
    """The draft in its new version; the same when nothing was changed.

    ``version`` is the one that the person saw: raises ``Conflict`` when another was saved since.
    """
    draft = Draft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotFound("There is no such draft.")
    require(user, "draft.edit", draft)
    if draft.version != version:
        raise Conflict(
            f"Version {draft.version} was saved meanwhile; you have changed version {version}.",
            code="version_conflict",
            errors={"version": draft.version},
        )
    wanted = edited(draft.sentences, sentences)
    if wanted == draft.sentences:
        return draft
    draft.sentences = wanted
    draft.version += 1
    draft.updated_by = user
    draft.save()
    DraftVersion.objects.create(draft=draft, version=draft.version, sentences=wanted, author=user)
    audit_record(
        actor=user,
        action="draft.edit",
        object_type="draft",
        object_id=draft.pk,
        study_uid=draft.study_uid,
        detail={"version": draft.version},
    )
    transaction.on_commit(lambda: draft_sr_store.delay(str(draft.pk)), robust=True)
    return draft
