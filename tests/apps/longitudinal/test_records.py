"""How often each version of a model was right on this site's patients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import User
from apps.longitudinal.card import figures_of
from apps.longitudinal.models import PredictionScore
from apps.longitudinal.records import calibration, records_of, wilson
from apps.longitudinal.services.scoring import scores_sweep
from apps.registry.models import PipelineVersion
from apps.studies.models import Patient
from tests.apps.longitudinal.conftest import (
    PREDICTION,
    AsUser,
    Predicted,
    Visit,
    changed,
    score_play,
)


def _score(actual: float, **changes: Any) -> dict[str, Any]:
    given = {"actual_ml": actual, "predicted_ml": 10.0, "lower_ml": 8.0, "upper_ml": 14.0}
    return {**given, "interval": 0.9, **changes}


def test_calibration_reads_levels_off_the_interval() -> None:
    # 8 and 14 are the bounds of 90 %; 10 is the median; 20 and 5 lie outside of every level.
    rows = calibration([_score(value) for value in (8.0, 10.0, 14.0, 20.0, 5.0)])
    observed = {row["nominal"]: row["observed"] for row in rows}
    assert observed == {0.5: 0.2, 0.6: 0.2, 0.7: 0.2, 0.8: 0.2, 0.9: 0.6, 0.95: 0.6}
    assert [row["nominal"] for row in rows if row["direct"]] == [0.9]
    assert calibration([]) == []
    # An interval without a width holds nothing but its median.
    flat = calibration([_score(10.5, lower_ml=10.0, upper_ml=10.0)])
    assert {row["observed"] for row in flat} == {0.0}


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(9, 10, 0.5958, 0.9821), (0, 5, 0.0, 0.4345), (5, 5, 0.5655, 1)]
)
def test_the_interval_of_a_share(hits: int, n: int, low: float, high: float) -> None:
    """Against Wilson's formula as scipy gives it."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-4)
    assert wilson(0, 0) == (None, None)


@pytest.mark.django_db
def test_the_record_of_each_version(
    as_user: AsUser, clinician: User, visit: Visit, predicted: Predicted, tmp_path: Path
) -> None:
    outcomes: list[dict[str, Any]] = [
        {"actual_ml": 13.2, "predicted_ml": 12.4},
        {"actual_ml": 10.0, "predicted_ml": 12.4, "lower_ml": 11.0, "beats_carry_forward": False},
        {"actual_ml": 20.0, "predicted_ml": 12.4, "upper_ml": 15.0},
        {"comparable": False, "actual_ml": None, "inside_interval": None},
    ]
    for number, _ in enumerate(outcomes):
        person = Patient.objects.create(identity=f"p{number}")
        predicted(visit("2024-01-03", patient=person))
        visit("2024-07-01", patient=person)
    assert scores_sweep() == 4
    for score, outcome in zip(
        PredictionScore.objects.order_by("created_at"), outcomes, strict=True
    ):
        score_play(score, tmp_path, **outcome)
    newer = changed(PREDICTION, model_version="flow-2")
    predicted(visit("2030-01-01"), content=newer)

    client = as_user(clinician)
    told = {one["model_version"]: one for one in client.get("/api/v1/track-records").json()}
    first = told["flow-1"]
    assert (first["pipeline"], first["version"]) == ("predict_followup", "1.0.0")
    assert (first["predictions"], first["n"], first["not_comparable"]) == (4, 3, 1)
    assert (first["patients"], first["interval"]) == (3, 0.9)
    assert first["coverage"] == pytest.approx(1 / 3)
    assert first["coverage_low"] < 1 / 3 < first["coverage_high"]
    assert first["beats_carry_forward"] == pytest.approx(2 / 3)
    assert first["bias_ml"] == pytest.approx(0.8)
    assert first["bias_percent"] == pytest.approx(100 * 0.8 / 13.2)
    assert {row["nominal"]: row["observed"] for row in first["calibration"]}[0.9] == (
        pytest.approx(1 / 3)
    )
    assert [point["inside"] for point in first["points"]] == [False, False, True]
    second = told["flow-2"]
    assert (second["predictions"], second["n"], second["coverage"]) == (1, 0, None)
    assert second["calibration"] == []
    assert "p0" not in str(told)

    one = client.get("/api/v1/track-records/predict_followup").json()
    assert len(one) == 2
    assert client.get("/api/v1/track-records/synthetic_ct").json() == []


@pytest.mark.django_db
def test_the_card_of_the_pipeline_tells_the_record(
    visit: Visit, predicted: Predicted, tmp_path: Path
) -> None:
    predicted(visit("2024-01-03"))
    visit("2024-07-01")
    scores_sweep()
    score_play(PredictionScore.objects.get(), tmp_path)
    pipeline = PipelineVersion.objects.get(name="predict_followup")
    figures = {figure.label: figure for figure in figures_of(pipeline)}
    coverage = figures["Coverage of the 90 % interval (this site, flow-1, n = 1)"]
    assert (coverage.value, coverage.pillar) == (1.0, "safety")
    assert records_of("predict_followup")[0]["n"] == 1
    assert figures_of(PipelineVersion.objects.get(name="detect_change")) == []
