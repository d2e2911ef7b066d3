"""The change report: one page whatever it holds, and it says what the gate said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from reportlab import rl_config

from ml.followup.report import write_change_pdf


def content(*, comparable: bool = True, rows: int = 2) -> dict[str, Any]:
    region = {
        "label": 17, "name": "Left hippocampus", "side": "L", "base_ml": 3.1, "follow_ml": 2.9,
        "change_percent": -6.5 if comparable else None, "per_year_percent": None,
        "noise_percent": 2.5, "verdict": "change" if comparable else "not_comparable",
    }  # fmt: skip
    lesion = {
        "track": "2.25.1", "name": "L1", "state": "new", "base_ml": 0.0, "follow_ml": 0.21,
        "centre_lps": [1.0, -20.0, 30.0], "diameter_mm": 7.2,
    }  # fmt: skip
    reason = {
        "code": "contrast", "text": "The contrasts differ.", "figure": 0.1, "unit": "",
        "limit": "≥ 0.6", "status": "fail",
    }  # fmt: skip
    return {
        "base": {"series_uid": "1.2", "date": "2024-01-02"},
        "follow": {"series_uid": "1.3", "date": None},
        "days": None,
        "comparability": {
            "comparable": comparable, "score": 0.87, "reasons": [] if comparable else [reason],
        },
        "regions": [region] * rows,
        "lesions": [lesion] * rows,
        "lesion_load": {"base_ml": 4.2, "follow_ml": 5.0, "new": rows, "resolved": 0},
        "warnings": [{"code": "date_missing", "text": "The follow-up has no date."}],
        "software": {"detect_change": "0.1.0"},
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words of a page that is not compressed can be read in the file."""
    monkeypatch.setattr(rl_config, "pageCompression", 0)


@pytest.mark.parametrize("rows", [0, 2, 60])
def test_it_is_one_page(rows: int, tmp_path: Path) -> None:
    raw = write_change_pdf(content(rows=rows), tmp_path / "change.pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", raw)) == 1
    assert b"For research only" in raw
    assert (b"further lesions" in raw) == (rows == 60)


def test_not_comparable_is_said_with_its_reason(tmp_path: Path) -> None:
    raw = write_change_pdf(content(comparable=False), tmp_path / "change.pdf").read_bytes()
    assert b"NOT COMPARABLE" in raw
    assert b"The contrasts differ." in raw
    assert b"not comparable" in raw
    assert b"NOT COMPARABLE" not in write_change_pdf(content(), tmp_path / "b.pdf").read_bytes()
