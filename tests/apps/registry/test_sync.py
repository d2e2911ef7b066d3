from __future__ import annotations

from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.errors import Denied, NotFound, Refused
from apps.registry.models import PipelineVersion, State
from apps.registry.selectors import pipeline_served, pipelines_offered
from apps.registry.services import pipeline_switch, registry_sync
from tests.factories.manifests import manifest_make, weights_make

pytestmark = pytest.mark.django_db


def test_a_pipeline_with_right_weights_serves(data_dir: Path) -> None:
    registry_sync([manifest_make(weights=(weights_make(data_dir, "net"),))])
    served = pipeline_served("trial")
    assert (served.version, served.state) == ("1.0.0", State.AVAILABLE)
    assert served.inputs[0]["modalities"] == ["MR"]
    assert served.weights.get().state == State.AVAILABLE


def test_other_weights_than_the_manifest_names_are_refused(data_dir: Path) -> None:
    good, bad = weights_make(data_dir, "good"), weights_make(data_dir, "bad")
    manifest = manifest_make(weights=(good, bad))
    registry_sync([manifest])
    assert pipeline_served("trial").serves
    (data_dir / "models" / bad.path).write_bytes(b"exchanged")
    registry_sync([manifest])
    with pytest.raises(Refused) as refused:
        pipeline_served("trial")
    assert refused.value.code == "weights_digest_mismatch"
    states = dict(PipelineVersion.objects.get().weights.values_list("name", "state"))
    assert states == {"good": State.AVAILABLE, "bad": State.DIGEST_MISMATCH}


def test_missing_weights_are_told_apart(data_dir: Path) -> None:
    spec = weights_make(data_dir, "net")
    (data_dir / "models" / spec.path).unlink()
    registry_sync([manifest_make(weights=(spec,))])
    with pytest.raises(Refused) as refused:
        pipeline_served("trial")
    assert refused.value.code == "weights_missing"


def test_what_is_gone_is_withdrawn_and_kept(data_dir: Path) -> None:
    registry_sync([manifest_make("one"), manifest_make("two")])
    registry_sync([manifest_make("two")])
    assert [row.name for row in pipelines_offered()] == ["two"]
    assert PipelineVersion.objects.get(name="one").state == State.WITHDRAWN
    with pytest.raises(NotFound) as refused:
        pipeline_served("one")
    assert refused.value.code == "unknown_pipeline"
    registry_sync([manifest_make("one"), manifest_make("two")])
    assert pipeline_served("one").serves


def test_a_new_version_takes_the_place_of_the_old(data_dir: Path) -> None:
    registry_sync([manifest_make(version="1.0.0")])
    registry_sync([manifest_make(version="1.1.0")])
    assert pipeline_served("trial").version == "1.1.0"
    assert PipelineVersion.objects.get(version="1.0.0").state == State.WITHDRAWN


def test_what_is_off_stays_off_through_updates(data_dir: Path, administrator: User) -> None:
    registry_sync([manifest_make()])
    pipeline_switch(pipeline=PipelineVersion.objects.get(), enabled=False, actor=administrator)
    registry_sync([manifest_make()])
    registry_sync([manifest_make(version="2.0.0")])
    with pytest.raises(Refused) as refused:
        pipeline_served("trial")
    assert refused.value.code == "pipeline_disabled"


def test_the_switch_leaves_a_trail_and_only_when_it_moves(
    data_dir: Path, administrator: User
) -> None:
    registry_sync([manifest_make()])
    row = PipelineVersion.objects.get()
    pipeline_switch(pipeline=row, enabled=False, actor=administrator)
    pipeline_switch(pipeline=row, enabled=False, actor=administrator)
    entry = AuditEntry.objects.get(action="pipeline.disable")
    assert entry.detail == {"name": "trial", "version": "1.0.0"}
    assert entry.actor_name == "ada"


def test_only_an_administrator_switches(data_dir: Path, clinician: User) -> None:
    registry_sync([manifest_make()])
    row = PipelineVersion.objects.get()
    with pytest.raises(Denied):
        pipeline_switch(pipeline=row, enabled=False, actor=clinician)
    row.refresh_from_db()
    assert row.enabled


def test_the_installed_pipelines_can_be_synchronised(data_dir: Path) -> None:
    import ml.api

    assert {row.name for row in registry_sync()} == {m.name for m in ml.api.manifests()}
