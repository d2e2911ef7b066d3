from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from django.test import Client
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.registry.models import PipelineVersion
from apps.registry.services import registry_sync
from ml.contracts.manifest import InputSpec
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
