"""Results read again: refusals that name the place and nothing else, and differences by subject."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from ml import api
from ml.contracts.evaluation import DataDiffer, ResultRefused
from ml.evaluation import intervals, stored
from tests.factories.evaluations import evaluation_make


def refused(content: bytes) -> ResultRefused:
    with pytest.raises(ResultRefused) as caught:
        api.evaluation_read(content)
    return caught.value


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000], ids=repr
)
def test_what_is_not_json_is_told_so(content: bytes) -> None:
    assert refused(content).kind == "not_json"


def _changed(change: Any) -> bytes:
    found: Any = evaluation_make()
    change(found)
    return json.dumps(found).encode()


def _set(found: Any, *steps: Any) -> None:
    *path, last, value = steps
    for step in path:
        found = found[step]
    found[last] = value


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda e: _set(e, "schema", "other/1"), "schema must be 'synoptic.evaluation/1'"),
        (lambda e: e.pop("task"), "the whole file lacks task"),
        (lambda e: _set(e, "rows", 1, "unit", 3), "rows[1].unit must be of the type string"),
        (lambda e: _set(e, "rows", 0, "tier", "x"), "rows[0].tier must be one of"),
        (lambda e: _set(e, "Jane^Doe", 1), "the whole file has a field that the schema does not"),
        (lambda e: _set(e, "subjects", 0, "values", "Jane^Doe", "x"), "subjects[0].values.… must"),
        (lambda e: _set(e, "prediction", "name", "a\x00b"), "prediction.name must be text"),
        (lambda e: _set(e, "prediction", "name", "\ud800"), "prediction.name must be text"),
        (lambda e: _set(e, "subjects", 1, "values", "dice/x", [1, 2]), "subjects[1].values must"),
    ],
)
def test_a_refusal_names_the_place_and_repeats_nothing(change: Any, place: str) -> None:
    error = refused(_changed(change))
    assert error.kind == "wrong_schema"
    assert place in error.user_message
    assert "Jane" not in error.user_message


def test_numbers_beyond_all_bounds_are_refused() -> None:
    text = json.dumps(evaluation_make()).replace('"value": ', '"value": 1e999, "was": ', 1)
    assert refused(text.replace(', "was": 0.81', "").encode()).place


def test_a_result_is_read_as_it_was_written() -> None:
    found = evaluation_make()
    assert api.evaluation_read(json.dumps(found).encode()) == found


def test_differences_have_intervals_and_say_who_is_better() -> None:
    first = evaluation_make(dice=[0.7, 0.72, 0.69, 0.71, 0.7])
    second = evaluation_make(dice=[0.8, 0.83, 0.78, 0.81, 0.8])
    (row, volume) = api.evaluation_differences(first, second)
    assert (row["metric"], row["structure"], row["better"]) == ("dice", "x", "second")
    assert row["difference"] == pytest.approx(0.1, abs=0.01)
    assert row["ci_low"] is not None
    assert row["ci_low"] > 0.05
    assert row["n_subjects"] == 5
    # Of a signed error the sign of a difference does not say which is nearer to 0.
    assert (volume["metric"], volume["better"]) == ("volume_error", "neither")
    (back, _) = api.evaluation_differences(second, first)
    assert back["better"] == "first"


def test_differences_of_a_subgroup_are_of_its_subjects_alone() -> None:
    first, second = evaluation_make(), evaluation_make(dice=[0.9] * 5)
    rows = api.evaluation_differences(first, second, subgroup="scanner=A")
    assert [row["n_subjects"] for row in rows] == [3]
    assert api.evaluation_differences(first, second, subgroup="scanner=none") == []


def test_unknown_figures_have_no_interval() -> None:
    first, second = evaluation_make(metric="sharpness"), evaluation_make(metric="sharpness")
    row = api.evaluation_differences(first, second)[0]
    assert (row["difference"], row["better"], row["ci_method"]) == (
        None,
        "neither",
        "none: not by subject",
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"task": "detection"}, "of the task detection"),
        ({"data_sha256": "f" * 64}, "other data than"),
    ],
)
def test_other_data_are_refused_and_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(DataDiffer, match=told):
        api.evaluation_differences(evaluation_make(), evaluation_make(**change))


def test_parts_are_as_many_as_the_pools_take() -> None:
    """``stored`` repeats the widths, so that reading a file loads no scipy."""
    assert stored.PARTS["froc"] == 2 * len(intervals.FROC_THRESHOLDS) + 2
    for pool, width in stored.PARTS.items():
        assert intervals.POOLS[pool](np.ones((3, width))).shape == ()


def test_comparing_loads_no_torch() -> None:
    code = (
        "import sys, json, ml.api\n"
        "from tests.factories.evaluations import evaluation_make\n"
        "ml.api.evaluation_read(json.dumps(evaluation_make()).encode())\n"
        "assert 'scipy' not in sys.modules\n"
        "ml.api.evaluation_differences(evaluation_make(), evaluation_make())\n"
        "heavy = {'torch', 'monai', 'matplotlib', 'skimage'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
