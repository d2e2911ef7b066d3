"""Keeping the registry true to what is installed, and switching versions on and off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import ml.api
from apps.accounts.models import User
from apps.accounts.policy import require
from apps.audit.services import audit_record
from apps.registry.cards import card_html
from apps.registry.models import Checkpoint, PipelineVersion, State, WeightsFile
from ml.contracts.errors import DigestMismatch, WeightsMissing
from ml.contracts.manifest import Manifest

COPIED = (
    "title",
    "summary",
    "intended_use",
    "limitations",
    "licence",
    "queue",
    "time_limit_s",
    "parameters",
)


def registry_sync(manifests: Iterable[Manifest] | None = None) -> list[PipelineVersion]:
    """Make the rows follow the manifests, check every weights file, withdraw what is gone."""
    offered = ml.api.manifests() if manifests is None else tuple(manifests)
    checked = [(manifest, _weights_states(manifest)) for manifest in offered]
    with transaction.atomic():
        kept = [_version_sync(manifest, states) for manifest, states in checked]
        gone = PipelineVersion.objects.exclude(pk__in=[row.pk for row in kept])
        gone.exclude(state=State.WITHDRAWN).update(state=State.WITHDRAWN)
    return kept


def _weights_states(manifest: Manifest) -> dict[str, State]:
    """Outside any transaction: reading files of some hundred megabytes takes its time."""
    return {spec.name: _checked(replace(manifest, weights=(spec,))) for spec in manifest.weights}


def _checked(manifest: Manifest) -> State:
    try:
        ml.api.verify_weights(manifest, Path(settings.DATA_DIR))
    except DigestMismatch:
        return State.DIGEST_MISMATCH
    except WeightsMissing:
        return State.WEIGHTS_MISSING
    return State.AVAILABLE


def _version_sync(manifest: Manifest, states: dict[str, State]) -> PipelineVersion:
    values: dict[str, Any] = {name: getattr(manifest, name) for name in COPIED}
    values["inputs"] = [asdict(spec) for spec in manifest.inputs]
    values["outputs"] = [asdict(spec) for spec in manifest.outputs]
    values["card_html"] = card_html(manifest.card)
    values["card_chai"] = ml.api.card_chai(manifest)
    values["state"] = _worst(states.values())
    values["verified_at"] = timezone.now()
    row, created = PipelineVersion.objects.update_or_create(
        name=manifest.name, version=manifest.version, defaults=values
    )
    if created:
        _inherit_switch(row)
    measured = {file.weights: file for file in ml.api.metrics_files(manifest)}
    for spec in manifest.weights:
        metrics = measured.get(spec.name)
        WeightsFile.objects.update_or_create(
            pipeline=row,
            name=spec.name,
            defaults={
                "path": spec.path,
                "sha256": spec.sha256,
                "licence": spec.licence,
                "state": states[spec.name],
                "metrics_path": spec.metrics,
                "metrics_sha256": metrics.sha256 if metrics else "",
                "metrics_checkpoint": metrics.checkpoint if metrics else Checkpoint.NOT_STATED,
                "metrics": metrics.content if metrics else None,
            },
        )
    row.weights.exclude(name__in=states).delete()
    return row


def _inherit_switch(row: PipelineVersion) -> None:
    """What an administrator has switched off does not come back by an update."""
    before = PipelineVersion.objects.filter(name=row.name).exclude(pk=row.pk)
    last = before.order_by("-created_at").first()
    if last is not None and not last.enabled:
        row.enabled = False
        row.save(update_fields=["enabled"])


def _worst(states: Iterable[State]) -> State:
    found = set(states)
    for state in (State.DIGEST_MISMATCH, State.WEIGHTS_MISSING):
        if state in found:
            return state
    return State.AVAILABLE


@transaction.atomic
def pipeline_switch(*, pipeline: PipelineVersion, enabled: bool, actor: User) -> None:
    """Offer a version or take it off offer. Jobs that run already are not touched."""
    require(actor, "pipeline.manage", pipeline)
    changed = PipelineVersion.objects.filter(pk=pipeline.pk, enabled=not enabled).update(
        enabled=enabled, updated_at=timezone.now()
    )
    pipeline.enabled = enabled
    if changed:
        audit_record(
            actor=actor,
            action="pipeline.enable" if enabled else "pipeline.disable",
            object_type="pipeline",
            object_id=pipeline.pk,
            detail={"name": pipeline.name, "version": pipeline.version},
        )
