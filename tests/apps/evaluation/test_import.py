"""Importing: the same file is the same run, refusals have codes and places, nothing names a
subject where it should not. Mocked: nothing."""

from __future__ import annotations

import hashlib
import json
import logging
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Denied
from apps.evaluation import services
from apps.evaluation.models import EvaluationRun
from apps.registry.models import PipelineVersion
from apps.registry.services import registry_sync
from tests.apps.evaluation.conftest import Send, content_of
from tests.factories.evaluations import HIDDEN_NAME, evaluation_make
from tests.factories.manifests import manifest_make


def test_an_import_keeps_the_file_and_shows_its_figures(send: Send, researcher: User) -> None:
    content = content_of(complete=False)
    answer = send(content, title="First try", note="On the small set")
    assert answer.status_code == 201
    told = answer.json()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert (told["task"], told["subject_count"], told["complete"]) == ("segmentation", 5, False)
    assert (told["data_kind"], told["title"]) == ("simulated", "First try")
    assert (told["imported_by"], told["own"]) == ("rudi", True)
    assert told["rows"][0]["floor"] == {"value": 0.95, "source": "truth at 1.5 mm"}
    assert told["problem_count"] == 1
    run = EvaluationRun.objects.get()
    assert bytes(run.original) == content
    assert run.created_by == researcher


def test_the_same_file_again_is_the_same_run(send: Send, administrator: User) -> None:
    first = send()
    again = send(title="Another title")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["title"] == ""
    by_another = services.evaluation_import(actor=administrator, content=content_of())
    assert (str(by_another.run.pk), by_another.created) == (first.json()["id"], False)
    assert AuditEntry.objects.filter(action="evaluation.import").count() == 1


def test_two_at_once_give_one_run(researcher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other request stores its row between our look and our writing."""
    read = services._read

    def late(content: bytes) -> Any:
        monkeypatch.setattr(services, "_read", read)
        services.evaluation_import(actor=researcher, content=content)
        return read(content)

    monkeypatch.setattr(services, "_read", late)
    imported = services.evaluation_import(actor=researcher, content=content_of())
    assert not imported.created
    assert EvaluationRun.objects.count() == 1
    assert AuditEntry.objects.filter(action="evaluation.import").count() == 1


def _with(**changes: Any) -> bytes:
    return json.dumps({**evaluation_make(), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "status", "code", "place"),
    [
        (b"", 422, "evaluation_not_json", None),
        (b"not json", 422, "evaluation_not_json", None),
        (b"{}", 422, "evaluation_wrong_schema", "the whole file"),
        (_with(schema="synoptic.evaluation/9"), 422, "evaluation_wrong_schema", "schema"),
        (_with(created="2026-99-01T00:00:00+00:00"), 422, "evaluation_wrong_schema", "created"),
        (_with(seed=10**30), 422, "evaluation_wrong_schema", "seed"),
        (_with(task="x" * 81), 422, "evaluation_wrong_schema", "task"),
        (_with(rows=evaluation_make()["rows"] * 1700), 413, "evaluation_too_large", None),
        (b" " * (services.BYTES_MAX + 1), 413, "evaluation_too_large", None),
    ],
    ids=["empty", "text", "object", "schema", "created", "seed", "task", "rows", "bytes"],
)
def test_bad_files_are_refused_with_code_and_place(
    send: Send, content: bytes, status: int, code: str, place: str | None
) -> None:
    answer = send(content)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == code
    assert (told.get("errors") or {}).get("place") == place
    assert not EvaluationRun.objects.exists()
    assert not AuditEntry.objects.filter(action="evaluation.import").exists()


def test_a_request_without_a_file_is_refused(send: Send, researcher: User, as_user: Any) -> None:
    answer = as_user(researcher).post("/api/v1/evaluations", {"title": "x"}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_no_subject_is_named_in_trail_logs_or_refusals(
    send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    broken: Any = evaluation_make()
    broken["subjects"][0]["values"] = {"dice/x": [HIDDEN_NAME]}
    refused = send(json.dumps(broken).encode())
    assert refused.status_code == 422
    assert send(content_of(complete=False)).status_code == 201
    trail = json.dumps(list(AuditEntry.objects.values("action", "object_id", "detail")))
    assert "evaluation.import" in trail
    for text in (refused.content.decode(), trail, caplog.text):
        assert "Doe" not in text


def test_a_run_is_linked_to_a_version_of_a_pipeline(send: Send) -> None:
    registry_sync([manifest_make(version="1.0.0")])
    registry_sync([manifest_make(version="1.1.0")])
    installed = send(content_of(), pipeline="trial").json()
    assert installed["pipeline"] == {"name": "trial", "version": "1.1.0"}
    older = send(content_of(prediction="old"), pipeline="trial", pipeline_version="1.0.0").json()
    assert older["pipeline"]["version"] == "1.0.0"
    unknown = send(content_of(prediction="new"), pipeline="nothing")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_pipeline")
    PipelineVersion.objects.all().delete()
    assert EvaluationRun.objects.filter(pipeline=None).count() == 2


def test_the_command_imports_and_names_what_it_could_not(db: None, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(content_of())
    bad.write_text("{}")
    out, err = StringIO(), StringIO()
    call_command("evaluation_import", str(good), stdout=out)
    assert "imported" in out.getvalue()
    run = EvaluationRun.objects.get()
    assert run.created_by is None
    assert AuditEntry.objects.get(action="evaluation.import").actor_name == "system"
    with pytest.raises(CommandError, match="2 of 3"):
        call_command(
            "evaluation_import", str(good), str(bad), str(tmp_path / "none"), stdout=out, stderr=err
        )
    assert "known already" in out.getvalue()
    assert "lacks schema" in err.getvalue()
    assert "cannot be read" in err.getvalue()
    with pytest.raises(CommandError, match="no such pipeline"):
        call_command("evaluation_import", str(good), pipeline="nothing")


def test_the_service_asks_who_may(clinician: User) -> None:
    with pytest.raises(Denied):
        services.evaluation_import(actor=clinician, content=content_of())
