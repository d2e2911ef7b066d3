"""Listing, reading, comparing, downloading and deleting runs. Mocked: nothing."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.evaluation.models import EvaluationRun
from apps.registry.services import registry_sync
from tests.apps.evaluation.conftest import Send, content_of
from tests.factories.evaluations import HIDDEN_NAME
from tests.factories.manifests import manifest_make

Clients = Callable[[User], APIClient]
LIST = "/api/v1/evaluations"


@pytest.fixture
def client(researcher: User, as_user: Clients) -> APIClient:
    return as_user(researcher)


def trail(action: str) -> list[str]:
    found = AuditEntry.objects.filter(action=action).order_by("seq")
    return list(found.values_list("object_id", flat=True))


def test_the_list_is_newest_first_and_can_be_narrowed(send: Send, client: APIClient) -> None:
    registry_sync([manifest_make()])
    first = send(content_of(prediction="one"), pipeline="trial").json()
    second = send(content_of(prediction="two", data_sha256="c" * 64)).json()
    third = send(content_of(prediction="three", task="detection")).json()
    ids = [row["id"] for row in client.get(LIST).json()["results"]]
    assert ids == [third["id"], second["id"], first["id"]]
    for query, wanted in (
        ({"task": "detection"}, third),
        ({"pipeline": "trial"}, first),
        ({"data_sha256": "c" * 64}, second),
    ):
        (row,) = client.get(LIST, query).json()["results"]
        assert row["id"] == wanted["id"]
        assert "rows" not in row
    assert client.get(LIST, {"data_sha256": "x"}).json()["code"] == "validation_failed"
    page = client.get(LIST, {"limit": 2}).json()
    rest = client.get(LIST, {"limit": 2, "cursor": page["next"]}).json()
    assert [row["id"] for row in rest["results"]] == [first["id"]]


def test_a_page_of_a_thousand_runs_costs_as_little_as_one_of_three(
    client: APIClient, researcher: User
) -> None:
    def made(number: int) -> EvaluationRun:
        return EvaluationRun(
            sha256=f"{number:064d}", original=b"{}", task="report", measured_at=timezone.now(),
            command="", complete=True, problem_count=0, data_name="d", data_sha256="a" * 64,
            data_kind="simulated", prediction_name="p", prediction_sha256="b" * 64, seed=0,
            subject_count=1, rows=[{"metric": "x" * 1000}], created_by=researcher,
        )  # fmt: skip

    def queries() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(LIST, {"limit": 100}).status_code == 200
        return [query["sql"] for query in caught]

    EvaluationRun.objects.bulk_create(made(n) for n in range(3))
    few = queries()
    EvaluationRun.objects.bulk_create(made(n) for n in range(3, 1000))
    many = queries()
    assert len(many) == len(few)
    page = next(sql for sql in many if "original" in sql or "prediction_name" in sql)
    assert not any(f'"{name}"' in page for name in ("original", "rows", "card_html"))


def test_reading_gives_figures_and_no_subjects(send: Send, client: APIClient) -> None:
    run_id = send().json()["id"]
    answer = client.get(f"{LIST}/{run_id}")
    assert answer.json()["software"] == {"numpy": "2.4.6"}
    assert HIDDEN_NAME not in answer.content.decode()
    assert trail("evaluation.view") == [run_id]
    missing = client.get(f"{LIST}/{uuid.uuid4()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_evaluation")


def test_downloads_are_the_file_itself_and_a_table(send: Send, client: APIClient) -> None:
    content = content_of()
    run_id = send(content).json()["id"]
    file = client.get(f"{LIST}/{run_id}/content")
    assert file.content == content
    assert file["Content-Disposition"] == f'attachment; filename="evaluation-{run_id}.json"'
    table = client.get(f"{LIST}/{run_id}/table")
    assert table["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode())))
    assert [row["metric"] for row in rows] == ["dice", "volume_error", "dice"]
    assert rows[0]["baseline"] == "not given"
    assert HIDDEN_NAME not in table.content.decode()
    assert trail("evaluation.export") == [run_id, run_id]


def test_two_runs_are_compared_by_subject(send: Send, client: APIClient) -> None:
    a = send(content_of(dice=[0.7, 0.72, 0.69, 0.71, 0.7])).json()["id"]
    b = send(content_of(dice=[0.8, 0.83, 0.78, 0.81, 0.8])).json()["id"]
    told = client.get(f"{LIST}/compare", {"a": a, "b": b}).json()
    assert (told["a"], told["b"], told["subgroup"]) == (a, b, "all")
    dice = told["rows"][0]
    assert (dice["metric"], dice["better"], dice["n_subjects"]) == ("dice", "second", 5)
    assert dice["difference"] == pytest.approx(0.1, abs=0.01)
    assert dice["ci_low"] > 0
    of_a = client.get(f"{LIST}/compare", {"a": a, "b": b, "subgroup": "scanner=A"}).json()
    assert [row["n_subjects"] for row in of_a["rows"]] == [3]
    assert trail("evaluation.view") == [a, b, a, b]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"data_sha256": "d" * 64}, "other data"), ({"task": "detection"}, "task detection")],
)
def test_runs_of_other_data_are_not_compared(
    send: Send, client: APIClient, change: dict[str, Any], words: str
) -> None:
    a, b = send().json()["id"], send(content_of(**change)).json()["id"]
    answer = client.get(f"{LIST}/compare", {"a": a, "b": b})
    assert (answer.status_code, answer.json()["code"]) == (422, "data_differ")
    assert words in answer.json()["detail"]


def test_a_run_can_be_described_anew(send: Send, client: APIClient) -> None:
    registry_sync([manifest_make()])
    run_id = send().json()["id"]
    told = client.put(
        f"{LIST}/{run_id}", {"title": "Baseline", "pipeline": "trial"}, format="json"
    ).json()
    assert (told["title"], told["pipeline"]["version"]) == ("Baseline", "1.0.0")
    assert trail("evaluation.describe") == [run_id]


def test_deleting_needs_a_confirmation_and_leaves_a_trail(send: Send, client: APIClient) -> None:
    run_id = send().json()["id"]
    answer = client.delete(f"{LIST}/{run_id}")
    assert (answer.status_code, answer.json()["code"]) == (400, "confirmation_needed")
    assert client.delete(f"{LIST}/{run_id}", headers={"X-Confirm": run_id}).status_code == 204
    assert not EvaluationRun.objects.exists()
    assert trail("evaluation.delete") == [run_id]
    # What was deleted can be imported again.
    assert send().status_code == 201


def test_researchers_delete_their_own_and_administrators_any(
    send: Send, researcher: User, administrator: User, as_user: Clients
) -> None:
    run_id = send().json()["id"]
    EvaluationRun.objects.update(created_by=administrator)
    address, confirmed = f"{LIST}/{run_id}", {"X-Confirm": run_id}
    assert as_user(researcher).delete(address, headers=confirmed).status_code == 403
    EvaluationRun.objects.update(created_by=researcher)
    assert as_user(administrator).delete(address, headers=confirmed).status_code == 204


def test_linked_runs_stand_in_the_card_of_their_version(send: Send, client: APIClient) -> None:
    registry_sync([manifest_make()])
    send(content_of(complete=False), pipeline="trial")
    card = client.get("/api/v1/pipelines/trial/card").json()
    pillars = card["AppliedModelCard"]["KeyMetrics"]
    useful = pillars["UsefulnessUsabilityEfficacy"]["Results"]
    assert useful[0]["Label"] == "dice of x (heads, simulated, n = 5; INCOMPLETE)"
    assert useful[0]["Value"]["kind"] == "estimate_ci"
    assert useful[0]["Value"]["level"] == 95
    (fair,) = pillars["FairnessEquity"]["Results"]
    assert "scanner=A" in fair["Label"]
    assert pillars["SafetyReliability"]["Results"] == "not stated"


def test_the_administration_lists_runs_and_changes_nothing(send: Send, administrator: User) -> None:
    send()
    client = Client()
    client.force_login(administrator)
    assert b"segmentation" in client.get("/admin/evaluation/evaluationrun/").content
    address = f"/admin/evaluation/evaluationrun/{EvaluationRun.objects.get().pk}/"
    assert client.get(f"{address}change/").status_code == 200
    assert client.post(f"{address}delete/", {"post": "yes"}).status_code == 403
