"""A patient with scans of several dates, and runs that are played: no engine and no archive. What
a run writes lies in the data folder as a run would have left it."""

from __future__ import annotations

import copy
import datetime as dt
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
from apps.longitudinal import tasks
from apps.longitudinal.models import Comparison, Prediction, PredictionScore
from apps.longitudinal.services.comparisons import comparison_create
from apps.longitudinal.services.predictions import prediction_create
from apps.pacs import trail
from apps.registry.models import PipelineVersion
from apps.studies.models import NO_DATE, Patient, Series, Study

AsUser = Callable[[User], APIClient]
Visit = Callable[..., Series]
Compared = Callable[..., Comparison]
Predicted = Callable[..., Prediction]
Json = dict[str, Any]
_number = count(1)

CHANGE: Json = {
    "format": "synoptic-change",
    "format_version": 1,
    "days": 366,
    "comparability": {
        "comparable": True,
        "score": 0.87,
        "reasons": [
            {
                "code": "registration",
                "text": "The images lie well on each other.",
                "figure": 1.2,
                "unit": "mm",
                "limit": "≤ 2 mm",
                "status": "pass",
            }
        ],
    },
    "registration": {
        "method": "rigid",
        "rotation_deg": 2.1,
        "translation_mm": 100.0,
        "overlap": 0.97,
        "similarity": 0.62,
        "matrix": [[1, 0, 0, 100], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    },
    "regions": [
        {
            "label": 17,
            "name": "Left hippocampus",
            "side": "L",
            "base_ml": 3.1,
            "follow_ml": 3.0,
            "change_percent": -3.2,
            "per_year_percent": -3.2,
            "noise_percent": 1.7,
            "verdict": "change",
            "expected_dice": 0.78,
        }
    ],
    "lesions": [],
    "lesion_load": {"base_ml": 4.2, "follow_ml": 5.0, "new": 2, "resolved": 0},
    "warnings": [],
    "software": {"synoptic": "1"},
}
PREDICTION: Json = {
    "format": "synoptic-prediction",
    "format_version": 1,
    "days": 180,
    "treatment": "none",
    "samples": 8,
    "model_version": "flow-1",
    "target_date": "2024-07-01",
    "base": {},
    "priors": [],
    "volumes": [
        {"days": 0, "median_ml": 10.0, "lower_ml": 10.0, "upper_ml": 10.0},
        {"days": 180, "median_ml": 12.4, "lower_ml": 11.0, "upper_ml": 15.0},
    ],
    "interval": 0.9,
    "carry_forward_ml": 10.0,
    "ventricle_ml": {"base": 21.0, "median": 22.5, "lower": 21.5, "upper": 24.0},
    "beats_carry_forward": True,
    "evidence": {"delta_rmae_ratio": 0.62, "data": "held-out simulated"},
    "warnings": [],
}
SCORE: Json = {
    "format": "synoptic-prediction-score",
    "days_actual": 183,
    "comparable": True,
    "actual_ml": 13.2,
    "predicted_ml": 12.4,
    "lower_ml": 11.0,
    "upper_ml": 15.0,
    "inside_interval": True,
    "dice": 0.71,
    "new_tissue_dice": 0.4,
    "delta_rmae": 0.7,
    "carry_forward": {"dice": 0.6, "delta_rmae": 1.0},
    "beats_carry_forward": True,
    "warnings": [],
}


def lesion(uid: str, state: str, centre: list[float], **changes: Any) -> Json:
    return {
        "track": uid,
        "name": uid.rsplit(".", maxsplit=1)[-1],
        "state": state,
        "base_ml": 1.0,
        "follow_ml": 2.0,
        "centre_lps": centre,
        "parents": [],
        "children": [],
        "diameter_mm": 7.2,
        **changes,
    }


def changed(content: Json, **values: Any) -> Json:
    return {**copy.deepcopy(content), **values}


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.jobs.dispatch.current_app.send_task", lambda *_, **__: None)
    trail._seen.clear()
    tasks._swept = None


@pytest.fixture
def pipelines(db: None, data_dir: Path) -> None:
    """The four pipelines, as their manifests tell of them."""
    del data_dir
    mr = {"modalities": ["MR"], "geometries": ["regular"], "synthetic": True}
    made = {"geometries": ["regular"], "synthetic": True}
    inputs = {
        "compare_scans": [_input("base", **made), _input("follow", **made)],
        "detect_change": [_input("base", **mr), _input("follow", **mr)],
        "predict_followup": [_input("base", **mr), _input("prior", required=False, **mr)],
        "score_prediction": [
            _input("base", **mr),
            _input("actual", **mr),
            _input("predicted", **made),
            _input("probability", required=False, **made),
        ],
    }
    for name, taken in inputs.items():
        row = PipelineVersion.objects.create(
            name=name,
            version="1.0.0",
            queue="gpu",
            time_limit_s=60,
            state="available",
            inputs=taken,
            parameters={},
        )
        row.weights.create(name="net", path="net", sha256=f"{len(name):x}" * 32, licence="x")


def _input(name: str, **values: Any) -> Json:
    return {"name": name, "title": name, **values}


def series_make(study: Study, **values: Any) -> Series:
    number = next(_number)
    uid = f"2.25.7{number:06d}"
    return Series.objects.create(
        **{
            "series_uid": uid,
            "orthanc_id": uid,
            "study": study,
            "number": number,
            "grew_at": timezone.now(),
            "complete": True,
            "kind": "image",
            "modality": "MR",
            "description": "T1 MPRAGE",
            "body_part": "HEAD",
            "rows": 64,
            "columns": 64,
            "geometry_kind": "regular",
            "geometry_spacing": [1, 1, 1],
            "geometry_slices": 64,
            **values,
        }
    )


@pytest.fixture
def patient(db: None) -> Patient:
    return Patient.objects.create(identity="id::P1", patient_id="P1")


@pytest.fixture
def visit(patient: Patient) -> Visit:
    """``visit("2024-01-02", modality="CT")``: the series of a new study."""

    def make(date: str | None, **values: Any) -> Series:
        number = next(_number)
        day = dt.date.fromisoformat(date) if date else None
        study = Study.objects.create(
            study_uid=f"2.25.9{number:06d}",
            orthanc_id=f"study{number}",
            patient=values.pop("patient", patient),
            study_date=day,
            date_key=day or NO_DATE,
            study_time=values.pop("time", None),
            birth_date=values.pop("birth_date", None),
            modalities=[values.get("modality", "MR")],
            received_at=timezone.now(),
        )
        return series_make(study, **values)

    return make


def run_play(
    job: Job,
    out: Path,
    files: dict[str, Any],
    *,
    made: dict[str, str] | None = None,
    outcome: Any = "succeeded",
    **ended: Any,
) -> None:
    """What a worker does with a job, but for the work itself. ``files``: key -> content;
    ``made``: key -> UID of a series that is in the archive by now."""
    lease = job_start(job.pk, worker="w")
    assert lease is not None
    out.mkdir(parents=True, exist_ok=True)
    for key, content in files.items():
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        (out / f"{key}.json").write_bytes(raw)
        artifact_store(
            lease,
            out,
            {
                "key": key,
                "kind": "json",
                "path": f"{key}.json",
                "media_type": "application/json",
                "title": key,
            },
        )
    for key, uid in (made or {}).items():
        Artifact.objects.create(
            job=job,
            key=key,
            kind="dicom",
            title=key,
            media_type="application/dicom",
            series_uid=uid,
        )
    job_finish(lease, outcome, **ended)


@pytest.fixture
def compared(pipelines: None, clinician: User, tmp_path: Path) -> Compared:
    """``compared(base, follow, lesions=[…])``: a comparison whose run has ended."""

    def make(base: Series, follow: Series, **changes: Any) -> Comparison:
        row, _ = comparison_create(user=clinician, base=base.series_uid, follow=follow.series_uid)
        content = changed(CHANGE, **changes)
        run_play(row.job, tmp_path / f"out{next(_number)}", {"change-json": content})
        return Comparison.objects.get(pk=row.pk)

    return make


@pytest.fixture
def predicted(pipelines: None, clinician: User, tmp_path: Path) -> Predicted:
    """``predicted(base, days=180)``: a prediction whose run has ended and whose series are in the
    archive."""

    def make(base: Series, *, user: User = clinician, **asked: Any) -> Prediction:
        content = asked.pop("content", PREDICTION)
        row, _ = prediction_create(user=user, base=base.series_uid, **{"days": 180, **asked})
        made = {
            key: series_make(
                base.study,
                ai_generated=True,
                synthetic=True,
                description=f"SYNTHETIC PREDICTED {key}",
            ).series_uid
            for key in ("predicted", "growth-probability")
        }
        out = tmp_path / f"out{next(_number)}"
        run_play(row.job, out, {"prediction-json": content}, made=made)
        return Prediction.objects.get(pk=row.pk)

    return make


def score_play(score: PredictionScore, out: Path, **changes: Any) -> PredictionScore:
    """Let the run of a score end."""
    assert score.job is not None
    run_play(score.job, out / f"score{next(_number)}", {"score-json": {**SCORE, **changes}})
    return PredictionScore.objects.get(pk=score.pk)
