from __future__ import annotations

import json

from apps.inference.report_checks import checked, omissions
from tests.ml.reporting.facts_example import facts


def test_the_door_takes_stored_sentences_and_facts_as_they_come_from_json() -> None:
    stored = json.loads(json.dumps(facts()))
    sentences = [{"text": "The right hippocampus is reduced."}, {"text": "Clinical correlation."}]
    assert [one["level"] for one in checked(sentences, stored)] == ["red", "amber"]
    assert omissions(sentences, stored)["reasons"][0]["check"] == "omission"


def test_a_report_without_a_run_is_checked_as_far_as_it_can_be() -> None:
    red = checked([{"text": "Unchanged since 2024-01-01."}], None)[0]
    assert red["level"] == "red"
    assert "comparison" in {reason["check"] for reason in red["reasons"]}
    assert (
        checked([{"text": "Small left hippocampus, 2 mL.", "origin": "person"}], {})[0]["level"]
        == "amber"
    )
