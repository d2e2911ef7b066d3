from __future__ import annotations

import time
from typing import Any

import pytest

from ml.reporting.agreement import semantic_entropy
from ml.reporting.check import check_report, check_sentences
from tests.ml.reporting.facts_example import PRIOR, facts, sentence

GOOD = (
    "The volume of the left hippocampus is reduced to 2.01 mL (reference ≥ 2.58 mL).",
    "Left hippocampal atrophy (2.0 mL).",
    "L hippocampus 2.01 mL, R hippocampus 3.42 mL.",
    "The hippocampi measure 2.01 mL on the left and 3.42 mL on the right.",
    "The left hippocampus is smaller than the right.",
    "The third ventricle is not enlarged (6 mm).",
    "The third ventricle is six millimetres wide, which is normal.",
    "The right hippocampus is normal; the left hippocampus is reduced.",
    "T1-weighted images. No contrast was given.",
    "The right hippocampus measures 3420 mm3.",
)
BAD = (
    ("The left hippocampus is reduced to 2.61 mL.", "numbers"),
    ("The third ventricle is nine millimetres wide.", "numbers"),
    ("The third ventricle measures 6 cm.", "numbers"),
    ("The right hippocampus is reduced.", "side"),
    ("R hippocampus 2.01 mL.", "side"),
    ("The hippocampi measure 3.42 mL on the left and 2.01 mL on the right.", "side"),
    ("The hippocampi are bilaterally reduced.", "contradiction"),
    ("The left hippocampus is not reduced.", "contradiction"),
    ("The third ventricle is enlarged.", "contradiction"),
    ("All measured structures are within their reference limits.", "contradiction"),
    ("There is a haemorrhage in the left thalamus.", "evidence"),
    ("The left hippocampus is unchanged.", "comparison"),
    ("FLAIR images are normal.", "acquired"),
    ("No abnormal enhancement.", "acquired"),
)


def reasons(text: str, known: Any = None, **more: Any) -> set[str]:
    (verdict,) = check_sentences([sentence(text, **more)], known or facts())
    return (
        {reason["check"] for reason in verdict["reasons"]} if verdict["level"] == "red" else set()
    )


@pytest.mark.parametrize("origin", ["ai", "person"])
@pytest.mark.parametrize("text", GOOD)
def test_a_true_sentence_is_not_refused(text: str, origin: str) -> None:
    assert reasons(text, origin=origin) == set()


@pytest.mark.parametrize(("text", "check"), BAD)
def test_a_wrong_sentence_is_red_for_its_own_reason(text: str, check: str) -> None:
    assert check in reasons(text)


def test_evidence_on_the_other_side_of_the_midline_is_told_in_lps() -> None:
    there = [{"structure": "Amygdala", "point_lps": [-24.0, 0.0, 0.0]}]
    assert reasons("The left amygdala measures well.", evidence=there) == {"side"}
    assert reasons("The right amygdala measures well.", evidence=there) == set()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Since 2024-03-01 the left hippocampus has decreased by 19.9 %.", False),
        ("Since 01.03.2024 the left hippocampus decreased from 2.51 mL to 2.01 mL.", False),
        ("Since March 2024 the left hippocampus decreased by 0.5 mL.", False),
        ("Since 2024-03-01 the left hippocampus has decreased by 29.9 %.", True),
        ("Since 2024-03-01 the left hippocampus has increased.", True),
        ("Since 2023-03-01 the left hippocampus has decreased.", True),
        ("The left hippocampus is unchanged since 2024-03-01.", True),
    ],
)
def test_a_comparison_is_recomputed(text: str, wrong: bool) -> None:
    assert ("comparison" in reasons(text, facts(priors=PRIOR))) is wrong


def test_two_sentences_that_contradict_each_other_are_both_red() -> None:
    both = [sentence(text, "person") for text in ("No haemorrhage.", "Haemorrhage is seen.")]
    assert [check["level"] for check in check_sentences(both, facts())] == ["red", "red"]


def test_what_was_found_and_not_said_is_told_once() -> None:
    right = [sentence("The right hippocampus is normal.")]
    assert [r["check"] for r in check_report(right, facts())["reasons"]] == ["omission"]
    assert check_report([sentence("Left hippocampal atrophy.")], facts())["level"] == "green"


def test_an_image_of_another_kind_makes_the_models_sentences_red() -> None:
    gate = {"passed": False, "overridden": False, "score": 9.0, "limit": 1.0}
    known = facts(gate=gate)
    assert "distribution" in reasons("The third ventricle is normal.", known)
    assert reasons("The third ventricle is normal.", known, origin="person") == set()


def test_semantic_entropy_looks_through_wording() -> None:
    same = ["The left hippocampus is reduced.", "Left hippocampal atrophy."]
    assert semantic_entropy(same) == 0.0
    assert semantic_entropy([same[0], "The right hippocampus is normal."]) == pytest.approx(1.0)
    (verdict,) = check_sentences([sentence(same[0], entropy=0.8)], facts())
    assert verdict["reasons"][0]["check"] == "agreement"


def test_fifty_sentences_take_under_a_fifth_of_a_second() -> None:
    many = [sentence(GOOD[i % len(GOOD)]) for i in range(50)]
    check_sentences(many, facts())
    start = time.perf_counter()
    check_sentences(many, facts())
    assert time.perf_counter() - start < 0.2
