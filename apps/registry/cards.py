"""Model cards: Markdown to HTML that is safe to show, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import nh3
from markdown import markdown


def card_html(path: Path) -> str:
    """The card's HTML, without scripts, styles and remote images; empty when there is no card."""
    if not path.is_file():
        return ""
    html = markdown(path.read_text(encoding="utf-8"), extensions=["tables", "fenced_code"])
    return nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS - {"img", "map", "area"},
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )
