"""From what a job said to a draft and its versions. The archive is mocked at ``report_store``;
storing for real is in tests/apps/inference/test_straight_line.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.inference.models import Artifact
from apps.inference.reports import StoredReport
from apps.jobs.models import Job
from apps.jobs.services.append import job_events_append
from apps.jobs.services.create import job_create
from apps.jobs.services.finish import job_finish
from apps.jobs.services.interrupt import job_interrupt
from apps.jobs.services.start import job_start
from apps.pacs import trail
from apps.pacs.errors import PacsUnavailable
from apps.reports.models import Draft, DraftVersion
from apps.reports.services.store import draft_store
from apps.reports.tasks import draft_sr_store
from ml.contracts.report import ReportDocument

AsUser = Callable[[User], APIClient]
EVIDENCE = {
    "structure": "Left-Hippocampus",
    "label": 17,
    "series_uid": "2.25.2",
    "sop_instance_uid": "2.25.31",
    "slice_index": 3,
    "point_lps": [1.0, 2.0, 3.0],
    "segment_number": 7,
}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Drafts that were sent to be stored."""
    sent: list[str] = []
    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", lambda *_, **__: None)
    monkeypatch.setattr("apps.reports.tasks.draft_sr_store.delay", sent.append)
    return sent


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[ReportDocument]:
    """What reached the archive."""
    documents: list[ReportDocument] = []

    def keep(document: ReportDocument, *, series_uid: str) -> StoredReport:
        assert series_uid == "2.25.2"
        documents.append(document)
        return StoredReport(series_uid="2.25.7", sop_instance_uid=f"2.25.7{document.version}")

    monkeypatch.setattr("apps.reports.services.store.report_store", keep)
    return documents


def _sentence(name: str, text: str, *, linked: bool = True) -> list[tuple[str, dict[str, Any]]]:
    start = {"message": name, "section": "findings", "evidence": [EVIDENCE]}
    end: dict[str, Any] = {**start, "text": text, "linked": linked}
    if not linked:
        end["reason"] = "no_evidence"
    return [
        ("message.started", {**start, "kind": "sentence"}),
        ("message.delta", {"message": name, "text": text[:5]}),
        ("message.finished", end),
    ]


def _job(user: User) -> Job:
    return job_create(
        user=user,
        pipeline="draft_report",
        version="1.0.0",
        inputs={"image": "2.25.2"},
        params={},
        study_uid="2.25.1",
    )


def _end(job: Job, *rows: tuple[str, dict[str, Any]], outcome: Any = "succeeded") -> Job:
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    job_events_append(lease, rows)
    job_finish(lease, outcome, incomplete=outcome != "succeeded")
    return Job.objects.get(pk=job.pk)


@pytest.fixture
def draft(clinician: User) -> Draft:
    job = _job(clinician)
    _end(job, *_sentence("s1", "One."), *_sentence("s2", "Two.", linked=False))
    return Draft.objects.get(job=job)


def test_finished_job_leaves_a_draft(draft: Draft) -> None:
    assert (draft.version, draft.incomplete, draft.study_uid) == (1, False, "2.25.1")
    assert [one["text"] for one in draft.sentences] == ["One.", "Two."]
    assert [one["linked"] for one in draft.sentences] == [True, False]
    assert draft.sentences[0]["evidence"] == [EVIDENCE]
    assert draft.versions.count() == 1


def test_job_that_says_nothing_leaves_none(clinician: User) -> None:
    _end(_job(clinician), ("log", {"level": "info", "code": "a", "text": "b"}))
    assert not Draft.objects.exists()


def test_stopped_mid_sentence_keeps_the_whole_ones(clinician: User) -> None:
    _end(
        _job(clinician),
        *_sentence("s1", "One."),
        *_sentence("s2", "Two.")[:2],
        outcome="cancelled",
    )
    draft = Draft.objects.get()
    assert draft.incomplete
    assert [one["text"] for one in draft.sentences] == ["One."]


def test_only_the_last_attempt_counts(clinician: User) -> None:
    job = _job(clinician)
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    job_events_append(lease, _sentence("s1", "Of a lost attempt.") + _sentence("s9", "Lost too."))
    job_interrupt(lease, reason="engine_died")
    _end(job, *_sentence("s1", "One."))
    assert [one["text"] for one in Draft.objects.get().sentences] == ["One."]


@pytest.mark.django_db(transaction=True)
def test_report_written_by_the_pipeline_is_version_one(clinician: User, asked: list[str]) -> None:
    job = _job(clinician)
    Artifact.objects.create(
        job=job,
        key="report-sr",
        kind="sr-report",
        title="R",
        media_type="application/dicom",
        series_uid="2.25.8",
        sop_instance_uid="2.25.81",
    )
    _end(job, *_sentence("s1", "One."))
    draft = Draft.objects.get()
    assert (draft.sr_version, draft.sr_sop_instance_uid) == (1, "2.25.81")
    assert asked == []
    _end(_job(clinician), *_sentence("s1", "One."))
    assert len(asked) == 1


def _patch(client: APIClient, draft: Draft, version: int, *sentences: dict[str, Any]) -> Any:
    body = {"version": version, "sentences": sentences}
    return client.patch(f"/api/v1/drafts/{draft.pk}", body, format="json")


KEPT = {"id": "s1", "section": "findings", "text": "One."}


def test_edit_makes_the_next_version(as_user: AsUser, clinician: User, draft: Draft) -> None:
    client = as_user(clinician)
    answer = _patch(client, draft, 1, KEPT, {"section": "impression", "text": "Normal."})
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert (told["version"], told["updated_by"], told["ai_generated"]) == (2, "clara", True)
    assert [(one["origin"], one["removed"]) for one in told["sentences"]] == [
        ("ai", False),
        ("person", False),
        ("ai", True),
    ]
    versions = client.get(f"/api/v1/drafts/{draft.pk}/versions").json()["results"]
    assert [one["version"] for one in versions] == [2, 1]
    assert len(versions[1]["sentences"]) == 2
    assert AuditEntry.objects.filter(action="draft.edit", study_uid="2.25.1").count() == 1


def test_stale_version_is_a_conflict_and_changes_nothing(
    as_user: AsUser, clinician: User, draft: Draft
) -> None:
    client = as_user(clinician)
    assert _patch(client, draft, 1, {**KEPT, "text": "First."}).status_code == 200
    late = _patch(client, draft, 1, {**KEPT, "text": "Late."})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    assert late.json()["errors"] == {"version": 2}
    draft.refresh_from_db()
    assert draft.sentences[0]["text"] == "First."
    assert DraftVersion.objects.count() == 2


def test_saving_what_is_there_makes_no_version(
    as_user: AsUser, clinician: User, draft: Draft
) -> None:
    same = [{key: one[key] for key in ("id", "section", "text")} for one in draft.sentences]
    assert _patch(as_user(clinician), draft, 1, *same).json()["version"] == 1


@pytest.mark.parametrize(
    "sentence",
    [
        {"section": "findings"},
        {"section": "elsewhere", "text": "x"},
        {"section": "findings", "text": ""},
        {"section": "findings", "text": "x" * 4001},
        {"id": "<script>", "section": "findings", "text": "x"},
    ],
)
def test_odd_sentences_are_refused(
    as_user: AsUser, clinician: User, draft: Draft, sentence: dict[str, Any]
) -> None:
    assert _patch(as_user(clinician), draft, 1, sentence).status_code == 400
    assert _patch(as_user(clinician), draft, 1, KEPT, KEPT).status_code == 400


def test_researcher_reads_but_does_not_edit(
    as_user: AsUser, researcher: User, draft: Draft
) -> None:
    client = as_user(researcher)
    assert client.get(f"/api/v1/drafts/{draft.pk}").status_code == 200
    assert AuditEntry.objects.filter(action="draft.view").count() == 1
    assert _patch(client, draft, 1, KEPT).status_code == 403


def test_list_of_a_study(as_user: AsUser, clinician: User, draft: Draft) -> None:
    client = as_user(clinician)
    listed = client.get("/api/v1/drafts?study_uid=2.25.1").json()["results"]
    assert [one["id"] for one in listed] == [str(draft.pk)]
    assert client.get("/api/v1/drafts?study_uid=2.25.9").json()["results"] == []
    job = client.get(f"/api/v1/jobs/{draft.job_id}").json()
    assert job["draft"] == str(draft.pk)


@pytest.mark.parametrize("address", ["?study_uid=2.25.1", "/{}/versions"])
def test_who_reads_drafts_of_a_study_is_recorded(
    as_user: AsUser, clinician: User, draft: Draft, address: str
) -> None:
    trail._seen.clear()
    as_user(clinician).get(f"/api/v1/drafts{address.format(draft.pk)}")
    (entry,) = AuditEntry.objects.filter(action="study.view")
    assert (entry.actor_id, entry.study_uid) == (str(clinician.pk), "2.25.1")


def test_stored_document_says_who_wrote_what(
    as_user: AsUser, clinician: User, draft: Draft, stored: list[ReportDocument]
) -> None:
    assert draft_store(draft.pk)
    assert not draft_store(draft.pk)
    _patch(as_user(clinician), draft, 1, {**KEPT, "text": "Changed."})
    assert draft_store(draft.pk)
    first, second = stored
    assert (first.version, first.editor, first.predecessor_sop_instance_uid) == (1, None, None)
    assert first.evidence_sop_instance_uids == ("2.25.31",)
    assert (second.version, second.editor) == (2, "clara")
    assert second.predecessor_sop_instance_uid == "2.25.71"
    assert [one.origin for one in second.sentences] == ["person"]
    draft.refresh_from_db()
    assert (draft.sr_version, draft.sr_sop_instance_uid) == (2, "2.25.72")
    uids = draft.versions.values_list("sr_sop_instance_uid", flat=True)
    assert list(uids) == ["2.25.71", "2.25.72"]


def test_archive_away_is_tried_again_later(
    draft: Draft, monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from apps.reports.tasks import drafts_sr_resend

    def away(*_: Any, **__: Any) -> StoredReport:
        raise PacsUnavailable

    monkeypatch.setattr("apps.reports.services.store.report_store", away)
    draft_sr_store(str(draft.pk))
    asked.clear()
    drafts_sr_resend()
    assert asked == []
    Draft.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    drafts_sr_resend()
    assert asked == [str(draft.pk)]
