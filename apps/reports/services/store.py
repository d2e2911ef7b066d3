"""Put the newest version of a draft into the archive as a structured report."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.inference.reports import StoredReport, report_store
from apps.reports.models import Draft, DraftVersion
from apps.reports.sentences import Sentence
from ml.contracts.report import ReportDocument, ReportSentence


def draft_store(draft_id: UUID) -> bool:
    """Whether something was stored; nothing is when the archive has the newest version.

    The object's UID follows from draft and version: storing twice makes one object.
    """
    draft = Draft.objects.select_related("updated_by").filter(pk=draft_id).first()
    if draft is None or draft.sr_version >= draft.version:
        return False
    stored = report_store(report_document(draft), series_uid=draft.series_uid)
    _note(draft, stored)
    return True


def report_document(draft: Draft) -> ReportDocument:
    sentences: list[Sentence] = draft.sentences
    shown = [sentence for sentence in sentences if not sentence["removed"]]
    touched = any(sentence["origin"] == "person" or sentence["removed"] for sentence in sentences)
    editor = draft.updated_by.get_full_name() if touched and draft.updated_by else None
    cited = {
        evidence["sop_instance_uid"]
        for sentence in shown
        for evidence in sentence["evidence"]
        if evidence.get("sop_instance_uid")
    }
    return ReportDocument(
        document_id=str(draft.job_id),
        version=draft.version,
        sentences=tuple(
            ReportSentence(
                section=sentence["section"],
                text=sentence["text"],
                linked=sentence["linked"],
                origin=sentence["origin"],
                evidence=tuple(sentence["evidence"]),  # type: ignore[arg-type]
            )
            for sentence in shown
        ),
        model_name=f"Synoptic {draft.pipeline}",
        model_version=draft.pipeline_version,
        weights_sha256=draft.weights_sha256,
        incomplete=draft.incomplete,
        editor=editor,
        predecessor_sop_instance_uid=draft.sr_sop_instance_uid or None,
        evidence_sop_instance_uids=tuple(sorted(cited)),
    )


@transaction.atomic
def _note(written: Draft, stored: StoredReport) -> None:
    """Say where it lies. A later version that was stored meanwhile stays the draft's own."""
    version = written.version
    DraftVersion.objects.filter(draft=written, version=version).update(
        sr_sop_instance_uid=stored.sop_instance_uid
    )
    Draft.objects.filter(pk=written.pk, sr_version__lt=version).update(
        sr_version=version,
        sr_series_uid=stored.series_uid,
        sr_sop_instance_uid=stored.sop_instance_uid,
    )
