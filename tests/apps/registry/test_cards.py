from __future__ import annotations

from pathlib import Path

import pytest

from apps.registry.cards import card_html


def _card(folder: Path, text: str) -> str:
    path = folder / "README.md"
    path.write_text(text)
    return card_html(path)


def test_a_card_is_rendered(tmp_path: Path) -> None:
    html = _card(tmp_path, "# Use\n\n| a | b |\n|---|---|\n| 1 | **2** |\n")
    assert "<h1>Use</h1>" in html
    assert "<strong>2</strong>" in html
    assert "<table>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src="https://evil.example/p.png">',
        "[x](javascript:alert(1))",
        '<a href="x" onclick="alert(1)">x</a>',
        "<style>body{display:none}</style>",
        '<iframe src="https://evil.example"></iframe>',
        '<p style="position:fixed">x</p>',
    ],
)
def test_nothing_in_a_card_acts(tmp_path: Path, text: str) -> None:
    html = _card(tmp_path, text)
    for word in ("<script", 'alert(1)"', "javascript:", "onclick", "<style", "<iframe", "<img"):
        assert word not in html
    assert "style=" not in html


def test_no_card_is_an_empty_one(tmp_path: Path) -> None:
    assert card_html(tmp_path / "README.md") == ""
