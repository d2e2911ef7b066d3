from __future__ import annotations

from ml.pipelines.draft_report.findings import Judged, impressions
from ml.pipelines.draft_report.measurements import Measurement
from ml.pipelines.draft_report.references import REFERENCES, Reference
from ml.pipelines.draft_report.regions import REGIONS
from ml.pipelines.draft_report.rules import RULES
from tests.ml.pipelines.draft_report.conftest import JudgeHead


def test_a_normal_head_has_no_abnormal_finding(normal: dict[str, Judged]) -> None:
    assert {item.finding["status"] for item in normal.values()} == {"normal", "measured"}
    assert set(normal) == {rule.id for rule in RULES}


def test_a_small_hippocampus_is_found_on_its_side_alone(judge_head: JudgeHead) -> None:
    found = judge_head(changes={17: (4, 14, 6)})
    assert found["left_hippocampus"].finding["status"] == "abnormal"
    assert found["left_hippocampus"].finding["side"] == "left"
    assert found["right_hippocampus"].finding["status"] == "normal"
    assert found["hippocampal_asymmetry"].statement.sides == {"left"}  # the smaller side


def test_a_shift_is_found_to_its_side(judge_head: JudgeHead) -> None:
    for shift, side in ((8.0, "left"), (-8.0, "right")):
        finding = judge_head(shift_mm=shift)["midline"]
        assert finding.finding["status"] == "abnormal"
        assert finding.finding["side"] == side


def test_a_finding_states_its_number_as_it_is_judged(normal: dict[str, Judged]) -> None:
    finding = normal["left_hippocampus"].finding
    assert f"{finding['value']:.2f} mL" in finding["text"]
    assert "PMC3773349" in finding["reference"]


def test_every_finding_points_into_the_images(normal: dict[str, Judged]) -> None:
    for item in normal.values():
        assert item.finding["evidence"], item.rule.id
        for evidence in item.finding["evidence"]:
            assert evidence["slice_index"] is not None


def test_paired_findings_point_to_both_sides(normal: dict[str, Judged]) -> None:
    left, right = normal["thalamus.pair"].finding["evidence"]
    assert left["point_lps"][0] > 0 > right["point_lps"][0]


def test_the_impression_of_a_normal_head_is_one_sentence(normal: dict[str, Judged]) -> None:
    (summary,) = impressions(list(normal.values()))
    assert summary.form == "summary"
    assert summary.evidence


def test_the_impression_names_at_most_three_the_furthest_first(judge_head: JudgeHead) -> None:
    found = judge_head(
        shift_mm=8.0,
        changes={17: (3, 10, 5), 53: (4, 14, 6), 14: (6, 13, 9), 4: (16, 40, 20), 43: (16, 40, 20)},
    )
    said = impressions(list(found.values()))
    assert len(said) == 3
    excess = [found[item.id.removeprefix("impression.")].excess for item in said]
    assert excess == sorted(excess, reverse=True)
    assert all(item.section == "impression" for item in said)


def test_a_value_is_judged_as_it_is_shown() -> None:
    limit = Reference(high=0.3, source="x")
    assert limit.judge(Measurement(value=0.3049, unit="", digits=2)) == "normal"
    assert limit.judge(Measurement(value=0.3051, unit="", digits=2)) == "high"
    assert limit.text(Measurement(value=0.3, unit="", digits=2)) == "reference ≤ 0.30"


def test_every_reference_has_a_source_and_every_rule_its_region() -> None:
    assert all(len(reference.source) > 10 for reference in REFERENCES.values())
    assert all(rule.region in REGIONS for rule in RULES)
    assert all(rule.judged in REFERENCES for rule in RULES if rule.judged)
