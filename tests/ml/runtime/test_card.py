"""The CHAI card: parsed from Markdown, filled from the manifest, written as JSON and XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ml import api
from ml.__main__ import main
from ml.contracts.card import NAMESPACE, NOT_STATED, Figure
from ml.contracts.manifest import KeyMetricSpec
from ml.runtime import metrics, places
from ml.runtime.card import sections
from tests.factories.manifests import manifest_make, weights_make

README = """# Model card: trial

Preamble.

## BasicInfo
Does little. Developer: Someone Else. Own weights.

## UsesAndDirections
Look at it.

### PrimaryIntendedUsers
Physicists.

## Warnings
Bites.

```
## Resources
```

## KeyMetrics
It works.

### FairnessEquity
Not looked at.
"""


def body(card: Any) -> Any:
    return card["AppliedModelCard"]


@pytest.fixture
def card(tmp_path: Path) -> Any:
    readme = tmp_path / "README.md"
    readme.write_text(README)
    return api.card_chai(manifest_make(card=readme))


def test_sections_and_fields_are_told_apart_and_code_is_left_alone() -> None:
    found = sections(README)
    assert found["UsesAndDirections"] == {"": "Look at it.", "PrimaryIntendedUsers": "Physicists."}
    assert "Resources" not in found
    assert "## Resources" in found["Warnings"][""]


def test_the_card_has_the_layout_and_says_what_nobody_stated(card: Any) -> None:
    assert card["layout"] == "CHAI Applied Model Card v0.2"
    found = body(card)
    assert list(found) == [
        "BasicInfo", "ReleaseInfo", "ModelSummary", "UsesAndDirections", "Warnings",
        "TrustIngredients", "KeyMetrics", "Resources", "Bibliography",
    ]  # fmt: skip
    assert found["BasicInfo"]["ModelDeveloper"] == "Someone Else"
    assert found["BasicInfo"]["DeveloperContact"] == NOT_STATED
    assert found["ReleaseInfo"]["ReleaseVersion"] == "1.0.0"
    uses = found["UsesAndDirections"]
    assert uses["IntendedUseAndWorkflow"] == "Tests."
    assert (uses["HowToUse"], uses["PrimaryIntendedUsers"]) == ("Look at it.", "Physicists.")
    pillars = found["KeyMetrics"]
    assert pillars["UsefulnessUsabilityEfficacy"]["Interpretation"] == "It works."
    assert pillars["FairnessEquity"]["Interpretation"] == "Not looked at."
    assert pillars["SafetyReliability"]["Interpretation"] == NOT_STATED
    assert {pillars[name]["Results"] for name in pillars} == {NOT_STATED}
    assert found["Resources"]["EvaluationReferences"] == NOT_STATED
    assert found["Bibliography"] == NOT_STATED


def test_a_pipeline_without_readme_has_a_card_of_its_manifest() -> None:
    found = body(api.card_chai(manifest_make()))
    assert found["ModelSummary"]["Summary"] == "Does nothing, in tests."
    assert found["Warnings"]["KnownRisksAndLimitations"] == "Everything else."
    assert found["TrustIngredients"]["TransparencyInformation"]["FundingSource"] == NOT_STATED


def test_further_figures_come_with_their_interval(card: Any) -> None:
    figure = Figure(pillar="fairness", label="dice", value=0.8, low=0.7, high=0.9, unit="1")
    more = api.card_with(card, [figure])
    (result,) = body(more)["KeyMetrics"]["FairnessEquity"]["Results"]
    assert result["Value"] == {
        "kind": "estimate_ci", "estimate": 0.8, "lower": 0.7, "upper": 0.9, "level": 95.0,
        "unit": "1",
    }  # fmt: skip
    assert body(card)["KeyMetrics"]["FairnessEquity"]["Results"] == NOT_STATED


def test_the_xml_has_the_names_and_the_order_of_the_schema(card: Any) -> None:
    figure = Figure(pillar="safety", label="a < b \x07", value=1.0)
    text = api.card_xml(api.card_with(card, [figure]))
    root = ElementTree.fromstring(text)
    assert root.tag == f"{{{NAMESPACE}}}AppliedModelCard"
    assert [item.tag.partition("}")[2] for item in root] == list(body(card))
    space = {"c": NAMESPACE}
    path = "c:KeyMetrics/c:SafetyReliability/c:Results/c:MetricResult"
    assert root.findtext(f"{path}/c:Label", namespaces=space) == "a < b "
    value = root.findtext(f"{path}/c:ValueJson", namespaces=space) or ""
    assert json.loads(value) == {"kind": "single", "value": 1.0, "unit": "1"}
    # The schema wants a result in every pillar.
    assert len(root.findall("c:KeyMetrics/*/c:Results/c:MetricResult", space)) == 3
    assert [k.text for k in root.findall("c:ModelSummary/c:Keywords/c:Keyword", space)] == [
        "MR",
        "seg",
    ]


def _measured(folder: Path, content: str, at: tuple[str, ...]) -> Any:
    (folder / "m.json").write_text(content)
    weights = weights_make(folder, "net")
    spec = type(weights)(
        name="net", path=weights.path, sha256=weights.sha256, licence="x", metrics="m.json"
    )
    key = KeyMetricSpec(pillar="safety", label="shares", weights="net", at=at)
    return manifest_make(weights=(spec,), key_metrics=(key,)), weights.sha256


def test_metrics_files_are_read_with_their_digest_and_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "REPOSITORY", tmp_path)
    manifest, sha256 = _measured(tmp_path, "{}", ())
    for named, told in ((sha256, "same"), ("0" * 64, "other")):
        (tmp_path / "m.json").write_text(json.dumps({"checkpoint_sha256": named}))
        (found,) = api.metrics_files(manifest)
        assert (found.checkpoint, len(found.sha256)) == (told, 64)
    for broken in ("[1]", "{"):
        (tmp_path / "m.json").write_text(broken)
        (found,) = api.metrics_files(manifest)
        assert (found.content, found.sha256, found.checkpoint) == (None, "", NOT_STATED)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"a": 0.5}, (0.5, None, None)),
        ({"a": {"mean": 0.5, "sd": 0.1}}, (0.5, None, None)),
        ({"a": {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6, "ci_level": 0.9}}, (0.5, 0.4, 0.6)),
        ({"a": True}, None),
        ({"b": 1}, None),
    ],
)
def test_key_figures_are_taken_from_the_metrics_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, expected: Any
) -> None:
    monkeypatch.setattr(places, "REPOSITORY", tmp_path)
    manifest, _ = _measured(tmp_path, json.dumps(content), ("a",))
    found = [
        (f.value, f.low, f.high) for f in metrics.key_figures(manifest, api.metrics_files(manifest))
    ]
    assert found == ([] if expected is None else [expected])


def test_what_the_shipped_manifests_promise_is_in_their_metrics_files() -> None:
    shipped = [one for one in api.manifests() if "ml/pipelines" in str(one.card)]
    assert {"draft_report", "segment_head"} <= {one.name for one in shipped}
    for manifest in shipped:
        files = api.metrics_files(manifest)
        assert all(file.content is not None for file in files), manifest.name
        figures = list(metrics.key_figures(manifest, files))
        assert len(figures) == len(manifest.key_metrics), manifest.name


def test_the_command_writes_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "segment_head"]) == 0
    assert body(json.loads(capsys.readouterr().out))["BasicInfo"]["ModelDeveloper"] == "Synoptic"
    assert main(["card", "segment_head", "--encoding", "xml"]) == 0
    assert ElementTree.fromstring(capsys.readouterr().out.encode()).tag.endswith("AppliedModelCard")
    assert main(["card", "nothing"]) == 2
