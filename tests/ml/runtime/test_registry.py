from __future__ import annotations

from pathlib import Path

import pytest

from ml.contracts.errors import UnknownPipeline
from ml.runtime.registry import ManifestRefused, manifest_of, manifests, read_manifest

STEADY = Path(__file__).parent / "pipelines/steady/manifest.toml"


def test_pipelines_of_both_folders_are_on_offer_by_name() -> None:
    names = [manifest.name for manifest in manifests()]
    assert names == sorted(names)
    assert {"steady", "draft_report"} <= set(names)


def test_a_manifest_is_read_into_typed_parts() -> None:
    manifest = manifest_of("steady")
    assert manifest.inputs[0].geometries == ("regular",)
    assert not manifest.inputs[0].required
    assert manifest.card.name == "README.md"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownPipeline, match="nothing"):
        manifest_of("nothing")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('name = "steady"', 'name = "other"'), "name must be the folder's"),
        (('queue = "gpu"', 'queue = "fast"'), "queue must be"),
        (('version = "1.0.0"', ""), "missing version"),
        (('version = "1.0.0"', 'version = "1.0.0"\nspeed = 3'), "unknown speed"),
        (('title = "Anything"', ""), r"\[\[inputs\]\]: missing title"),
        (('name = "steady"', "name = steady"), "manifest.toml"),
    ],
)
def test_a_manifest_that_is_wrong_says_where(
    tmp_path: Path, change: tuple[str, str], complaint: str
) -> None:
    folder = tmp_path / "steady"
    folder.mkdir()
    path = folder / "manifest.toml"
    path.write_text(STEADY.read_text().replace(*change))
    with pytest.raises(ManifestRefused, match=complaint):
        read_manifest(path)
