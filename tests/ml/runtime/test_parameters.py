"""Words of a command line as parameters."""

from __future__ import annotations

from pathlib import Path

from ml.runtime.parameters import from_text

SCHEMA = {"properties": {"beam": {"type": "object"}, "days": {"type": "integer"}}}


def test_what_has_parts_is_json_or_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "beam.json").write_text('{"gantry_deg": 72}')
    assert from_text(SCHEMA, ["days=3", 'beam={"gantry_deg": 0}']) == {
        "days": 3,
        "beam": {"gantry_deg": 0},
    }
    assert from_text(SCHEMA, [f"beam=@{tmp_path}/beam.json"]) == {"beam": {"gantry_deg": 72}}
