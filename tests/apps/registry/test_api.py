from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.registry.models import PipelineVersion
from apps.registry.services import registry_sync
from ml.contracts.manifest import InputSpec, KeyMetricSpec
from ml.runtime import places
from tests.factories.manifests import manifest_make, weights_make

Clients = Callable[[User], APIClient]


def test_pipelines_with_their_contract(data_dir: Path, researcher: User, as_user: Clients) -> None:
    registry_sync([manifest_make(weights=(weights_make(data_dir, "net"),)), manifest_make("two")])
    client = as_user(researcher)
    listed = client.get("/api/v1/pipelines").json()
    assert [row["name"] for row in listed] == ["trial", "two"]
    one = client.get("/api/v1/pipelines/trial").json()
    assert one == listed[0]
    assert one["parameters"]["properties"]["seed"] == {"type": "integer"}
    assert len(one["weights"][0]["sha256"]) == 64
    # Whatever a manifest can ask of an input is told.
    assert set(one["inputs"][0]) == {field.name for field in fields(InputSpec)}
    assert (one["enabled"], one["state"]) == (True, "available")


def test_an_unknown_pipeline_is_named_as_such(db: None, researcher: User, as_user: Clients) -> None:
    answer = as_user(researcher).get("/api/v1/pipelines/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pipeline")


def test_the_administration_shows_card_and_digest_and_switches(
    data_dir: Path, administrator: User, tmp_path: Path
) -> None:
    card = tmp_path / "README.md"
    card.write_text("# The card of trial")
    weights = weights_make(data_dir, "net")
    registry_sync([manifest_make(weights=(weights,), card=card)])
    row = PipelineVersion.objects.get()
    client = Client()
    client.force_login(administrator)
    listed = client.get("/admin/registry/pipelineversion/").content.decode()
    assert "badge-good" in listed
    assert weights.sha256[:12] in listed
    address = f"/admin/registry/pipelineversion/{row.pk}/change/"
    shown = client.get(address).content.decode()
    assert "<h1>The card of trial</h1>" in shown
    assert weights.sha256 in shown
    empty = {f"weights-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS")}
    assert client.post(address, {**empty, "name": "forged"}).status_code == 302
    row.refresh_from_db()
    assert (row.enabled, row.name) == (False, "trial")
    chosen = {"action": "switch_on", "_selected_action": [str(row.pk)]}
    assert client.post("/admin/registry/pipelineversion/", chosen).status_code == 302
    row.refresh_from_db()
    assert row.enabled


def test_the_administration_is_for_administrators(clinician: User) -> None:
    client = Client()
    client.force_login(clinician)
    answer = client.get("/admin/registry/pipelineversion/", follow=True)
    assert answer.status_code == 403
    assert b"is not an administrator" in answer.content


def _measured(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline whose weights have a metrics file that names them."""
    monkeypatch.setattr(places, "REPOSITORY", tmp_path)
    spec = weights_make(data_dir, "net")
    metrics = {"checkpoint_sha256": spec.sha256, "figures": {"dice": {"mean": 0.8}, "note": "<b>"}}
    (tmp_path / "net.metrics.json").write_text(json.dumps(metrics))
    key = KeyMetricSpec(
        pillar="usefulness", label="Dice", weights="net", at=("figures", "dice"), unit="1"
    )
    spec = replace(spec, metrics="net.metrics.json")
    lost = replace(weights_make(data_dir, "lost"), metrics="lost.metrics.json")
    registry_sync([manifest_make(weights=(spec, lost), key_metrics=(key,))])


def test_metrics_stand_beside_the_weights(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    researcher: User,
    as_user: Clients,
) -> None:
    _measured(data_dir, tmp_path, monkeypatch)
    lost, net = as_user(researcher).get("/api/v1/pipelines/trial").json()["weights"]
    assert net["metrics"]["content"]["figures"]["dice"] == {"mean": 0.8}
    text = (tmp_path / "net.metrics.json").read_bytes()
    assert net["metrics"]["sha256"] == hashlib.sha256(text).hexdigest()
    assert net["metrics"]["checkpoint"] == "same"
    assert lost["metrics"] == {
        "path": "lost.metrics.json", "sha256": "", "checkpoint": "not stated", "content": None,
    }  # fmt: skip


def test_the_administration_shows_metrics_as_tables(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, administrator: User
) -> None:
    _measured(data_dir, tmp_path, monkeypatch)
    client = Client()
    client.force_login(administrator)
    row = PipelineVersion.objects.get()
    shown = client.get(f"/admin/registry/pipelineversion/{row.pk}/change/").content.decode()
    assert '<th scope="row">mean</th><td>0.8</td>' in shown
    assert "&lt;b&gt;" in shown
    assert "these weights" in shown
    assert "lost.metrics.json is missing" in shown


def test_the_card_is_given_in_the_layout_of_chai(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clinician: User,
    as_user: Clients,
) -> None:
    _measured(data_dir, tmp_path, monkeypatch)
    client = as_user(clinician)
    answer = client.get("/api/v1/pipelines/trial/card", {"layout": "chai"})
    assert "trial-1.0.0.chai.json" in answer["Content-Disposition"]
    body = answer.json()["AppliedModelCard"]
    (result,) = body["KeyMetrics"]["UsefulnessUsabilityEfficacy"]["Results"]
    assert result == {"Label": "Dice", "Value": {"kind": "single", "value": 0.8, "unit": "1"}}
    assert body["Resources"]["EvaluationReferences"] == "not stated"
    xml = client.get("/api/v1/pipelines/trial/card", {"encoding": "xml"})
    assert xml["Content-Type"] == "application/xml"
    assert xml.content.startswith(b"<?xml")
    for query, code in (
        ({"layout": "x"}, "layout_unknown"),
        ({"encoding": "x"}, "encoding_unknown"),
    ):
        refused = client.get("/api/v1/pipelines/trial/card", query)
        assert (refused.status_code, refused.json()["code"]) == (400, code)


def test_a_registry_that_was_not_brought_up_to_date_says_so(
    data_dir: Path, researcher: User, as_user: Clients
) -> None:
    registry_sync([manifest_make()])
    PipelineVersion.objects.update(card_chai={})
    answer = as_user(researcher).get("/api/v1/pipelines/trial/card")
    assert (answer.status_code, answer.json()["code"]) == (404, "card_missing")
