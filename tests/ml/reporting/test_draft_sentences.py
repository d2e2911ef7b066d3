"""The pipeline's own phrases, on simulated measurements: none may be refused."""

from __future__ import annotations

import json
from random import Random

from ml.pipelines.draft_report.draft import Draft
from ml.pipelines.draft_report.evidence import Locator
from ml.pipelines.draft_report.facts import draft_facts, midline_x
from ml.pipelines.draft_report.findings import impressions, judge
from ml.pipelines.draft_report.fixture import head_labels, varied_measurements
from ml.pipelines.draft_report.guard import fill
from ml.pipelines.draft_report.phrases import candidates
from ml.pipelines.draft_report.regions import REGIONS
from ml.pipelines.draft_report.writer import Written


def test_no_phrase_of_a_true_finding_is_refused_and_nothing_counts_as_left_out() -> None:
    random = Random(5)
    labels = head_labels(spacing_mm=4.0)
    locator = Locator(labels, {})
    for _ in range(25):
        measured = varied_measurements(random)
        judged = list(judge(measured, locator))
        facts = draft_facts(measured, judged, midline_x_mm=midline_x(labels))
        draft = Draft(measurements=measured, judged=judged, facts=facts, incomplete=False)
        told = [item.statement for item in judged if item.rule.told] + impressions(judged)
        for said in told:
            for phrase in candidates(said):
                draft.written.append(Written(statement=said, text=fill(said, phrase), raw=phrase))
        report = json.loads(draft.as_json(pipeline="draft_report", version="0"))
        for sentence in report["sentences"]:
            assert sentence["check"]["level"] == "green", (sentence["text"], sentence["check"])
        assert report["omissions"] == {"level": "green", "reasons": []}
        assert report["facts"]["measurements"]


def test_the_middle_of_a_head_lies_between_its_sides() -> None:
    labels = head_labels(spacing_mm=4.0)
    middle = midline_x(labels)
    assert middle is not None
    assert abs(middle) < 2.0
    here = Locator(labels, {}).of_region(REGIONS["left_hippocampus"])
    assert here is not None
    assert here["point_lps"][0] > middle
