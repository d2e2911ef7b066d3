"""Errors of a CT and the dose: through ``compare_doses`` and as a figure of an evaluation."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluation.case import ImagePair
from ml.evaluation.cases import CaseRefused
from ml.evaluation.dose import dose_metrics
from ml.pipelines.plan_photons.fixture import TEMPLATE, limb, tumour
from ml.planning import comparison
from ml.planning.comparison import compare_doses
from ml.planning.structures import body
from ml.planning.templates import read_template


def test_the_ct_itself_changes_no_dose_and_a_denser_one_lowers_it() -> None:
    real = limb()
    inside = body(real).mask
    template = read_template(TEMPLATE)
    same = compare_doses(real, real, inside, tumour(), template)
    assert (same.gamma_percent, same.dmean_percent, same.d95_percent) == (100.0, 0.0, 0.0)
    dense = real.like(np.where(inside, real.array + 100, real.array))
    found = compare_doses(dense, real, inside, tumour(), template)
    assert -6.0 < found.dmean_percent < -0.5


def test_a_target_outside_the_body_is_no_target() -> None:
    real = limb()
    with pytest.raises(ValueError, match="target is empty"):
        compare_doses(real, real, body(real).mask, np.zeros(real.shape, dtype=np.bool_))


def test_an_evaluation_takes_label_one_as_the_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "STANDARD", TEMPLATE)
    real = limb()
    pair = ImagePair(
        pred=real,
        ref=real,
        mask=body(real).mask,
        value_range=(-1024.0, 3071.0),
        tissues={"label 1": tumour()},
    )
    found = dose_metrics(pair)
    assert found["gamma_pass", "body"] == (100.0,)
    assert found["dose_mean_error", "target"] == (0.0,)
    with pytest.raises(CaseRefused, match="label 1"):
        dose_metrics(ImagePair(pred=real, ref=real, mask=pair.mask, value_range=(-1024.0, 3071.0)))
