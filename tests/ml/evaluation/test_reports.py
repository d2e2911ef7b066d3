"""Facts of reports, counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml.evaluation.case import ReportPair
from ml.evaluation.cases import CaseRefused
from ml.evaluation.measured import together
from ml.evaluation.report_facts import Fact, compare_facts, read_facts
from ml.evaluation.report_metrics import report_metrics

SMALL_LEFT = Fact("hippocampus", "left", "small", present=True)
SMALL_RIGHT = SMALL_LEFT._replace(side="right")
NO_SHIFT = Fact("midline", "midline", "shift", present=False)
SHIFT = NO_SHIFT._replace(present=True)
BLEED = Fact("thalamus", "left", "haemorrhage", present=True)


def test_facts_by_hand_with_a_swapped_side_and_a_turned_negation() -> None:
    """Two true ones, one on the wrong side, one negated, one left out, one made up."""
    ref = (SMALL_LEFT, NO_SHIFT, BLEED, Fact("brain", "", "atrophy", present=True),
           Fact("eye", "left", "mass", present=False))  # fmt: skip
    pred = (SMALL_RIGHT, SHIFT, BLEED, Fact("brain", "", "atrophy", present=True),
            Fact("skull", "right", "fracture", present=True))  # fmt: skip
    values = report_metrics(ReportPair(pred=pred, ref=ref))
    assert list(values["fact_f1", ""]) == [2, 3, 3]
    assert list(values["negation_errors", ""]) == [1, 1]
    assert list(values["side_errors", ""]) == [1, 1]
    # Of two sided facts that were stated, one is on its side.
    assert list(values["laterality", ""]) == [1, 2]
    assert list(values["fact_f1_positive", ""]) == [2, 3, 1]
    measured = together([("a", values)])
    assert measured.value(("fact_f1", "")) == pytest.approx(2 * 2 / 10)
    # small 0, shift 0, haemorrhage 1, atrophy 1, mass 0, fracture 0.
    assert measured.value(("fact_f1_macro", "")) == pytest.approx(2 / 6)


def test_both_sides_stated_and_one_missed_is_no_swap() -> None:
    agreement = compare_facts([SMALL_LEFT], [SMALL_LEFT, SMALL_RIGHT])
    assert (agreement.sided, agreement.misses.total()) == (0, 1)


def test_sides_swapped_on_both_are_right_again() -> None:
    assert compare_facts([SMALL_RIGHT, SMALL_LEFT], [SMALL_LEFT, SMALL_RIGHT]).sided == 0


def test_a_finding_that_only_one_subject_has_counts_in_the_macro_mean() -> None:
    first = report_metrics(ReportPair(pred=(BLEED,), ref=(BLEED,)))
    second = report_metrics(ReportPair(pred=(), ref=(SHIFT,)))
    measured = together([("a", first), ("b", second)])
    assert measured.value(("fact_f1_macro", "")) == pytest.approx(0.5)
    assert measured.value(("fact_f1_macro", ""), {"a"}) == pytest.approx(1)


def test_facts_of_our_own_draft(tmp_path: Path) -> None:
    draft = {
        "findings": [
            {"concept": "Hippocampal volume", "structure": "left hippocampus", "side": "left",
             "status": "abnormal"},
            {"concept": "midline shift", "structure": "midline", "side": "midline",
             "status": "normal"},
            {"concept": "volume", "structure": "brain", "side": None, "status": "measured"},
        ]
    }  # fmt: skip
    path = tmp_path / "report.json"
    path.write_text(json.dumps(draft))
    assert read_facts(path) == (
        Fact("hippocampus", "left", "hippocampal volume", present=True),
        Fact("midline", "midline", "midline shift", present=False),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"facts": 3}',
        '{"facts": [{"structure": "x"}]}',
        '{"facts": [{"structure": "x", "finding": "y", "present": "no"}]}',
    ],
)
def test_other_json_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sub-01.json"
    path.write_text(text)
    with pytest.raises(CaseRefused, match=r"sub-01\.json"):
        read_facts(path)
