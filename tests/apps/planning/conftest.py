"""A study with a synthetic CT and a structure set, and plans made of it by a run that is played:
no engine and no archive; plan.json lies in the data folder as a run would have left it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.inference.models import Artifact
from apps.inference.outputs import artifact_store
from apps.jobs.models import Job
from apps.jobs.services.finish import job_finish
from apps.jobs.services.start import job_start
from apps.pacs import trail
from apps.planning.models import Plan, PlanTemplate
from apps.planning.services.decide import plan_decide, plan_viewed
from apps.planning.services.request import PIPELINE, plan_create
from apps.planning.services.versions import planning_sync
from apps.registry.models import PipelineVersion
from apps.studies.models import Patient, Series, Study

AsUser = Callable[[User], APIClient]
Plans = Callable[..., Plan]
RESULT = json.loads(Path(__file__).with_name("plan.json").read_text(encoding="utf-8"))
REQUIRED = ["images", "dvh", "check:external_contour"]
REASON = "Dose and checks are as they should be."
_number = count(1)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", lambda *_, **__: None)
    trail._seen.clear()


@pytest.fixture
def shipped(db: None, data_dir: Path) -> PlanTemplate:
    """What is shipped, and a pipeline that serves; gives the extremity's template."""
    del data_dir
    planning_sync()
    image = {"geometries": ["regular"], "synthetic": True}
    structures = {"modalities": ["RTSTRUCT"], "geometries": ["none"], "synthetic": True}
    inputs = [
        {"name": "image", "title": "CT", "modalities": ["CT"], **image},
        {"name": "structures", "title": "Structure set", **structures},
        {"name": "reference", "title": "Real CT", "modalities": ["CT"], "required": False},
    ]
    PipelineVersion.objects.create(
        name=PIPELINE,
        version="1.0.0",
        queue="gpu",
        time_limit_s=60,
        state="available",
        inputs=inputs,
        parameters={"required": ["template"]},
    )
    return PlanTemplate.objects.get(site="extremity")


def study_make(number: int = 1, *, patient: Patient | None = None) -> dict[str, str]:
    """A study with an image and a structure set: the inputs of a plan."""
    now = timezone.now()
    study = Study.objects.create(
        study_uid=f"2.25.{number}",
        orthanc_id=f"study{number}",
        received_at=now,
        patient=patient or Patient.objects.create(identity=str(number)),
    )
    shared: dict[str, Any] = {"study": study, "grew_at": now, "complete": True}
    Series.objects.create(
        series_uid=f"2.25.{number}0",
        orthanc_id=f"image{number}",
        kind="image",
        modality="CT",
        synthetic=True,
        ai_generated=True,
        rows=64,
        columns=64,
        geometry_kind="regular",
        geometry_spacing=[3, 1, 1],
        geometry_slices=40,
        **shared,
    )
    Series.objects.create(
        series_uid=f"2.25.{number}1",
        orthanc_id=f"structures{number}",
        kind="rtstruct",
        modality="RTSTRUCT",
        **shared,
    )
    return {"image": f"2.25.{number}0", "structures": f"2.25.{number}1"}


@pytest.fixture
def inputs(shipped: PlanTemplate) -> dict[str, str]:
    return study_make(2)


def run_play(
    job: Job, out: Path, content: bytes | None, outcome: Any = "succeeded", **ended: Any
) -> None:
    """What a worker does with a job, but for the planning itself."""
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    if content is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "plan.json").write_bytes(content)
        artifact_store(
            lease,
            out,
            {
                "key": "plan-json",
                "kind": "json",
                "path": "plan.json",
                "media_type": "application/json",
                "title": "Plan",
            },
        )
    job_finish(lease, outcome, **ended)


@pytest.fixture
def plan_in_review(
    shipped: PlanTemplate, inputs: dict[str, str], clinician: User, tmp_path: Path
) -> Plans:
    """``plan_in_review(result=…, inputs=…)``: a plan whose run has ended."""

    def make(**changes: Any) -> Plan:
        result = changes.pop("result", RESULT)
        content = result if isinstance(result, bytes) else json.dumps(result).encode()
        given = {"user": clinician, "template": shipped.pk, "inputs": inputs, **changes}
        plan, _ = plan_create(**given)
        run_play(plan.job, tmp_path / f"out{next(_number)}", content)
        return Plan.objects.get(pk=plan.pk)

    return make


@pytest.fixture
def reviewed(plan_in_review: Plans) -> Plan:
    return plan_in_review()


def approve(plan: Plan, user: User, **changes: Any) -> None:
    keys = changes.pop("viewed", REQUIRED)
    plan_viewed(user=user, plan_id=plan.pk, result_sha256=plan.result_sha256, keys=keys)
    given = {
        "kind": "approved",
        "reason": REASON,
        "result_sha256": plan.result_sha256,
        "viewed": keys,
        "idempotency_key": f"approve-{next(_number)}",
        **changes,
    }
    plan_decide(user=user, plan_id=plan.pk, **given)


def changed(**checks: dict[str, Any]) -> dict[str, Any]:
    """The result with some checks otherwise: ``changed(reference={"status": "fail"})``."""
    rows = [{**row, **checks.get(row["key"], {})} for row in RESULT["checks"]]
    return {**RESULT, "checks": rows}


def artifact_row(plan: Plan, key: str, **values: Any) -> Artifact:
    shared = {"kind": "dicom", "title": key, "media_type": "application/dicom", "size": 10}
    return Artifact.objects.create(job=plan.job, key=key, **{**shared, **values})
